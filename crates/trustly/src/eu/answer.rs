//! What Trustly's answers to AccountPayout mean for a payout, once it is known whether they can be
//! trusted.

use payout::input::{Input, ProviderWords, Refusal, RefusalKind, Reported, What};
use payout::reason::Reason;

use super::code::{self, Class};
use super::wire::Unverified;
use super::wire::reply::{Data, Untrusted};
use crate::words::{certain, own, words};

/// What `result` "0" in the answer to AccountPayout is taken for: Trustly documents that "1" means
/// received, and of "0" nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResultZero {
    /// A refusal, as long as nothing else is in doubt.
    #[default]
    Refused,
    /// No answer: an order may exist.
    InDoubt,
}

/// A verified result of AccountPayout.
pub(super) fn accepted(data: &Data, zero: ResultZero) -> Input {
    match data.payout() {
        Ok(result) if result.accepted => Input {
            words: words(None, None, result.order_id.as_deref()),
            ..certain(Reported::Accepted, None)
        },
        Ok(_) => {
            let what = match zero {
                // Proves nothing about an earlier send.
                ResultZero::Refused => What::Refused(Refusal {
                    kind: RefusalKind::Circumstance,
                    reason: Reason::ProviderAborted,
                }),
                ResultZero::InDoubt => What::InDoubt(Reason::AnswerUnknown),
            };
            Input { words: words(Some("result 0"), None, None), ..own(what) }
        }
        Err(_) => in_doubt(Reason::AnswerUntrusted, None),
    }
}

/// A verified error in answer to AccountPayout.
pub(super) fn refusal(code: u64) -> Input {
    let reason = reason_of(code);
    let what = match code::look_up(code).class {
        Class::Content => What::Refused(Refusal { kind: RefusalKind::Content, reason }),
        Class::Blocked => What::Refused(Refusal { kind: RefusalKind::Circumstance, reason }),
        Class::Access => What::Refused(Refusal { kind: RefusalKind::Access, reason }),
        Class::Duplicate => What::Refused(Refusal { kind: RefusalKind::Duplicate, reason }),
        Class::Doubtful => What::InDoubt(Reason::AnswerUnknown),
    };
    Input { words: words_of(code), ..own(what) }
}

/// The code with what it means in our words. The provider's own text is shown to nobody: it may
/// repeat what was sent, names and account numbers included. It is in the sealed evidence.
pub(super) fn words_of(code: u64) -> ProviderWords {
    words(Some(&code.to_string()), Some(code::look_up(code).meaning), None)
}

pub(super) fn reason_of(code: u64) -> Reason {
    match (code, code::look_up(code).class) {
        (624, _) => Reason::AccountInvalid,
        (_, Class::Blocked) => Reason::CustomerBlocked,
        (_, Class::Access) => Reason::AccessRefused,
        (_, Class::Duplicate) => Reason::DuplicateReported,
        (_, Class::Content) => Reason::RequestRejected,
        (_, Class::Doubtful) => Reason::AnswerUnknown,
    }
}

/// An error whose signature cannot be checked settles nothing, but whoever has lost our key cannot
/// sign for us either: that our access is refused is worth knowing unproven.
pub(super) fn why_untrusted(hint: Option<u64>) -> Reason {
    match hint.map(|code| code::look_up(code).class) {
        Some(Class::Access) => Reason::AccessRefused,
        _ => Reason::AnswerUntrusted,
    }
}

/// Why a call that moves no money was not let in. That its function is not enabled says nothing
/// about payouts.
pub(super) fn no_access(code: u64) -> (Reason, ProviderWords) {
    (no_access_reason(code), words_of(code))
}

/// The same of an answer that cannot be trusted; none, if it does not even claim that.
pub(super) fn no_access_unverified(
    untrusted: Option<Untrusted>,
) -> Option<(Reason, ProviderWords)> {
    let code = untrusted?.hint?;
    let claimed = code::look_up(code).class == Class::Access;
    claimed.then(|| (no_access_reason(code), unverified_words(untrusted)))
}

fn no_access_reason(code: u64) -> Reason {
    if code::is_about_one_function(code) { Reason::NotEnabled } else { Reason::AccessRefused }
}

/// Why an answer is not trusted is for people: a wrong key is mended otherwise than a lost answer.
pub(super) fn in_doubt(reason: Reason, untrusted: Option<Untrusted>) -> Input {
    Input { words: unverified_words(untrusted), ..own(What::InDoubt(reason)) }
}

fn unverified_words(untrusted: Option<Untrusted>) -> ProviderWords {
    let code = untrusted.and_then(|it| it.hint).map(|code| format!("{code} (unverified)"));
    let why = untrusted.map(|it| match it.reason {
        Unverified::Signature(error) => error.to_string(),
        other => other.to_string(),
    });
    words(code.as_deref(), why.as_deref(), None)
}
