//! What holds a queue, in bytes.

use minicbor::{Decode, Encode};

use crate::codec::CodecError;
use crate::codec::field::{Numbered, name, numbered};
use crate::codec::settlement::note;
use crate::queue::{ProviderCall, QueueHold, QueueHoldCause, QueueHoldKind};
use crate::time::Timestamp;

/// Which of the keys beside `kind` are there depends on the kind.
#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct QueueHoldMirror<'b> {
    #[n(1)]
    merchant: &'b str,
    #[n(2)]
    since: i64,
    #[n(3)]
    kind: u8,
    #[n(4)]
    operator: Option<&'b str>,
    #[n(5)]
    why: Option<&'b str>,
    #[n(6)]
    code: Option<&'b str>,
    #[n(7)]
    call: Option<u8>,
}

impl<'b> From<&'b QueueHold> for QueueHoldMirror<'b> {
    fn from(hold: &'b QueueHold) -> Self {
        let plain = Self {
            merchant: hold.merchant.as_str(),
            since: hold.since.as_millis(),
            kind: hold.kind().number(),
            operator: None,
            why: None,
            code: None,
            call: None,
        };
        match &hold.cause {
            QueueHoldCause::Paused { operator, why } => {
                Self { operator: Some(operator.as_str()), why: Some(why.as_str()), ..plain }
            }
            QueueHoldCause::AccessRefused { code, call } => {
                let call = call.map(Numbered::number);
                Self { code: code.as_deref(), call, ..plain }
            }
        }
    }
}

impl TryFrom<QueueHoldMirror<'_>> for QueueHold {
    type Error = CodecError;

    fn try_from(mirror: QueueHoldMirror<'_>) -> Result<Self, CodecError> {
        let cause = match numbered(mirror.kind, "queue_hold.kind")? {
            QueueHoldKind::Paused => QueueHoldCause::Paused {
                operator: note(mirror.operator.unwrap_or_default(), "queue_hold.operator")?,
                why: note(mirror.why.unwrap_or_default(), "queue_hold.why")?,
            },
            QueueHoldKind::AccessRefused => {
                let call = mirror.call.map(|call| numbered(call, "queue_hold.call")).transpose()?;
                QueueHoldCause::AccessRefused { code: mirror.code.map(str::to_owned), call }
            }
        };
        let merchant = name(mirror.merchant, "queue_hold.merchant")?;
        Ok(Self { merchant, since: Timestamp::from_millis(mirror.since), cause })
    }
}

impl Numbered for QueueHoldKind {
    fn number(self) -> u8 {
        match self {
            Self::Paused => 1,
            Self::AccessRefused => 2,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Paused,
            2 => Self::AccessRefused,
            _ => return None,
        })
    }
}

impl Numbered for ProviderCall {
    fn number(self) -> u8 {
        match self {
            Self::Payout => 1,
            Self::Destination => 2,
            Self::Link => 3,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Payout,
            2 => Self::Destination,
            3 => Self::Link,
            _ => return None,
        })
    }
}
