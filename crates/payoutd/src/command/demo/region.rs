//! What differs between the regions of the demo: names, amounts and how faults are called.

/// A region of the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Region {
    Europe,
    Americas,
}

impl Region {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Europe => "Trustly Europe (merchant demo-eu)",
            Self::Americas => "Trustly Americas (merchant demo-us)",
        }
    }

    /// The simulator's name of the region.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Europe => "eu",
            Self::Americas => "amer",
        }
    }

    pub(super) fn merchant(self) -> &'static str {
        match self {
            Self::Europe => "demo-eu",
            Self::Americas => "demo-us",
        }
    }

    pub(super) fn currency(self) -> &'static str {
        match self {
            Self::Europe => "EUR",
            Self::Americas => "USD",
        }
    }

    /// What the simulator calls the request that pays.
    pub(super) fn pay(self) -> &'static str {
        match self {
            Self::Europe => "AccountPayout",
            Self::Americas => "deposit",
        }
    }

    /// A code with which the provider refuses an account.
    pub(super) fn account_refused(self) -> u64 {
        match self {
            Self::Europe => 624,
            Self::Americas => 330,
        }
    }
}
