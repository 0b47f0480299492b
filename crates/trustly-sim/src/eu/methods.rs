//! The methods this simulator answers. Adding one is adding a line.

use std::time::Duration;

use serde_json::Value;

use super::call::Call;
use super::check::Check;
use super::codes::Code;
use super::{
    account_ledger, account_payout, balance, get_withdrawals, register_account,
    register_account_payout, select_account, settlement,
};
use crate::clock::Moment;
use crate::config::Settings;
use crate::faults::Operation;
use crate::notices::NoticeId;
use crate::sim::State;

pub(super) struct Method {
    pub(super) operation: Operation,
    /// It leaves nothing behind.
    pub(super) is_query: bool,
    pub(super) checks: &'static [Check],
    /// Takes effect and gives the result's data; runs only after every check passed.
    pub(super) carry_out: fn(&mut Work<'_>) -> Result<Value, Code>,
}

/// What a method works with.
pub(super) struct Work<'a> {
    pub(super) state: &'a mut State,
    pub(super) settings: &'a Settings,
    pub(super) now: Moment,
    /// How long the answer is held back.
    pub(super) reply_after: Duration,
    pub(super) call: &'a Call,
    /// A notification to be delivered before the answer goes out.
    pub(super) wait_for: Option<NoticeId>,
}

static METHODS: [Method; 8] = [
    Method {
        operation: Operation::AccountPayout,
        is_query: false,
        checks: &account_payout::CHECKS,
        carry_out: account_payout::carry_out,
    },
    Method {
        operation: Operation::RegisterAccount,
        is_query: false,
        checks: &register_account::CHECKS,
        carry_out: register_account::carry_out,
    },
    Method {
        operation: Operation::RegisterAccountPayout,
        is_query: false,
        checks: &register_account_payout::CHECKS,
        carry_out: register_account_payout::carry_out,
    },
    Method {
        operation: Operation::SelectAccount,
        is_query: false,
        checks: &select_account::CHECKS,
        carry_out: select_account::carry_out,
    },
    Method {
        operation: Operation::Balance,
        is_query: true,
        checks: &balance::CHECKS,
        carry_out: balance::carry_out,
    },
    Method {
        operation: Operation::GetWithdrawals,
        is_query: true,
        checks: &get_withdrawals::CHECKS,
        carry_out: get_withdrawals::carry_out,
    },
    Method {
        operation: Operation::AccountLedger,
        is_query: true,
        checks: &account_ledger::CHECKS,
        carry_out: account_ledger::carry_out,
    },
    Method {
        operation: Operation::ViewAutomaticSettlementDetailsCsv,
        is_query: true,
        checks: &settlement::CHECKS,
        carry_out: settlement::carry_out,
    },
];

pub(super) fn find(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.operation.name() == name)
}

pub(super) fn operation(name: &str) -> Option<Operation> {
    find(name).map(|method| method.operation)
}
