//! Amounts in bytes.

use minicbor::{Decode, Encode};

use crate::codec::CodecError;
use crate::codec::field::malformed;
use crate::money::{Currency, Money};

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct MoneyMirror<'b> {
    #[n(1)]
    minor_units: i64,
    #[n(2)]
    currency: &'b str,
}

impl From<Money> for MoneyMirror<'_> {
    fn from(money: Money) -> Self {
        Self { minor_units: money.minor_units(), currency: money.currency().code() }
    }
}

impl TryFrom<MoneyMirror<'_>> for Money {
    type Error = CodecError;

    fn try_from(mirror: MoneyMirror<'_>) -> Result<Self, CodecError> {
        let currency = Currency::parse(mirror.currency).map_err(malformed("money.currency"))?;
        Self::new(mirror.minor_units, currency).map_err(malformed("money.minor_units"))
    }
}
