//! Every way in which a payout can stand that makes a difference to what an input does, reached
//! through inputs alone.

use payout::input::{Certainty, Input, Refusal, RefusalKind, Report, Reported, What};
use payout::policy::{DoubtPolicy, Policy};
use payout::reason::Reason;
use payout::settlement::{Note, Settlement, Verdict};

use crate::bench::{
    Beginning, Bench, DAY, HOUR, MINUTE, REQUEST_TIMEOUT, SECOND, SPACING, money, receipt, report,
    said,
};

/// How a payout stands, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Unresolved,
    UnresolvedForgetful,
    UnresolvedOutOfReach,
    Fresh,
    Unsent,
    Held,
    Forgetful,
    ForgetfulCancelRequested,
    Unconfirmed,
    Disputed,
    Submitting,
    SubmittingCancelRequested,
    SubmittingUnconfirmed,
    InDoubt,
    InDoubtCancelRequested,
    InDoubtUnconfirmed,
    InDoubtDisputed,
    LookedOnce,
    LookedOnceUnconfirmed,
    LookedOnceCancelRequested,
    Duplicate,
    AccessRefusedInDoubt,
    SecondOpen,
    SecondOpenCancelRequested,
    RefusedInDoubt,
    RefusedLookedOnce,
    NothingLive,
    NothingLiveUnconfirmed,
    Parked,
    ParkedUnprotected,
    Accepted,
    AcceptedUnconfirmed,
    Processing,
    Presumed,
    Completed,
    CompletedUnconfirmed,
    FailedByRefusal,
    FailedByReport,
    Canceled,
    CanceledByProvider,
    Returned,
    ReturnedDisputed,
}

/// The notification that every payout here has had already.
pub(crate) const SEEN: &str = "seen";

impl Standing {
    /// Every standing. The chain does not compile with one missing.
    pub(crate) fn all() -> Vec<Self> {
        std::iter::successors(Some(Self::Unresolved), |standing| standing.next()).collect()
    }

    fn next(self) -> Option<Self> {
        Some(match self {
            Self::Unresolved => Self::UnresolvedForgetful,
            Self::UnresolvedForgetful => Self::UnresolvedOutOfReach,
            Self::UnresolvedOutOfReach => Self::Fresh,
            Self::Fresh => Self::Unsent,
            Self::Unsent => Self::Held,
            Self::Held => Self::Forgetful,
            Self::Forgetful => Self::ForgetfulCancelRequested,
            Self::ForgetfulCancelRequested => Self::Unconfirmed,
            Self::Unconfirmed => Self::Disputed,
            Self::Disputed => Self::Submitting,
            Self::Submitting => Self::SubmittingCancelRequested,
            Self::SubmittingCancelRequested => Self::SubmittingUnconfirmed,
            Self::SubmittingUnconfirmed => Self::InDoubt,
            Self::InDoubt => Self::InDoubtCancelRequested,
            Self::InDoubtCancelRequested => Self::InDoubtUnconfirmed,
            Self::InDoubtUnconfirmed => Self::InDoubtDisputed,
            Self::InDoubtDisputed => Self::LookedOnce,
            Self::LookedOnce => Self::LookedOnceUnconfirmed,
            Self::LookedOnceUnconfirmed => Self::LookedOnceCancelRequested,
            Self::LookedOnceCancelRequested => Self::Duplicate,
            Self::Duplicate => Self::AccessRefusedInDoubt,
            Self::AccessRefusedInDoubt => Self::SecondOpen,
            Self::SecondOpen => Self::SecondOpenCancelRequested,
            Self::SecondOpenCancelRequested => Self::RefusedInDoubt,
            Self::RefusedInDoubt => Self::RefusedLookedOnce,
            Self::RefusedLookedOnce => Self::NothingLive,
            Self::NothingLive => Self::NothingLiveUnconfirmed,
            Self::NothingLiveUnconfirmed => Self::Parked,
            Self::Parked => Self::ParkedUnprotected,
            Self::ParkedUnprotected => Self::Accepted,
            Self::Accepted => Self::AcceptedUnconfirmed,
            Self::AcceptedUnconfirmed => Self::Processing,
            Self::Processing => Self::Presumed,
            Self::Presumed => Self::Completed,
            Self::Completed => Self::CompletedUnconfirmed,
            Self::CompletedUnconfirmed => Self::FailedByRefusal,
            Self::FailedByRefusal => Self::FailedByReport,
            Self::FailedByReport => Self::Canceled,
            Self::Canceled => Self::CanceledByProvider,
            Self::CanceledByProvider => Self::Returned,
            Self::Returned => Self::ReturnedDisputed,
            Self::ReturnedDisputed => return None,
        })
    }

    /// What it is, in words, after the state's name.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Unresolved => "destination not resolved",
            Self::UnresolvedForgetful => "destination not resolved, maybe sent in a forgotten past",
            Self::UnresolvedOutOfReach => "destination not resolved, no answer so far",
            Self::Fresh => "ready to be sent",
            Self::Unsent => "one attempt proven not sent",
            Self::Held => "held, access was refused",
            Self::Forgetful => "maybe sent in a forgotten past",
            Self::ForgetfulCancelRequested => "maybe sent in a forgotten past, cancel requested",
            Self::Unconfirmed => "a bad word unconfirmed",
            Self::Disputed => "an order of another amount bears its name",
            Self::Submitting => "first attempt open",
            Self::SubmittingCancelRequested => "first attempt open, cancel requested",
            Self::SubmittingUnconfirmed => "first attempt open, a bad word unconfirmed",
            Self::InDoubt => "attempt in doubt",
            Self::InDoubtCancelRequested => "attempt in doubt, cancel requested",
            Self::InDoubtUnconfirmed => "attempt in doubt, a bad word unconfirmed",
            Self::InDoubtDisputed => "attempt in doubt, an order of another amount bears its name",
            Self::LookedOnce => "attempt in doubt, looked once in vain",
            Self::LookedOnceUnconfirmed => "looked once in vain, a bad word unconfirmed",
            Self::LookedOnceCancelRequested => "looked once in vain, cancel requested",
            Self::Duplicate => "attempt in doubt, called a duplicate",
            Self::AccessRefusedInDoubt => "attempt in doubt, access refused since",
            Self::SecondOpen => "first attempt absent, second open",
            Self::SecondOpenCancelRequested => {
                "first attempt absent, second open, cancel requested"
            }
            Self::RefusedInDoubt => "first attempt absent, second refused",
            Self::RefusedLookedOnce => "first attempt absent, second refused, looked once in vain",
            Self::NothingLive => "attempt absent, nothing live",
            Self::NothingLiveUnconfirmed => "attempt absent, a bad word unconfirmed",
            Self::Parked => "parked past the horizon",
            Self::ParkedUnprotected => "parked, absent without duplicate protection",
            Self::Accepted => "the provider has it",
            Self::AcceptedUnconfirmed => "a bad word unconfirmed",
            Self::Processing => "with the bank",
            Self::Presumed => "nothing bad heard",
            Self::Completed => "confirmed",
            Self::CompletedUnconfirmed => "confirmed, a bad word unconfirmed",
            Self::FailedByRefusal => "refused",
            Self::FailedByReport => "given up by the provider",
            Self::Canceled => "cancelled before it was sent",
            Self::CanceledByProvider => "cancelled at the provider, as asked",
            Self::Returned => "came back",
            Self::ReturnedDisputed => "came back, contradicted before",
        }
    }

    /// A payout that stands so under `policy`; none where no payout can.
    pub(crate) fn bench(self, policy: &Policy) -> Option<Bench> {
        let beginning = Beginning {
            related: false,
            unresolved: matches!(
                self,
                Self::Unresolved | Self::UnresolvedForgetful | Self::UnresolvedOutOfReach
            ),
            forgetful: matches!(
                self,
                Self::UnresolvedForgetful | Self::Forgetful | Self::ForgetfulCancelRequested
            ),
            submit_before: None,
        };
        let mut bench = Bench::new(policy.clone(), beginning);
        let seen = Input::own(What::Remarked(Reason::Other));
        bench.must_take(&Input { receipt: Some(receipt(SEEN)), ..seen });
        self.reach(&mut bench)?;
        Some(bench)
    }

    /// Moves a new payout to where it stands so; none where the policy does not lead there.
    fn reach(self, bench: &mut Bench) -> Option<()> {
        match self {
            Self::Unresolved | Self::UnresolvedForgetful | Self::Fresh | Self::Forgetful => {}
            Self::UnresolvedOutOfReach => _ = bench.must(What::InDoubt(Reason::AnswerLost)),
            Self::Unsent => _ = bench.open().must(What::NotSent),
            Self::Held => _ = bench.open().must(refused(RefusalKind::Access)),
            Self::ForgetfulCancelRequested => _ = bench.must(What::CancelRequested),
            Self::Unconfirmed => _ = bench.must_take(&hint()),
            Self::Disputed => _ = bench.must_take(&of_another_amount()),
            Self::Submitting => _ = bench.open(),
            Self::SubmittingCancelRequested => _ = bench.open().must(What::CancelRequested),
            Self::SubmittingUnconfirmed => _ = bench.open().must_take(&hint()),
            Self::InDoubt => _ = bench.open().must(What::InDoubt(Reason::AnswerLost)),
            Self::InDoubtCancelRequested => then(Self::InDoubt, bench)?.cancel(),
            Self::InDoubtUnconfirmed => then(Self::InDoubt, bench)?.hint(),
            Self::InDoubtDisputed => {
                then(Self::InDoubt, bench)?.must_take(&of_another_amount());
            }
            Self::LookedOnce => {
                look_up(bench)?;
                then(Self::InDoubt, bench)?.wait(REQUEST_TIMEOUT).must(What::NotFound);
            }
            Self::LookedOnceUnconfirmed => then(Self::LookedOnce, bench)?.hint(),
            Self::LookedOnceCancelRequested => then(Self::LookedOnce, bench)?.cancel(),
            Self::Duplicate => _ = bench.open().must(refused(RefusalKind::Duplicate)),
            Self::AccessRefusedInDoubt => {
                then(Self::InDoubt, bench)?.must(refused(RefusalKind::Access));
            }
            Self::SecondOpen => _ = then(Self::NothingLive, bench)?.wait(MINUTE).open(),
            Self::SecondOpenCancelRequested => then(Self::SecondOpen, bench)?.cancel(),
            Self::RefusedInDoubt => {
                then(Self::SecondOpen, bench)?.must(refused(RefusalKind::Circumstance));
            }
            Self::RefusedLookedOnce => {
                then(Self::RefusedInDoubt, bench)?.wait(REQUEST_TIMEOUT).must(What::NotFound);
            }
            Self::NothingLive => {
                look_up(bench)?.then_some(())?;
                then(Self::LookedOnce, bench)?.wait(SPACING).must(What::NotFound);
            }
            Self::NothingLiveUnconfirmed => then(Self::NothingLive, bench)?.hint(),
            Self::Parked => {
                then(Self::InDoubt, bench)?.wait(DAY).must(What::Parked(Reason::HorizonPassed));
            }
            Self::ParkedUnprotected => {
                (!look_up(bench)?).then_some(())?;
                then(Self::LookedOnce, bench)?.wait(SPACING).must(What::NotFound);
            }
            Self::Accepted => _ = bench.open().must_take(&said(report(Reported::Accepted))),
            Self::AcceptedUnconfirmed => then(Self::Accepted, bench)?.hint(),
            Self::Processing => then(Self::Accepted, bench)?.hear(Reported::Processing),
            Self::Presumed => {
                bench.policy.presumed_after = Some(DAY);
                then(Self::Accepted, bench)?.must(What::Presumed);
            }
            Self::Completed => then(Self::Accepted, bench)?.hear(Reported::Completed),
            Self::CompletedUnconfirmed => then(Self::Completed, bench)?.hint(),
            Self::FailedByRefusal => _ = bench.open().must(refused(RefusalKind::Content)),
            Self::FailedByReport => then(Self::Accepted, bench)?.hear(Reported::Failed),
            Self::Canceled => _ = bench.must(What::CancelRequested),
            Self::CanceledByProvider => {
                then(Self::SubmittingCancelRequested, bench)?.hear(Reported::Canceled);
            }
            Self::Returned => then(Self::Completed, bench)?.hear(Reported::Returned),
            Self::ReturnedDisputed => {
                let other = Report { amount: Some(money(7)), ..report(Reported::Completed) };
                then(Self::Accepted, bench)?.must_take(&said(other)).hear(Reported::Returned);
            }
        }
        bench.wait(HOUR);
        Some(())
    }
}

/// Moves on from another standing, a moment after it was reached.
fn then(standing: Standing, bench: &mut Bench) -> Option<&mut Bench> {
    standing.reach(bench)?;
    Some(bench.wait(SECOND))
}

/// Whether what is absent may be sent again; none where nothing is looked up.
fn look_up(bench: &Bench) -> Option<bool> {
    match bench.policy.doubt {
        DoubtPolicy::Resend => None,
        DoubtPolicy::LookUp { resend_when_absent, .. } => Some(resend_when_absent),
    }
}

impl Bench {
    fn cancel(&mut self) {
        self.must(What::CancelRequested);
    }

    fn hint(&mut self) {
        self.must_take(&hint());
    }

    fn hear(&mut self, status: Reported) {
        self.must_take(&said(report(status)));
    }
}

fn hint() -> Input {
    said(Report { certainty: Certainty::Unconfirmed, ..report(Reported::Returned) })
}

fn of_another_amount() -> Input {
    said(Report { amount: Some(money(7)), ..report(Reported::Accepted) })
}

pub(crate) fn refused(kind: RefusalKind) -> What {
    let reason = match kind {
        RefusalKind::Content => Reason::AccountInvalid,
        RefusalKind::Circumstance => Reason::MerchantFundsInsufficient,
        RefusalKind::Access => Reason::AccessRefused,
        RefusalKind::Duplicate => Reason::DuplicateReported,
    };
    What::Refused(Refusal { kind, reason })
}

pub(crate) fn settled(verdict: Verdict) -> What {
    let note = |text| Note::parse(text).expect("a note");
    What::Settled(Box::new(Settlement {
        verdict,
        operator: note("ada"),
        evidence: note("statement 7 of 2026-01-20"),
        why: note("the bank says so"),
    }))
}
