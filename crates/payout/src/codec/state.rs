//! States and the instruction to give money back, in bytes.

use minicbor::{Decode, Encode};

use crate::codec::CodecError;
use crate::codec::field::{Numbered, numbered, optional_numbered, optional_time, required};
use crate::codec::money::MoneyMirror;
use crate::state::{GiveBack, Hold, State, StateName};
use crate::time::Timestamp;

/// Which of the keys beside `name` are there depends on the state.
#[derive(Default, Encode, Decode)]
#[cbor(map)]
pub(super) struct StateMirror {
    #[n(1)]
    name: u8,
    /// Why it is held, parked, failed, cancelled or returned.
    #[n(2)]
    reason: Option<u8>,
    /// Until when it is held.
    #[n(3)]
    held_until: Option<i64>,
    #[n(4)]
    return_window_ends_at: Option<i64>,
}

impl From<State> for StateMirror {
    fn from(state: State) -> Self {
        let mirror = Self {
            name: state.name().number(),
            reason: state.reason().map(Numbered::number),
            ..Self::default()
        };
        match state {
            State::Pending { held } => {
                let held_until = held.map(|hold| hold.until.as_millis());
                Self { held_until, ..mirror }
            }
            State::Completed { return_window_ends_at } => {
                let return_window_ends_at = Some(return_window_ends_at.as_millis());
                Self { return_window_ends_at, ..mirror }
            }
            State::Submitting
            | State::Indeterminate { .. }
            | State::Accepted
            | State::Processing
            | State::Presumed
            | State::Failed { .. }
            | State::Canceled { .. }
            | State::Returned { .. } => mirror,
        }
    }
}

impl TryFrom<StateMirror> for State {
    type Error = CodecError;

    fn try_from(mirror: StateMirror) -> Result<Self, CodecError> {
        let StateMirror { name, reason, held_until, return_window_ends_at } = mirror;
        let reason = optional_numbered(reason, "state.reason")?;
        let why = || required(reason, "state.reason");
        Ok(match numbered(name, "state.name")? {
            StateName::Pending => Self::Pending {
                held: match (reason, optional_time(held_until)) {
                    (Some(reason), Some(until)) => Some(Hold { reason, until }),
                    (None, None) => None,
                    _ => return Err(CodecError::Malformed("state.held")),
                },
            },
            StateName::Submitting => Self::Submitting,
            StateName::Indeterminate => Self::Indeterminate { parked: reason },
            StateName::Accepted => Self::Accepted,
            StateName::Processing => Self::Processing,
            StateName::Presumed => Self::Presumed,
            StateName::Completed => {
                let ends = required(return_window_ends_at, "state.return_window_ends_at")?;
                Self::Completed { return_window_ends_at: Timestamp::from_millis(ends) }
            }
            StateName::Failed => Self::Failed { reason: why()? },
            StateName::Canceled => Self::Canceled { reason: why()? },
            StateName::Returned => Self::Returned { reason: why()? },
        })
    }
}

impl Numbered for StateName {
    fn number(self) -> u8 {
        match self {
            Self::Pending => 1,
            Self::Submitting => 2,
            Self::Indeterminate => 3,
            Self::Accepted => 4,
            Self::Processing => 5,
            Self::Presumed => 6,
            Self::Completed => 7,
            Self::Failed => 8,
            Self::Canceled => 9,
            Self::Returned => 10,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Pending,
            2 => Self::Submitting,
            3 => Self::Indeterminate,
            4 => Self::Accepted,
            5 => Self::Processing,
            6 => Self::Presumed,
            7 => Self::Completed,
            8 => Self::Failed,
            9 => Self::Canceled,
            10 => Self::Returned,
            _ => return None,
        })
    }
}

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct GiveBackMirror<'b> {
    #[n(1)]
    id: &'b str,
    #[b(2)]
    amount: MoneyMirror<'b>,
}

impl<'b> From<&'b GiveBack> for GiveBackMirror<'b> {
    fn from(give_back: &'b GiveBack) -> Self {
        let GiveBack { id, amount } = give_back;
        Self { id, amount: (*amount).into() }
    }
}

impl TryFrom<GiveBackMirror<'_>> for GiveBack {
    type Error = CodecError;

    fn try_from(mirror: GiveBackMirror<'_>) -> Result<Self, CodecError> {
        Ok(Self { id: mirror.id.to_owned(), amount: mirror.amount.try_into()? })
    }
}
