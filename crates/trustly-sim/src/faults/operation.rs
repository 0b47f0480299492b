//! What a rule can be about.

use crate::ledger::Region;

use Operation::{
    AccountLedger, AccountPayout, Balance, Deposit, Get, GetWithdrawals, List, Notification,
    RegisterAccount, RegisterAccountPayout, SelectAccount, ViewAutomaticSettlementDetailsCsv,
};

/// A method of either API, or a notification of either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    AccountPayout,
    RegisterAccount,
    RegisterAccountPayout,
    SelectAccount,
    Balance,
    GetWithdrawals,
    AccountLedger,
    ViewAutomaticSettlementDetailsCsv,
    Deposit,
    Get,
    List,
    Notification,
}

pub(super) const JSON_RPC: [Operation; 8] = [
    AccountPayout,
    RegisterAccount,
    RegisterAccountPayout,
    SelectAccount,
    Balance,
    GetWithdrawals,
    AccountLedger,
    ViewAutomaticSettlementDetailsCsv,
];

pub(super) const SIGNED: [Operation; 9] = [
    AccountPayout,
    RegisterAccount,
    RegisterAccountPayout,
    SelectAccount,
    Balance,
    GetWithdrawals,
    AccountLedger,
    ViewAutomaticSettlementDetailsCsv,
    Notification,
];

pub(super) const REQUESTS: [Operation; 11] = [
    AccountPayout,
    RegisterAccount,
    RegisterAccountPayout,
    SelectAccount,
    Balance,
    GetWithdrawals,
    AccountLedger,
    ViewAutomaticSettlementDetailsCsv,
    Deposit,
    Get,
    List,
];

/// What leaves something behind.
pub(super) const COMMITTING: [Operation; 5] =
    [AccountPayout, RegisterAccount, RegisterAccountPayout, SelectAccount, Deposit];

/// What notifications are about, and they themselves.
pub(super) const NOTIFYING: [Operation; 5] =
    [Notification, AccountPayout, RegisterAccountPayout, SelectAccount, Deposit];

pub(super) const EU_PAYOUTS: [Operation; 2] = [AccountPayout, RegisterAccountPayout];

pub(super) const PAYOUTS: [Operation; 3] = [AccountPayout, RegisterAccountPayout, Deposit];

impl Operation {
    pub(crate) const ALL: [Self; 12] = [
        AccountPayout,
        RegisterAccount,
        RegisterAccountPayout,
        SelectAccount,
        Balance,
        GetWithdrawals,
        AccountLedger,
        ViewAutomaticSettlementDetailsCsv,
        Deposit,
        Get,
        List,
        Notification,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            AccountPayout => "AccountPayout",
            RegisterAccount => "RegisterAccount",
            RegisterAccountPayout => "RegisterAccountPayout",
            SelectAccount => "SelectAccount",
            Balance => "Balance",
            GetWithdrawals => "GetWithdrawals",
            AccountLedger => "AccountLedger",
            ViewAutomaticSettlementDetailsCsv => "ViewAutomaticSettlementDetailsCSV",
            Deposit => "deposit",
            Get => "get",
            List => "list",
            Notification => "notification",
        }
    }

    /// `None` where both regions have it.
    pub(crate) fn region(self) -> Option<Region> {
        match self {
            AccountPayout
            | RegisterAccount
            | RegisterAccountPayout
            | SelectAccount
            | Balance
            | GetWithdrawals
            | AccountLedger
            | ViewAutomaticSettlementDetailsCsv => Some(Region::Eu),
            Deposit | Get | List => Some(Region::Amer),
            Notification => None,
        }
    }
}
