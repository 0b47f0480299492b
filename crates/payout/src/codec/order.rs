//! Orders in bytes.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::codec::CodecError;
use crate::codec::field::{
    Numbered, malformed, name, numbered, optional_millis, optional_time, required,
};
use crate::codec::money::MoneyMirror;
use crate::order::{
    ExternalReference, Metadata, Order, RelatedOrderReference, Speed, StatementDescriptor, Target,
};

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct OrderMirror<'b> {
    #[n(1)]
    merchant: &'b str,
    #[n(2)]
    idempotency_key: &'b str,
    #[n(3)]
    customer: &'b str,
    #[b(4)]
    amount: MoneyMirror<'b>,
    #[b(5)]
    target: TargetMirror<'b>,
    #[n(6)]
    speed: u8,
    #[n(7)]
    statement_descriptor: Option<&'b str>,
    #[n(8)]
    external_reference: Option<&'b str>,
    #[n(9)]
    submit_before: Option<i64>,
    #[b(10)]
    metadata: BTreeMap<&'b str, &'b str>,
    #[n(11)]
    related_order_reference: Option<&'b str>,
}

impl<'b> From<&'b Order> for OrderMirror<'b> {
    fn from(order: &'b Order) -> Self {
        let metadata = order.metadata.entries().iter();
        Self {
            merchant: order.merchant.as_str(),
            idempotency_key: order.idempotency_key.as_str(),
            customer: order.customer.as_str(),
            amount: order.amount.into(),
            target: (&order.target).into(),
            speed: order.speed.number(),
            statement_descriptor: order
                .statement_descriptor
                .as_ref()
                .map(StatementDescriptor::as_str),
            external_reference: order.external_reference.as_ref().map(ExternalReference::as_str),
            submit_before: optional_millis(order.submit_before),
            related_order_reference: order
                .related_order_reference
                .as_ref()
                .map(RelatedOrderReference::as_str),
            metadata: metadata.map(|(key, value)| (key.as_str(), value.as_str())).collect(),
        }
    }
}

impl TryFrom<OrderMirror<'_>> for Order {
    type Error = CodecError;

    fn try_from(mirror: OrderMirror<'_>) -> Result<Self, CodecError> {
        let descriptor = mirror.statement_descriptor.map(StatementDescriptor::parse);
        let reference = mirror.external_reference.map(ExternalReference::parse);
        let related = mirror.related_order_reference.map(RelatedOrderReference::parse);
        let metadata = mirror.metadata.into_iter();
        let metadata = metadata.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Ok(Self {
            merchant: name(mirror.merchant, "order.merchant")?,
            idempotency_key: name(mirror.idempotency_key, "order.idempotency_key")?,
            customer: name(mirror.customer, "order.customer")?,
            amount: mirror.amount.try_into()?,
            target: mirror.target.try_into()?,
            speed: numbered(mirror.speed, "order.speed")?,
            statement_descriptor: descriptor
                .transpose()
                .map_err(malformed("order.statement_descriptor"))?,
            external_reference: reference
                .transpose()
                .map_err(malformed("order.external_reference"))?,
            related_order_reference: related
                .transpose()
                .map_err(malformed("order.related_order_reference"))?,
            submit_before: optional_time(mirror.submit_before),
            metadata: Metadata::parse(metadata).map_err(malformed("order.metadata"))?,
        })
    }
}

/// The stored kinds of target; each uses one of the other keys.
const DESTINATION: u8 = 1;
const BANK_ACCOUNT: u8 = 2;
const PROVIDER_HANDLE: u8 = 3;

#[derive(Encode, Decode)]
#[cbor(map)]
struct TargetMirror<'b> {
    #[n(1)]
    kind: u8,
    #[n(2)]
    destination: Option<&'b str>,
    #[n(3)]
    masked: Option<&'b str>,
}

impl<'b> From<&'b Target> for TargetMirror<'b> {
    fn from(target: &'b Target) -> Self {
        match target {
            Target::Destination(id) => {
                Self { kind: DESTINATION, destination: Some(id.as_str()), masked: None }
            }
            Target::BankAccount { masked } => {
                Self { kind: BANK_ACCOUNT, destination: None, masked: Some(masked) }
            }
            Target::ProviderHandle { masked } => {
                Self { kind: PROVIDER_HANDLE, destination: None, masked: Some(masked) }
            }
        }
    }
}

impl TryFrom<TargetMirror<'_>> for Target {
    type Error = CodecError;

    fn try_from(mirror: TargetMirror<'_>) -> Result<Self, CodecError> {
        let TargetMirror { kind, destination, masked } = mirror;
        let masked = || required(masked, "order.target.masked").map(str::to_owned);
        match kind {
            DESTINATION => {
                const FIELD: &str = "order.target.destination";
                Ok(Self::Destination(name(required(destination, FIELD)?, FIELD)?))
            }
            BANK_ACCOUNT => Ok(Self::BankAccount { masked: masked()? }),
            PROVIDER_HANDLE => Ok(Self::ProviderHandle { masked: masked()? }),
            _ => Err(CodecError::Malformed("order.target.kind")),
        }
    }
}

impl Numbered for Speed {
    fn number(self) -> u8 {
        match self {
            Self::Standard => 1,
            Self::Instant => 2,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Standard,
            2 => Self::Instant,
            _ => return None,
        })
    }
}
