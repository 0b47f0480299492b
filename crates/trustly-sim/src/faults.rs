//! The fault program: what may go wrong, and which of it goes wrong now.

mod operation;
mod rule;

pub(crate) use operation::Operation;
pub(crate) use rule::{BadRule, Rule, RuleText, RuleView};

use crate::ledger::Region;

/// Enough for any test; a list that is searched on every request must end.
const RULES_MAX: usize = 1_000;

/// What can go wrong. The control API's documentation says what each does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    LoseReply,
    LateCommit,
    Delay,
    Http500,
    Proxy403,
    BadSignature,
    Refuse,
    UnsignedError,
    DuplicateNotification,
    ReorderNotifications,
    LoseNotification,
    DropNotification,
    CancelBeforeReply,
    CreditAfterConfirmation,
    NoFunds,
    ListLag,
    DuplicateCheckOff,
    SilentSuccess,
    DeclineSync,
    OtherUuid,
    OtherMethod,
    AnonymousError,
    ResultZero,
    CancelAfterReply,
    CreditAndCancel,
    BankRefusal,
    CreditDaysLater,
    Deny,
    Fail,
    OnHold,
    InstantFallback,
    UnknownStatus,
}

/// A place that asks whether something goes wrong. Each place takes the first rule whose fault
/// is of its kind, so that a lost reply and a returned payout can meet in one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// How the request and its answer travel.
    Exchange,
    /// A duplicate was found and is about to be refused or replayed.
    Duplicate,
    /// What becomes of an accepted payout.
    Outcome,
    /// What a list shows.
    Listing,
    /// The first notification of a payout is made.
    Sequence,
    /// A notification is made.
    Making,
    /// A notification is about to be sent.
    Sending,
}

pub(crate) struct Question<'a> {
    pub(crate) region: Region,
    pub(crate) stage: Stage,
    /// The operation at hand; for notifications also the one that began the payout.
    pub(crate) operations: &'a [Operation],
    pub(crate) references: &'a [&'a str],
    /// The request was answered before: a refusal of its content would contradict that answer.
    pub(crate) answered: bool,
}

#[derive(Default)]
pub(crate) struct Faults {
    rules: Vec<Rule>,
}

impl Faults {
    pub(crate) fn rules(&self) -> impl Iterator<Item = RuleView<'_>> {
        self.rules.iter().map(Rule::view)
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// All of them or, when one is wrong, none.
    pub(crate) fn add(&mut self, texts: &[RuleText]) -> Result<(), BadRule> {
        let mut rules = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            rules.push(Rule::parse(index, text)?);
        }
        if self.rules.len() + rules.len() > RULES_MAX {
            return Err(BadRule::too_many(RULES_MAX));
        }
        self.rules.extend(rules);
        Ok(())
    }

    /// The first rule that fits, counted down.
    pub(crate) fn take(&mut self, question: &Question<'_>) -> Option<Rule> {
        let rule = self.rules.iter_mut().find(|rule| rule.fits(question))?;
        rule.use_once();
        Some(rule.clone())
    }
}

impl Fault {
    pub(crate) const ALL: [Self; 32] = [
        Self::LoseReply,
        Self::LateCommit,
        Self::Delay,
        Self::Http500,
        Self::Proxy403,
        Self::BadSignature,
        Self::Refuse,
        Self::UnsignedError,
        Self::DuplicateNotification,
        Self::ReorderNotifications,
        Self::LoseNotification,
        Self::DropNotification,
        Self::CancelBeforeReply,
        Self::CreditAfterConfirmation,
        Self::NoFunds,
        Self::ListLag,
        Self::DuplicateCheckOff,
        Self::SilentSuccess,
        Self::DeclineSync,
        Self::OtherUuid,
        Self::OtherMethod,
        Self::AnonymousError,
        Self::ResultZero,
        Self::CancelAfterReply,
        Self::CreditAndCancel,
        Self::BankRefusal,
        Self::CreditDaysLater,
        Self::Deny,
        Self::Fail,
        Self::OnHold,
        Self::InstantFallback,
        Self::UnknownStatus,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::LoseReply => "lose_reply",
            Self::LateCommit => "late_commit",
            Self::Delay => "delay",
            Self::Http500 => "http_500",
            Self::Proxy403 => "proxy_403",
            Self::BadSignature => "bad_signature",
            Self::Refuse => "refuse",
            Self::UnsignedError => "unsigned_error",
            Self::DuplicateNotification => "duplicate_notification",
            Self::ReorderNotifications => "reorder_notifications",
            Self::LoseNotification => "lose_notification",
            Self::DropNotification => "drop_notification",
            Self::CancelBeforeReply => "cancel_before_reply",
            Self::CreditAfterConfirmation => "credit_after_confirmation",
            Self::NoFunds => "no_funds",
            Self::ListLag => "list_lag",
            Self::DuplicateCheckOff => "duplicate_check_off",
            Self::SilentSuccess => "silent_success",
            Self::DeclineSync => "decline_sync",
            Self::OtherUuid => "other_uuid",
            Self::OtherMethod => "other_method",
            Self::AnonymousError => "anonymous_error",
            Self::ResultZero => "result_zero",
            Self::CancelAfterReply => "cancel_after_reply",
            Self::CreditAndCancel => "credit_and_cancel",
            Self::BankRefusal => "bank_refusal",
            Self::CreditDaysLater => "credit_days_later",
            Self::Deny => "deny",
            Self::Fail => "fail",
            Self::OnHold => "on_hold",
            Self::InstantFallback => "instant_fallback",
            Self::UnknownStatus => "unknown_status",
        }
    }

    /// The operations on which it does something.
    fn operations(self) -> &'static [Operation] {
        match self {
            Self::LoseReply | Self::Delay | Self::Http500 | Self::Proxy403 | Self::Refuse => {
                &operation::REQUESTS
            }
            Self::LateCommit => &operation::COMMITTING,
            Self::BadSignature => &operation::SIGNED,
            Self::UnsignedError | Self::OtherUuid | Self::OtherMethod | Self::AnonymousError => {
                &operation::JSON_RPC
            }
            Self::DuplicateNotification
            | Self::ReorderNotifications
            | Self::LoseNotification
            | Self::DropNotification => &operation::NOTIFYING,
            Self::CancelBeforeReply
            | Self::SilentSuccess
            | Self::ResultZero
            | Self::CreditAndCancel => &operation::EU_PAYOUTS,
            Self::CancelAfterReply | Self::DuplicateCheckOff => &operation::PAYOUTS,
            Self::CreditAfterConfirmation
            | Self::CreditDaysLater
            | Self::BankRefusal
            | Self::NoFunds => &operation::MOVING,
            Self::ListLag => &[Operation::List],
            Self::DeclineSync | Self::OnHold | Self::InstantFallback => &[Operation::Deposit],
            Self::Deny | Self::Fail => &[Operation::Deposit, Operation::Reclaim],
            Self::UnknownStatus => &[Operation::Get],
        }
    }

    fn stages(self) -> &'static [Stage] {
        match self {
            Self::LoseReply
            | Self::LateCommit
            | Self::Delay
            | Self::Http500
            | Self::Proxy403
            | Self::Refuse
            | Self::UnsignedError
            | Self::OtherUuid
            | Self::OtherMethod
            | Self::AnonymousError
            | Self::UnknownStatus => &[Stage::Exchange],
            Self::BadSignature => &[Stage::Exchange, Stage::Sending],
            Self::DuplicateCheckOff => &[Stage::Duplicate],
            Self::CancelBeforeReply
            | Self::CreditAfterConfirmation
            | Self::NoFunds
            | Self::SilentSuccess
            | Self::DeclineSync
            | Self::ResultZero
            | Self::CancelAfterReply
            | Self::CreditAndCancel
            | Self::BankRefusal
            | Self::CreditDaysLater
            | Self::Deny
            | Self::Fail
            | Self::OnHold
            | Self::InstantFallback => &[Stage::Outcome],
            Self::ListLag => &[Stage::Listing],
            Self::ReorderNotifications => &[Stage::Sequence],
            Self::DuplicateNotification | Self::DropNotification => &[Stage::Making],
            Self::LoseNotification => &[Stage::Sending],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_and_method_is_documented() {
        let document = include_str!("../../../docs/simulator.md");
        let operations = Operation::ALL.map(Operation::name);
        for name in Fault::ALL.map(Fault::name).into_iter().chain(operations) {
            assert!(document.contains(&format!("`{name}`")), "{name}");
        }
    }

    #[test]
    fn every_fault_does_something_somewhere() {
        for fault in Fault::ALL {
            assert!(!fault.operations().is_empty() && !fault.stages().is_empty(), "{fault:?}");
        }
    }
}
