//! What a rule can be about.

use crate::ledger::Region;

use Operation::{
    AccountLedger, AccountPayout, Balance, Cancel, Deposit, Establish, Get, GetWithdrawals, List,
    Notification, Reclaim, Refresh, Refund, RegisterAccount, RegisterAccountPayout, SelectAccount,
    Tokenize, Verify, ViewAutomaticSettlementDetailsCsv,
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
    Establish,
    Deposit,
    Cancel,
    Reclaim,
    Refund,
    Refresh,
    Verify,
    Tokenize,
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

pub(super) const REQUESTS: [Operation; 18] = [
    AccountPayout,
    RegisterAccount,
    RegisterAccountPayout,
    SelectAccount,
    Balance,
    GetWithdrawals,
    AccountLedger,
    ViewAutomaticSettlementDetailsCsv,
    Establish,
    Deposit,
    Cancel,
    Reclaim,
    Refund,
    Refresh,
    Verify,
    Tokenize,
    Get,
    List,
];

/// What leaves something behind.
pub(super) const COMMITTING: [Operation; 9] = [
    AccountPayout,
    RegisterAccount,
    RegisterAccountPayout,
    SelectAccount,
    Establish,
    Deposit,
    Cancel,
    Reclaim,
    Refresh,
];

/// What notifications are about, and they themselves.
pub(super) const NOTIFYING: [Operation; 7] = [
    Notification,
    AccountPayout,
    RegisterAccountPayout,
    SelectAccount,
    Establish,
    Deposit,
    Reclaim,
];

pub(super) const EU_PAYOUTS: [Operation; 2] = [AccountPayout, RegisterAccountPayout];

pub(super) const PAYOUTS: [Operation; 3] = [AccountPayout, RegisterAccountPayout, Deposit];

/// Payouts, and what pulls them back.
pub(super) const MOVING: [Operation; 4] = [AccountPayout, RegisterAccountPayout, Deposit, Reclaim];

impl Operation {
    pub(crate) const ALL: [Self; 19] = [
        AccountPayout,
        RegisterAccount,
        RegisterAccountPayout,
        SelectAccount,
        Balance,
        GetWithdrawals,
        AccountLedger,
        ViewAutomaticSettlementDetailsCsv,
        Establish,
        Deposit,
        Cancel,
        Reclaim,
        Refund,
        Refresh,
        Verify,
        Tokenize,
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
            Establish => "establish",
            Deposit => "deposit",
            Cancel => "cancel",
            Reclaim => "reclaim",
            Refund => "refund",
            Refresh => "refresh",
            Verify => "verify",
            Tokenize => "tokenize",
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
            Establish | Deposit | Cancel | Reclaim | Refund | Refresh | Verify | Tokenize | Get
            | List => Some(Region::Amer),
            Notification => None,
        }
    }
}
