//! Mistakes that were made once, each with the story in which it would cost money or lose a word.

use payout::attempt::Attempt;
use payout::id::ProviderReference;
use payout::input::{Certainty, Input, ProviderWords, RefusalKind, Report, Reported, What};
use payout::machine::{Declined, Step};
use payout::policy::Policy;
use payout::reason::Reason;
use payout::record::Vault;
use payout::seal::Sealed;
use payout::settlement::Verdict;
use payout::state::{Hold, State, StateName};

use crate::bench::{
    Beginning, Bench, HORIZON, HOUR, MINUTE, REQUEST_TIMEOUT, SECOND, SPACING, START, look_up,
    money, receipt, reference, report, resend, said,
};
use crate::standings::{Standing, refused, settled};

fn standing(standing: Standing, policy: &Policy) -> Bench {
    standing.bench(policy).expect("the policy leads there")
}

fn state(bench: &Bench) -> StateName {
    bench.payout().state.name()
}

fn hint(status: Reported) -> Input {
    said(Report { certainty: Certainty::Unconfirmed, ..report(status) })
}

/// A notification names our order; a look-up that lags does not show it.
#[test]
fn nothing_is_sent_on_an_empty_look_up_while_a_word_waits_to_be_confirmed() {
    for (before, step) in [(Standing::Unconfirmed, Step::Ask), (Standing::Disputed, Step::Done)] {
        let mut bench = standing(before, &look_up(true));
        bench.nothing(What::NotFound).wait(HOUR).nothing(What::NotFound);
        assert_eq!(bench.step(), step);
        let attempt = What::AttemptOpened(Box::new(bench.attempt()));
        assert_eq!(bench.take(&Input::own(attempt)), Err(Declined::NotReady));
    }
}

/// The second look-up in vain proves nothing if a notification came between the two.
#[test]
fn a_word_between_two_empty_look_ups_voids_them() {
    let mut bench = standing(Standing::LookedOnceUnconfirmed, &look_up(true));
    bench.wait(SPACING).nothing(What::NotFound);
    assert_eq!(state(&bench), StateName::Indeterminate);
    bench.must_take(&said(report(Reported::Completed)));
    assert_eq!(state(&bench), StateName::Completed);
}

/// The attempt was taken for absent; then a notification names its order.
#[test]
fn what_was_absent_and_is_spoken_of_is_neither_sent_nor_given_back() {
    let mut bench = standing(Standing::NothingLiveUnconfirmed, &look_up(true));
    assert_eq!(bench.step(), Step::Ask);
    let attempt = What::AttemptOpened(Box::new(bench.attempt()));
    assert_eq!(bench.take(&Input::own(attempt)), Err(Declined::NotReady));
    bench.nothing(What::Expired).must(What::CancelRequested);
    assert_eq!(state(&bench), StateName::Indeterminate);
    bench.must_take(&said(report(Reported::Completed)));
    assert_eq!(state(&bench), StateName::Completed);
}

/// The connection was never made, but a notification says that there is an order.
#[test]
fn a_cancel_waits_while_a_word_waits_to_be_confirmed() {
    let mut bench = standing(Standing::SubmittingUnconfirmed, &look_up(true));
    bench.must(What::CancelRequested).must(What::NotSent);
    assert_eq!(state(&bench), StateName::Pending);
    bench.nothing(What::NotFound);
    assert_eq!(state(&bench), StateName::Pending);
}

/// This attempt was refused, but a notification says that there is an order.
#[test]
fn a_refusal_fails_nothing_while_a_word_waits_to_be_confirmed() {
    for kind in [RefusalKind::Content, RefusalKind::Circumstance] {
        let mut bench = standing(Standing::SubmittingUnconfirmed, &look_up(true));
        bench.must(refused(kind));
        assert_eq!(state(&bench), StateName::Indeterminate, "{kind:?}");
        bench.wait(REQUEST_TIMEOUT).nothing(What::NotFound);
        bench.wait(SPACING).nothing(What::NotFound);
        bench.must_take(&said(report(Reported::Failed)));
        assert_eq!(state(&bench), StateName::Failed, "{kind:?}");
    }
}

/// A life that the store forgot may have paid already. That the account is refused now, that a
/// caller cancels or that time has run out says nothing about that: nothing is given back on it.
#[test]
fn nothing_ends_here_what_a_forgotten_life_may_have_paid() {
    let park = |reason| Step::Park(reason);
    for policy in [resend(), look_up(true)] {
        let mut bench = standing(Standing::UnresolvedForgetful, &policy);
        bench.must(What::DestinationRefused(Reason::AccountClosed));
        let held = Some(Hold::parked(Reason::AccountClosed));
        assert_eq!(bench.payout().state, State::Pending { held });
        assert_eq!((bench.record.schedule.due_at, bench.step()), (None, Step::Done));
        bench.must(settled(Verdict::NotPaid));
        assert_eq!(state(&bench), StateName::Failed);
    }
    let submit_before = Some(START.plus(MINUTE));
    let beginning = Beginning { forgetful: true, submit_before, ..Beginning::default() };
    let mut bench = Bench::new(resend(), beginning);
    bench.wait(HOUR).nothing(What::Expired);
    assert_eq!(bench.step(), park(Reason::SubmitBeforePassed));
    bench.must(What::Parked(Reason::SubmitBeforePassed));
    assert_eq!(bench.payout().give_back, None);

    let mut bench = standing(Standing::Forgetful, &resend());
    bench.must(What::CancelRequested);
    assert_eq!(bench.step(), park(Reason::CancelRequested));
    let attempt = What::AttemptOpened(Box::new(bench.attempt()));
    assert_eq!(bench.take(&Input::own(attempt)), Err(Declined::NotReady));
    bench.must(What::Parked(Reason::CancelRequested));
    assert_eq!(state(&bench), StateName::Pending);
}

/// Where the provider takes no order twice under one name, sending is the question.
#[test]
fn what_may_have_been_sent_is_sent_where_nothing_is_taken_twice() {
    let mut bench = standing(Standing::Forgetful, &resend());
    assert_eq!(bench.step(), Step::Open);
    bench.open().must(refused(RefusalKind::Duplicate));
    assert_eq!(state(&bench), StateName::Indeterminate);
    let mut bench = standing(Standing::Forgetful, &resend());
    bench.open().must(What::CancelRequested).must(What::NotSent);
    assert_eq!(state(&bench), StateName::Pending, "nobody knows about the life before");
}

/// A backup is put back: the payout is as it was before it was paid.
#[test]
fn what_an_older_store_knows_is_not_believed() {
    for policy in [resend(), look_up(true)] {
        for before in [Standing::Fresh, Standing::Held, Standing::Unsent] {
            let mut bench = standing(before, &policy);
            bench.continuous_since = bench.now;
            assert_eq!(bench.step(), Step::Distrust(bench.now), "{before:?}");
            bench.must(What::PastForgotten(bench.now));
            bench.nothing(What::PastForgotten(bench.now)).must(What::CancelRequested);
            assert_eq!(bench.payout().give_back, None, "{before:?}");
        }
    }
    let mut bench = standing(Standing::NothingLive, &look_up(true));
    bench.continuous_since = bench.now;
    assert_eq!(bench.step(), Step::Distrust(bench.now));
    bench.must(What::PastForgotten(bench.now));
    assert_eq!(bench.step(), Step::Ask);
    let attempt = What::AttemptOpened(Box::new(bench.attempt()));
    assert_eq!(bench.take(&Input::own(attempt)), Err(Declined::NotReady));
    bench.nothing(What::Expired).nothing(What::NotFound).wait(REQUEST_TIMEOUT);
    bench.must(What::NotFound);
    assert_eq!(bench.step(), Step::Open);
}

/// A look that never succeeds does not go on for ever.
#[test]
fn what_cannot_be_looked_for_is_parked_at_the_horizon() {
    let mut bench = standing(Standing::Forgetful, &look_up(true));
    bench.now = START.plus(HORIZON);
    bench.record.schedule.due_at = Some(bench.now);
    assert_eq!(bench.step(), Step::Park(Reason::HorizonPassed));
    bench.must(What::Parked(Reason::HorizonPassed));
    assert_eq!((bench.record.schedule.due_at, bench.step()), (None, Step::Done));
    bench.must_take(&hint(Reported::Accepted));
    assert_eq!(bench.step(), Step::Ask, "the provider speaks of it");
}

/// A clock that is wrong for a moment must not give anything up for ever.
#[test]
fn a_clock_that_is_set_ends_no_horizon() {
    for before in [Standing::InDoubt, Standing::LookedOnceUnconfirmed, Standing::Forgetful] {
        let mut bench = standing(before, &look_up(true));
        bench.set_clock(2 * HORIZON);
        bench.record.schedule.due_at = Some(bench.now);
        assert_eq!(bench.step(), Step::Wait(bench.now.plus(REQUEST_TIMEOUT)), "{before:?}");
    }
}

/// What must be known first is not to be had: its owner sees why, and answers which alternate make
/// no events for ever.
#[test]
fn a_payout_that_cannot_be_sent_yet_says_why() {
    for before in [Standing::Unresolved, Standing::Forgetful] {
        let mut bench = standing(before, &look_up(true));
        let events = bench.events.len();
        for reason in [Reason::AnswerLost, Reason::ProviderUnavailable, Reason::AccessRefused] {
            bench.take(&Input::own(What::InDoubt(reason))).expect("an answer is taken");
            bench.take(&Input::own(What::InDoubt(Reason::AnswerLost))).expect("it is taken");
        }
        assert_eq!(bench.events.len(), events + 2, "{before:?}");
        assert_eq!(bench.payout().state.reason(), Some(Reason::AccessRefused), "{before:?}");
    }
    let mut bench = standing(Standing::UnresolvedOutOfReach, &look_up(true));
    bench.must(What::DestinationResolved);
    assert_eq!(bench.payout().state.reason(), None, "the cause is gone");
}

/// Whoever has to enable a function learns of it, also from a payout that waited for access before.
#[test]
fn a_function_that_is_not_enabled_is_said_once_access_is_back() {
    let mut bench = standing(Standing::Unresolved, &resend());
    let events = bench.events.len();
    for reason in [Reason::AccessRefused, Reason::NotEnabled, Reason::NotEnabled] {
        bench.take(&Input::own(What::InDoubt(reason))).expect("an answer is taken");
    }
    assert_eq!(bench.events.len(), events + 2);
    assert_eq!(bench.payout().state.reason(), Some(Reason::NotEnabled));
    bench.take(&Input::own(What::InDoubt(Reason::AnswerLost))).expect("it is taken");
    assert_eq!(bench.payout().state.reason(), Some(Reason::NotEnabled));
}

/// The bank's statement says what nobody else does. What comes later is judged as after any end.
#[test]
fn an_operator_settles_what_is_in_doubt_and_nothing_else() {
    for before in [Standing::Parked, Standing::InDoubtDisputed, Standing::Disputed] {
        let mut bench = standing(before, &resend());
        bench.must(settled(Verdict::NotPaid));
        assert_eq!(bench.payout().state, State::Failed { reason: Reason::SettledByOperator });
        assert!(bench.payout().give_back.is_some(), "{before:?}");
        assert_eq!(bench.payout().attention, None, "somebody has looked");
        bench.must_take(&said(report(Reported::Completed)));
        assert_eq!(bench.payout().attention, Some(Reason::Contradicted), "{before:?}");

        let mut bench = standing(before, &resend());
        bench.must(settled(Verdict::Paid));
        assert_eq!(state(&bench), StateName::Completed, "{before:?}");
        bench.must_take(&said(report(Reported::Returned)));
        assert_eq!(state(&bench), StateName::Returned, "{before:?}");
    }
    // What contradicts itself may hide its end for ever.
    for verdict in [Verdict::Paid, Verdict::NotPaid] {
        let mut bench = standing(Standing::Accepted, &resend());
        let words = words_of("B");
        bench.must_take(&Input { words, ..said(report(Reported::Completed)) });
        assert_eq!(bench.payout().attention, Some(Reason::Contradicted));
        bench.must(settled(verdict));
        assert_eq!(bench.payout().give_back.is_some(), verdict == Verdict::NotPaid);
        assert_eq!(bench.payout().attention, None);
    }
    for (before, declined) in [
        (Standing::Fresh, Declined::NotInDoubt),
        (Standing::Submitting, Declined::AttemptLive),
        (Standing::SecondOpen, Declined::AttemptLive),
        (Standing::Accepted, Declined::NotInDoubt),
        (Standing::Completed, Declined::NotInDoubt),
        (Standing::FailedByReport, Declined::NotInDoubt),
    ] {
        let mut bench = standing(before, &look_up(true));
        let settled = bench.take(&Input::own(settled(Verdict::Paid)));
        assert_eq!(settled, Err(declined), "{before:?}");
    }
}

/// Two look-ups a second apart, and the clock set forward between them: a request that is slow to
/// arrive would be paid twice.
#[test]
fn a_clock_that_is_set_proves_no_absence() {
    let mut bench = standing(Standing::InDoubt, &look_up(true));
    bench.set_clock(HOUR).nothing(What::NotFound);
    bench.wait(REQUEST_TIMEOUT).must(What::NotFound);
    bench.wait(SECOND).set_clock(HOUR).nothing(What::NotFound);
    assert_eq!(state(&bench), StateName::Indeterminate);
    bench.wait(SPACING).must(What::NotFound);
    assert_eq!(bench.payout().live_attempt(), None);
}

/// What a forgotten life sent a moment ago may be under way still.
#[test]
fn a_look_before_the_first_send_waits_for_what_may_be_under_way() {
    let beginning = Beginning { forgetful: true, ..Beginning::default() };
    let mut bench = Bench::new(look_up(true), beginning);
    assert_eq!(bench.record.schedule.due_at, Some(START.plus(REQUEST_TIMEOUT)));
    bench.wait(SECOND).nothing(What::NotFound).set_clock(HOUR).nothing(What::NotFound);
    bench.wait(REQUEST_TIMEOUT).must(What::NotFound);
    assert_eq!(bench.step(), Step::Open);
}

/// A notification that the provider, asked, never confirms: people are told, and the payout goes
/// on as if it had not been said.
#[test]
fn a_word_that_is_never_confirmed_is_left_to_people() {
    let mut bench = standing(Standing::CompletedUnconfirmed, &look_up(true));
    bench.wait(HORIZON);
    assert_eq!(bench.step(), Step::GiveUpHint);
    bench.must(What::HintGivenUp).nothing(What::HintGivenUp);
    assert_eq!(bench.payout().attention, Some(Reason::Unconfirmed));
    assert_eq!((bench.payout().unconfirmed, state(&bench)), (None, StateName::Completed));
    let next = bench.record.schedule.due_at.expect("it is polled through the return window");
    assert_eq!(bench.step(), Step::Wait(next));
    bench.must_take(&said(report(Reported::Returned)));
    assert_eq!(state(&bench), StateName::Returned);
}

/// What people have to look into is the gravest that is known, whatever came first.
#[test]
fn a_graver_contradiction_is_said_and_a_lighter_one_is_not() {
    let mut bench = standing(Standing::CompletedUnconfirmed, &look_up(true));
    let other_amount = said(Report { amount: Some(money(7)), ..report(Reported::Returned) });
    let words = ProviderWords { reference: Some(reference("B")), ..ProviderWords::default() };
    let other_order = Input { words, ..said(report(Reported::Completed)) };
    bench.must(What::HintGivenUp).must_take(&other_amount).must_take(&other_order);
    assert_eq!(bench.payout().attention, Some(Reason::Contradicted));
    assert_eq!(bench.take(&other_amount), Ok(None));
    assert_eq!(bench.payout().attention, Some(Reason::Contradicted));
}

/// Two callers resolve; the slower one's refusal comes after the handle is known.
#[test]
fn a_refused_destination_fails_nothing_once_it_is_resolved() {
    let mut bench = standing(Standing::Fresh, &resend());
    bench.nothing(What::DestinationRefused(Reason::AccountClosed));
}

/// A look-up keeps saying the same unconfirmed word: that is no news, or it would be asked again
/// at once and for ever.
#[test]
fn an_unconfirmed_word_is_recorded_once() {
    let mut bench = standing(Standing::Accepted, &look_up(true));
    bench.must_take(&hint(Reported::Failed));
    assert_eq!(bench.take(&hint(Reported::Failed)), Ok(None));
    assert_eq!(bench.take(&hint(Reported::Returned)), Ok(None));
}

/// The answer to the first question was on its way when the second word came, and says how things
/// were before: the second word is asked about in its turn.
#[test]
fn a_word_that_leads_further_outlives_an_older_answer() {
    let mut bench = standing(Standing::Accepted, &look_up(true));
    bench.must_take(&hint(Reported::Completed)).must_take(&hint(Reported::Returned));
    assert_eq!(bench.take(&hint(Reported::Completed)), Ok(None));
    bench.must_take(&said(report(Reported::Processing)));
    assert_eq!(bench.payout().unconfirmed.map(|hint| hint.status), Some(Reported::Returned));
    bench.must_take(&said(report(Reported::Completed)));
    assert_eq!(state(&bench), StateName::Completed);
    assert_eq!(bench.payout().unconfirmed.map(|hint| hint.status), Some(Reported::Returned));
    assert_eq!(bench.take(&said(report(Reported::Completed))), Ok(None));
    bench.must_take(&said(report(Reported::Returned)));
    assert_eq!((state(&bench), bench.payout().unconfirmed), (StateName::Returned, None));
}

/// A late notification that the order was accepted, for a payout that is completed.
#[test]
fn an_unconfirmed_word_that_leads_nowhere_is_not_asked_about() {
    let mut bench = standing(Standing::Completed, &look_up(true));
    let late = Input { receipt: Some(receipt("late")), ..hint(Reported::Processing) };
    bench.must_take(&late);
    assert_eq!(bench.payout().unconfirmed, None);
}

/// An order that a first attempt made and the provider gave up; ours is another one.
#[test]
fn an_unconfirmed_word_about_another_order_is_not_asked_about() {
    let mut bench = standing(Standing::Accepted, &look_up(true));
    let other = ProviderWords { reference: Some(reference("B")), ..ProviderWords::default() };
    bench.must_take(&Input {
        receipt: Some(receipt("other")),
        words: other,
        ..hint(Reported::Failed)
    });
    assert_eq!(bench.payout().unconfirmed, None);
}

/// Cancelled here and given back, by a store that had forgotten that it sent and was paid: the
/// confirmation is older than the end, and still nobody knew.
#[test]
fn a_confirmation_older_than_our_own_end_is_a_contradiction() {
    for before in [Standing::Canceled, Standing::FailedByRefusal] {
        let mut bench = standing(before, &resend());
        let occurred_at = Some(bench.payout().created_at);
        bench.must_take(&Input { occurred_at, ..said(report(Reported::Completed)) });
        assert_eq!(bench.payout().attention, Some(Reason::Contradicted), "{before:?}");
    }
}

/// Confirmation and return come in the wrong order: nothing to look at.
#[test]
fn a_confirmation_older_than_the_providers_own_end_is_old_news() {
    let mut bench = standing(Standing::FailedByReport, &resend());
    let occurred_at = Some(bench.payout().created_at);
    let late = Input { occurred_at, ..said(report(Reported::Completed)) };
    bench.must_take(&Input { receipt: Some(receipt("late")), ..late });
    assert_eq!(bench.payout().attention, None);
}

/// People are told why they should look, not why the payout had ended.
#[test]
fn a_contradiction_says_what_it_is() {
    let mut bench = standing(Standing::FailedByReport, &resend());
    bench.must_take(&said(report(Reported::Completed)));
    assert_eq!(bench.payout().attention, Some(Reason::Contradicted));
    assert_eq!(bench.events.last().map(|event| event.reason), Some(Some(Reason::Contradicted)));

    let mut bench = standing(Standing::Completed, &resend());
    bench.must_take(&said(Report { amount: Some(money(7)), ..report(Reported::Returned) }));
    assert_eq!(bench.payout().attention, Some(Reason::AmountDiffers));
}

/// Given back, and then a word that nobody would ask about any more.
#[test]
fn an_unconfirmed_good_word_after_the_end_is_a_contradiction() {
    let mut bench = standing(Standing::Canceled, &look_up(true));
    bench.must_take(&hint(Reported::Completed));
    assert_eq!(bench.payout().attention, Some(Reason::Contradicted));
}

/// The first attempt was absent, the second is refused: what is refused now may have been taken
/// the first time, where the same bytes are not always answered alike.
#[test]
fn a_refusal_of_the_second_attempt_waits_for_proof_where_nothing_is_answered_alike() {
    for kind in [RefusalKind::Content, RefusalKind::Circumstance] {
        let mut bench = standing(Standing::SecondOpen, &look_up(true));
        bench.must(refused(kind));
        assert_eq!(state(&bench), StateName::Indeterminate, "{kind:?}");
        bench.wait(REQUEST_TIMEOUT).must(What::NotFound).wait(SPACING).must(What::NotFound);
        assert_eq!(state(&bench), StateName::Failed, "{kind:?}");
    }
}

/// The holder was given up a moment before its answer came: the refusal is not forgotten.
#[test]
fn a_refusal_that_comes_after_the_doubt_counts_once_the_order_is_proven_absent() {
    let mut bench = standing(Standing::InDoubt, &look_up(true));
    bench.must(refused(RefusalKind::Circumstance));
    bench.wait(REQUEST_TIMEOUT).must(What::NotFound).wait(SPACING).must(What::NotFound);
    assert_eq!(bench.payout().state, State::Failed { reason: Reason::MerchantFundsInsufficient });
}

/// Every event starts the count of tries anew: answers that alternate would never pause.
#[test]
fn alternating_refusals_make_few_events() {
    for policy in [resend(), look_up(true)] {
        let mut bench = standing(Standing::InDoubtDisputed, &policy);
        let before = bench.events.len();
        let kinds = [
            RefusalKind::Access,
            RefusalKind::Circumstance,
            RefusalKind::Content,
            RefusalKind::Duplicate,
        ];
        for kind in kinds.into_iter().cycle().take(100) {
            bench.take(&Input::own(refused(kind))).expect("a refusal is taken");
        }
        assert!(bench.events.len() <= before + 3, "{} events", bench.events.len() - before);
    }
}

/// An order made of other bytes bears our name: that these bytes are refused says nothing of it.
#[test]
fn a_refusal_after_a_duplicate_fails_nothing() {
    let mut bench = standing(Standing::Duplicate, &resend());
    bench.must(refused(RefusalKind::Content));
    assert_eq!(state(&bench), StateName::Indeterminate);
    bench.must_take(&said(report(Reported::Completed)));
    assert_eq!(state(&bench), StateName::Completed);
}

/// One write settles an attempt and opens the next: the old request must not be sent for it.
#[test]
fn a_request_does_not_outlive_its_attempt_within_one_write() {
    let mut bench = standing(Standing::LookedOnce, &look_up(true));
    let before = bench.record.clone();
    let first = bench.events.len();
    bench.must(What::NotFound).open();
    let both = before.advance(&bench.events[first..]);
    assert_eq!(both.payout.live_attempt().map(|attempt| attempt.number), Some(2));
    assert_eq!(both.vault.request, None);
}

/// A handle that comes after the end makes no event, and is not kept either.
#[test]
fn a_handle_that_comes_too_late_is_not_kept() {
    let mut bench = standing(Standing::Unresolved, &resend());
    bench.must(What::CancelRequested);
    assert_eq!(state(&bench), StateName::Canceled);
    bench.nothing(What::DestinationResolved);
    let mut late = bench.record.clone();
    late.vault.handle = Some(Sealed::from_bytes(b"handle".to_vec()));
    assert_eq!(late.advance(&[]).vault, Vault::default());
}

/// A writer that counts wrongly, because somebody else was quicker, must not be believed.
#[test]
fn an_attempt_with_the_wrong_number_is_declined() {
    let bench = standing(Standing::Unsent, &resend());
    let attempt = Attempt { number: 1, ..bench.attempt() };
    let opened = Input::own(What::AttemptOpened(Box::new(attempt)));
    assert_eq!(bench.decide(&opened), Err(Declined::NotReady));
}

/// Parked with its attempt open, nobody would ever find that the holder is gone.
#[test]
fn what_is_being_sent_is_not_parked() {
    let mut bench = standing(Standing::SecondOpen, &look_up(true));
    bench.nothing(What::Parked(Reason::HorizonPassed)).must(What::HolderGone);
    bench.must(What::Parked(Reason::HorizonPassed));
}

/// An answer that was under way when the payout was parked: it is proof, and no reason to send.
#[test]
fn what_is_parked_and_then_absent_stays_parked() {
    let mut bench = standing(Standing::LookedOnce, &look_up(true));
    bench.must(What::Parked(Reason::HorizonPassed)).wait(SPACING).must(What::NotFound);
    assert_eq!(bench.payout().state.reason(), Some(Reason::HorizonPassed));
    assert_eq!(bench.step(), Step::Done);
    bench.must(What::CancelRequested);
    assert_eq!(state(&bench), StateName::Canceled);
}

/// Two look-ups missed the first transaction; it turns up, denied, while the second one is under
/// way and pays.
#[test]
fn the_end_of_an_attempt_taken_for_absent_ends_no_later_one() {
    for negative in [Reported::Failed, Reported::Canceled, Reported::Returned] {
        let mut bench = standing(Standing::SecondOpen, &look_up(true));
        let told = |status| Input { words: words_of("2001"), ..said(report(status)) };
        bench.take(&told(negative)).expect("a word is taken");
        bench.must(What::InDoubt(Reason::AnswerLost));
        bench.take(&told(negative)).expect("a word is taken");
        assert_eq!(state(&bench), StateName::Indeterminate, "{negative:?}");
        assert_eq!(bench.payout().give_back, None);
        let second = Input { words: words_of("2002"), ..said(report(Reported::Completed)) };
        bench.must_take(&second);
        assert_eq!(state(&bench), StateName::Completed, "{negative:?}");
        assert_eq!(bench.payout().attention, None);
    }
}

/// A webhook about the first transaction must not give its name to the second, whose own answer
/// would then look like another order.
#[test]
fn a_hint_names_no_order_while_an_answer_is_to_come() {
    let mut bench = standing(Standing::SecondOpen, &look_up(true));
    let hint = Report { certainty: Certainty::Unconfirmed, ..report(Reported::Failed) };
    bench.must_take(&Input { words: words_of("2001"), ..said(hint) });
    assert_eq!(bench.payout().provider_reference, None);
    bench.must_take(&Input { words: words_of("2002"), ..said(report(Reported::Accepted)) });
    assert_eq!(state(&bench), StateName::Accepted);
    assert_eq!(bench.payout().attention, None);
}

/// Two orders bear our name, and one of them has ended: the other may be paying.
#[test]
fn a_bad_end_after_a_contradiction_gives_nothing_back() {
    let mut bench = standing(Standing::Accepted, &look_up(true));
    bench.must_take(&Input { words: words_of("9999"), ..said(report(Reported::Completed)) });
    assert_eq!(bench.payout().attention, Some(Reason::Contradicted));
    bench.take(&said(report(Reported::Failed))).expect("a word is taken");
    assert_eq!(bench.payout().give_back, None);
}

fn words_of(reference: &str) -> ProviderWords {
    let reference = ProviderReference::parse(reference).ok();
    ProviderWords { reference, ..ProviderWords::default() }
}
