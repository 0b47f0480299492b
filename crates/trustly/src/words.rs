//! How Trustly's words become the inputs of the state machine: what both regions share.

use payout::id::ProviderReference;
use payout::input::{
    Certainty, Input, PROVIDER_TEXT_LENGTH_MAX, ProviderWords, Report, Reported, What,
};
use payout::reason::Reason;
use payout::text::is_printable;

/// An input without the provider's words.
pub(crate) fn own(what: What) -> Input {
    Input::own(what)
}

/// A certain report without amount.
pub(crate) fn certain(status: Reported, reason: Option<Reason>) -> Input {
    let certainty = Certainty::Certain;
    let report = Report { status, reason, certainty, amount: None, speed_achieved: None };
    own(What::Reported(report))
}

/// The provider's words, cut to what is kept. A reference that cannot be one is left out: it is
/// for people and for look-ups, and an unusable one serves neither.
pub(crate) fn words(
    code: Option<&str>,
    text: Option<&str>,
    reference: Option<&str>,
) -> ProviderWords {
    ProviderWords {
        code: code.map(cut),
        text: text.map(cut),
        reference: reference.and_then(|id| ProviderReference::parse(id).ok()),
    }
}

/// A text for people, without control characters and no longer than what is kept.
pub(crate) fn cut(text: &str) -> String {
    text.chars().filter(|c| is_printable(*c)).take(PROVIDER_TEXT_LENGTH_MAX).collect()
}
