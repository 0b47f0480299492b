//! What is done next, when, and by whom.

use std::time::Duration;

use payout::attempt::{ATTEMPTS_KEPT, ATTEMPTS_MAX};
use payout::input::{Certainty, Input, RefusalKind, Report, Reported, What};
use payout::machine::{Block, Step, Tries, due_at};
use payout::policy::Policy;
use payout::reason::Reason;
use payout::state::{State, StateName};

use crate::bench::{
    Beginning, Bench, DAY, HOLD, HORIZON, HOUR, MINUTE, RELATED_HORIZON, REQUEST_TIMEOUT, SECOND,
    SEND_WINDOW, SPACING, START, look_up, money, name, receipt, report, resend, said,
};
use crate::standings::{Standing, refused};

fn standing(standing: Standing, policy: &Policy) -> Bench {
    standing.bench(policy).expect("the policy leads there")
}

/// When the payout is due, in time from now; none if never.
fn due_in(bench: &Bench) -> Option<Duration> {
    bench.record.schedule.due_at.map(|due| due.since(bench.now))
}

fn hint() -> Input {
    said(Report { certainty: Certainty::Unconfirmed, ..report(Reported::Failed) })
}

#[test]
fn what_is_next_follows_from_where_a_payout_stands() {
    let (resend, look_up) = (resend(), look_up(true));
    for (before, policy, step) in [
        (Standing::Unresolved, &resend, Step::Resolve),
        (Standing::UnresolvedForgetful, &look_up, Step::Resolve),
        (Standing::Fresh, &resend, Step::Open),
        (Standing::Unsent, &resend, Step::Open),
        (Standing::Held, &resend, Step::Open),
        (Standing::Forgetful, &look_up, Step::Ask),
        (Standing::Unconfirmed, &look_up, Step::Ask),
        (Standing::UnresolvedOutOfReach, &resend, Step::Resolve),
        (Standing::Disputed, &look_up, Step::Done),
        (Standing::Submitting, &resend, Step::GiveUpHolder),
        (Standing::InDoubt, &resend, Step::Ask),
        (Standing::InDoubt, &look_up, Step::Ask),
        (Standing::LookedOnce, &look_up, Step::Ask),
        (Standing::Duplicate, &look_up, Step::Ask),
        (Standing::SecondOpen, &look_up, Step::GiveUpHolder),
        (Standing::NothingLive, &look_up, Step::Open),
        (Standing::NothingLiveUnconfirmed, &look_up, Step::Ask),
        (Standing::Parked, &resend, Step::Done),
        (Standing::Parked, &look_up, Step::Done),
        (Standing::Accepted, &resend, Step::Done),
        (Standing::Accepted, &look_up, Step::Ask),
        (Standing::Processing, &look_up, Step::Ask),
        (Standing::Presumed, &look_up, Step::Done),
        (Standing::Completed, &resend, Step::Done),
        (Standing::FailedByRefusal, &look_up, Step::Done),
        (Standing::Canceled, &look_up, Step::Done),
        (Standing::Returned, &look_up, Step::Done),
    ] {
        assert_eq!(standing(before, policy).step(), step, "{before:?}");
    }
}

/// Whoever finds an attempt open may not send it, the incarnation that opened it included.
#[test]
fn an_open_attempt_is_left_to_its_holder_until_it_can_no_longer_be_under_way() {
    let mut bench = Bench::new(resend(), Beginning::default());
    bench.open();
    let other = name("holder-2");
    let taken_over_at = START.plus(SEND_WINDOW).plus(REQUEST_TIMEOUT);
    assert_eq!(bench.record.schedule.due_at, Some(taken_over_at));
    for me in [bench.me.clone(), other.clone()] {
        assert_eq!(bench.step_as(&me, false), Step::Wait(taken_over_at));
    }
    assert_eq!(bench.step_as(&bench.me, true), Step::Wait(taken_over_at), "it is not gone itself");
    assert_eq!(bench.step_as(&other, true), Step::GiveUpHolder, "the store proves it gone");
    bench.now = taken_over_at;
    assert_eq!(bench.step_as(&bench.me, false), Step::GiveUpHolder);
    assert_eq!(bench.step_as(&other, false), Step::GiveUpHolder);
}

/// A notification makes a payout due; its open attempt is no less open for that.
#[test]
fn a_schedule_cannot_hurry_a_take_over() {
    for before in [Standing::Submitting, Standing::SecondOpen] {
        let mut bench = standing(before, &look_up(true));
        bench.now = bench.payout().updated_at.plus(SECOND);
        bench.must_take(&hint());
        let live = bench.payout().live_attempt().expect("it is open").send_by;
        for due_at in [None, Some(bench.now), bench.record.schedule.due_at] {
            bench.record.schedule.due_at = due_at;
            assert_eq!(bench.step(), Step::Wait(live.plus(REQUEST_TIMEOUT)), "{before:?}");
        }
    }
}

#[test]
fn past_the_horizon_nothing_is_sent_again_and_the_payout_is_parked() {
    for policy in [resend(), look_up(true)] {
        let mut bench = standing(Standing::InDoubt, &policy);
        let horizon = bench.payout().attempts[0].opened_at.plus(HORIZON);
        bench.now = horizon.plus(Duration::ZERO);
        assert_eq!(bench.step(), Step::Park(Reason::HorizonPassed));
        bench.now = START.plus(HORIZON - SECOND);
        assert_eq!(bench.step(), Step::Ask);
    }
}

/// The horizon counts from the first request that may have reached the provider.
#[test]
fn the_horizon_of_a_second_attempt_is_that_of_the_first() {
    let mut bench = standing(Standing::SecondOpen, &look_up(true));
    bench.must(What::InDoubt(Reason::AnswerLost));
    bench.now = bench.payout().attempts[0].opened_at.plus(HORIZON);
    assert_eq!(bench.step(), Step::Park(Reason::HorizonPassed));
}

/// Where doubt is answered with the same bytes, asking is sending.
#[test]
fn a_word_to_be_confirmed_does_not_send_past_the_horizon() {
    let mut bench = standing(Standing::InDoubtUnconfirmed, &resend());
    bench.wait(HORIZON);
    assert_eq!(bench.step(), Step::GiveUpHint);
    bench.must(What::HintGivenUp);
    assert_eq!(bench.step(), Step::Park(Reason::HorizonPassed));
    bench.must(What::Parked(Reason::HorizonPassed));
    assert_eq!((bench.record.schedule.due_at, bench.step()), (None, Step::Done));
}

#[test]
fn a_parked_payout_is_looked_up_to_confirm_a_bad_word() {
    let mut bench = standing(Standing::Parked, &look_up(true));
    bench.must_take(&hint());
    assert_eq!(bench.step(), Step::Ask);
    bench.reschedule(1);
    assert!(due_in(&bench) > Some(Duration::ZERO));
}

/// It is absent twice over already; only the re-send was not allowed.
#[test]
fn a_cancel_ends_what_is_parked_for_want_of_duplicate_protection() {
    let mut bench = standing(Standing::ParkedUnprotected, &look_up(false));
    assert_eq!((bench.record.schedule.due_at, bench.step()), (None, Step::Done));
    bench.must(What::CancelRequested);
    assert_eq!(bench.step(), Step::Ask);
    bench.must(What::NotFound);
    assert_eq!(bench.payout().state, State::Canceled { reason: Reason::CancelRequested });
}

#[test]
fn the_second_look_up_waits_for_the_spacing() {
    let mut bench = standing(Standing::InDoubt, &look_up(true));
    bench.must(What::NotFound);
    assert_eq!(due_in(&bench), Some(SPACING));
    assert_eq!(bench.step(), Step::Wait(bench.now.plus(SPACING)));
}

#[test]
fn what_is_not_sent_in_time_expires_in_time() {
    let submit_before = Some(START.plus(HOUR));
    let mut bench = Bench::new(resend(), Beginning { submit_before, ..Beginning::default() });
    bench.open().wait(HOUR - MINUTE).must(refused(RefusalKind::Access));
    assert_eq!(due_in(&bench), Some(MINUTE), "sooner than the hold ends");
    bench.wait(MINUTE);
    assert_eq!(bench.step(), Step::Expire);
    bench.must(What::Expired);
    assert_eq!(bench.payout().state, State::Canceled { reason: Reason::SubmitBeforePassed });
}

/// Sent is sent: the limit concerns what is not.
#[test]
fn what_is_in_doubt_does_not_expire() {
    let submit_before = Some(START.plus(MINUTE));
    let mut bench = Bench::new(resend(), Beginning { submit_before, ..Beginning::default() });
    bench.open().must(What::InDoubt(Reason::AnswerLost)).wait(HOUR);
    assert_eq!(bench.step(), Step::Ask);
    bench.nothing(What::Expired);
}

/// A payout that may have been sent in a forgotten life is looked for before it expires.
#[test]
fn what_must_be_looked_for_does_not_expire_before() {
    let submit_before = Some(START.plus(MINUTE));
    let beginning = Beginning { forgetful: true, submit_before, ..Beginning::default() };
    let mut bench = Bench::new(look_up(true), beginning);
    bench.wait(HOUR);
    assert_eq!(bench.step(), Step::Ask);
    bench.must(What::NotFound);
    assert_eq!(bench.step(), Step::Expire);
}

#[test]
fn nothing_is_sent_again_sooner_than_the_hold_ends() {
    let mut bench = Bench::new(resend(), Beginning::default());
    bench.open().must(refused(RefusalKind::Access));
    assert_eq!(due_in(&bench), Some(HOLD));
    bench.wait(HOLD);
    assert_eq!(bench.step(), Step::Open);
}

/// A merchant's hold may end sooner than was said. What is then tried in vain for another reason is
/// tried again as everything else is.
#[test]
fn a_hold_that_ended_early_does_not_delay_what_is_tried_again() {
    let mut bench = standing(Standing::Forgetful, &look_up(true));
    let until = bench.now.plus(HOUR);
    bench.must(What::Blocked(Reason::AccessRefused, until));
    let due = |in_vain| {
        let tries = Tries { in_vain, access_refused: false };
        due_at(bench.payout(), &bench.policy, tries, bench.now)
    };
    assert_eq!(due(0), Some(until));
    assert!(due(1) < Some(until));
}

/// Asking again at once would keep us locked out, and maybe everybody who shares the account.
#[test]
fn no_question_is_asked_sooner_than_the_hold_after_our_access_was_refused() {
    let refused = Tries { in_vain: 1, access_refused: true };
    for before in [Standing::Unresolved, Standing::Forgetful, Standing::InDoubt, Standing::Accepted]
    {
        let bench = standing(before, &look_up(true));
        let due_at = due_at(bench.payout(), &bench.policy, refused, bench.now);
        assert!(due_at >= Some(bench.now.plus(HOLD)), "{before:?}");
    }
}

/// Every failed attempt is an event, and events start the count of tries anew.
#[test]
fn a_provider_out_of_reach_is_tried_with_growing_pauses_for_as_long_as_it_takes() {
    let mut bench = Bench::new(resend(), Beginning::default());
    let mut pauses = Vec::new();
    for _ in 0..10 * ATTEMPTS_MAX {
        assert_eq!(bench.step(), Step::Open);
        bench.open().must(What::NotSent);
        let pause = due_in(&bench).expect("it is due again");
        pauses.push(pause);
        bench.wait(pause);
    }
    assert!(pauses[0] >= SECOND * 9 / 10 && pauses[0] <= SECOND * 11 / 10, "{:?}", pauses[0]);
    assert!(pauses[4] > 2 * pauses[2], "{pauses:?}");
    assert!(pauses.iter().sum::<Duration>() > DAY, "{pauses:?}");
    assert_eq!(bench.payout().attempts.len(), ATTEMPTS_KEPT);
    bench.must(What::CancelRequested);
    assert_eq!(bench.payout().state.name(), StateName::Canceled);
}

#[test]
fn an_outcome_is_polled_with_growing_pauses() {
    let mut bench = standing(Standing::Accepted, &look_up(true));
    let polling = bench.policy.polling.expect("it is polled").until_outcome;
    for tries in [0, 3, 50] {
        bench.reschedule(tries);
        let pause = polling.pause(tries, &bench.payout().id);
        assert_eq!(due_in(&bench), Some(pause));
    }
    bench.must_take(&said(report(Reported::Processing)));
    assert_eq!(due_in(&bench), Some(polling.pause(0, &bench.payout().id)));
}

fn presuming() -> Policy {
    Policy { presumed_after: Some(3 * DAY), ..resend() }
}

/// Silence is a confirmation by contract only, and only as long as we were there to hear.
#[test]
fn an_accepted_payout_is_presumed_paid_after_a_silence_that_we_listened_to() {
    let mut bench = standing(Standing::Accepted, &presuming());
    let accepted_at = bench.payout().accepted_at.expect("our own request was answered");
    assert_eq!(bench.record.schedule.due_at, Some(accepted_at.plus(3 * DAY)));
    bench.now = accepted_at.plus(3 * DAY);
    assert_eq!(bench.step(), Step::Presume);
    bench.continuous_since = accepted_at.plus(DAY);
    assert_eq!(bench.step(), Step::Wait(accepted_at.plus(4 * DAY)), "we were away for a day");
    bench.now = accepted_at.plus(4 * DAY);
    assert_eq!(bench.step(), Step::Presume);
    bench.must(What::Presumed);
    assert_eq!(bench.payout().state, State::Presumed);
    assert_eq!((bench.record.schedule.due_at, bench.step()), (None, Step::Done));
    bench.must_take(&said(report(Reported::Failed)));
    assert_eq!(bench.payout().state.name(), StateName::Returned);
}

/// A notification said that there is an order; no answer of the provider to us did. And where
/// something bad was heard, silence is none.
#[test]
fn nothing_is_presumed_without_our_own_answer_or_after_a_bad_word() {
    let mut bench = Bench::new(presuming(), Beginning::default());
    let told = Input { receipt: Some(receipt("told")), ..said(report(Reported::Accepted)) };
    bench.open().must_take(&told);
    assert_eq!(bench.record.schedule.due_at, None);
    bench.nothing(What::Presumed);

    let mut bench = standing(Standing::Accepted, &presuming());
    bench.must_take(&said(Report { amount: Some(money(7)), ..report(Reported::Completed) }));
    assert_eq!(bench.record.schedule.due_at, None);
    bench.nothing(What::Presumed);
}

/// Where a confirmation is to come nothing is ever presumed.
#[test]
fn nothing_is_presumed_where_the_provider_confirms() {
    let mut bench = standing(Standing::Accepted, &resend());
    assert_eq!(bench.record.schedule.due_at, None);
    bench.nothing(What::Presumed);
}

/// An operator's pause stops what may move money; look-ups and what is told go on.
#[test]
fn a_paused_merchant_sends_nothing_that_may_move_money() {
    let until = START.plus(DAY);
    let held = Step::Hold(Reason::SubmissionPaused, until);
    for (before, policy, step) in [
        (Standing::Fresh, resend(), held),
        (Standing::Unresolved, resend(), held),
        (Standing::InDoubt, resend(), held),
        (Standing::InDoubt, look_up(true), Step::Ask),
        (Standing::NothingLive, look_up(true), held),
        (Standing::Forgetful, look_up(true), Step::Ask),
        (Standing::Accepted, look_up(true), Step::Ask),
    ] {
        let mut bench = standing(before, &policy);
        bench.block = Some(Block::Paused(until));
        assert_eq!(bench.step(), step, "{before:?}");
    }
}

/// While our access is refused nothing is asked either: every call would be one refusal more.
#[test]
fn a_merchant_without_access_calls_nobody() {
    let until = START.plus(DAY);
    for before in [Standing::Fresh, Standing::InDoubt, Standing::Forgetful, Standing::Accepted] {
        let mut bench = standing(before, &look_up(true));
        bench.block = Some(Block::AccessRefused(until));
        assert_eq!(bench.step(), Step::Hold(Reason::AccessRefused, until), "{before:?}");
    }
    let mut bench = standing(Standing::Fresh, &resend());
    bench.must(What::Blocked(Reason::AccessRefused, until));
    assert_eq!(bench.payout().state.reason(), Some(Reason::AccessRefused));
    bench.nothing(What::Blocked(Reason::AccessRefused, until.plus(HOUR)));
    bench.record.schedule.due_at = Some(bench.now);
    assert_eq!(bench.step(), Step::Open, "access is mended: no reason to wait for the hold's end");
}

#[test]
fn a_completed_payout_is_polled_daily_to_the_end_of_its_return_window() {
    let mut bench = Bench::new(look_up(true), Beginning::default());
    bench.policy.return_window = 2 * DAY + HOUR;
    bench.open().must_take(&said(report(Reported::Completed)));
    for pause in [DAY, DAY, HOUR] {
        assert_eq!(due_in(&bench), Some(pause));
        bench.wait(pause);
        assert_eq!(bench.step(), Step::Ask);
        bench.reschedule(1);
    }
    assert_eq!((bench.record.schedule.due_at, bench.step()), (None, Step::Done));
}

/// A payout that belongs to an order made before.
fn related(policy: Policy) -> Bench {
    let mut bench = Bench::new(policy, Beginning { related: true, ..Beginning::default() });
    bench.open();
    bench
}

/// Nothing but the provider's memory protects it, and nobody knows how long that lasts.
#[test]
fn a_payout_of_another_order_is_sent_again_for_minutes_only() {
    let mut bench = related(resend());
    bench.must(What::InDoubt(Reason::AnswerLost));
    bench.wait(RELATED_HORIZON - SECOND);
    assert_eq!(bench.step(), Step::Ask);
    bench.wait(SECOND);
    assert_eq!(bench.step(), Step::Park(Reason::HorizonPassed));
    let mut short = resend();
    short.horizon = MINUTE;
    let mut bench = related(short);
    bench.must(What::InDoubt(Reason::AnswerLost)).wait(MINUTE);
    assert_eq!(bench.step(), Step::Park(Reason::HorizonPassed));
}

/// What the order has left may have gone to the first of two sends.
#[test]
fn a_payout_of_another_order_is_not_failed_by_what_a_repeat_meets() {
    let mut bench = related(resend());
    bench.must(What::InDoubt(Reason::AnswerLost));
    bench.must(refused(RefusalKind::Content));
    assert_eq!(bench.payout().state.name(), StateName::Indeterminate);
    let mut first = related(resend());
    first.must(refused(RefusalKind::Content));
    assert_eq!(first.payout().state.name(), StateName::Failed);
}

/// A past that was forgotten may have paid, and the order would take a second payout.
#[test]
fn a_payout_of_another_order_is_not_sent_by_a_store_that_forgot() {
    let bench =
        Bench::new(resend(), Beginning { related: true, forgetful: true, ..Beginning::default() });
    assert_eq!(bench.step(), Step::Park(Reason::ResendUnprotected));
    let bench = Bench::new(resend(), Beginning { forgetful: true, ..Beginning::default() });
    assert_eq!(bench.step(), Step::Open);
}
