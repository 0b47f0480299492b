//! The parties of a payout in bytes that the caller seals.

use minicbor::{Decode, Encode};

use crate::bank::{Country, HolderName};
use crate::codec::CodecError;
use crate::codec::field::{malformed, required};
use crate::codec::personal::optional_personal;
use crate::party::{CategoryCode, Originator, Parties, Party, SubMerchant, WebAddress};
use crate::personal::{Address, DateOfBirth, NationalId, PartyId};

/// Longer than the longest parties: three names of 140 characters and an address of 255, each of
/// four bytes, a web address of 255 bytes, and some hundred bytes of ids and framing.
pub(super) const PARTIES_LENGTH_MAX: usize = 3328;

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct PartiesMirror<'b> {
    #[b(1)]
    originator: Option<OriginatorMirror<'b>>,
    #[b(2)]
    sub_merchant: Option<SubMerchantMirror<'b>>,
}

impl<'b> From<&'b Parties> for PartiesMirror<'b> {
    fn from(parties: &'b Parties) -> Self {
        Self {
            originator: parties.originator.as_ref().map(OriginatorMirror::from),
            sub_merchant: parties.sub_merchant.as_ref().map(SubMerchantMirror::from),
        }
    }
}

impl TryFrom<PartiesMirror<'_>> for Parties {
    type Error = CodecError;

    fn try_from(mirror: PartiesMirror<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            originator: mirror.originator.map(Originator::try_from).transpose()?,
            sub_merchant: mirror.sub_merchant.map(SubMerchant::try_from).transpose()?,
        })
    }
}

/// The stored kinds of party.
const PERSON: u8 = 1;
const ORGANISATION: u8 = 2;

#[derive(Default, Encode, Decode)]
#[cbor(map)]
struct OriginatorMirror<'b> {
    #[n(1)]
    kind: u8,
    #[n(2)]
    first_name: Option<&'b str>,
    #[n(3)]
    last_name: Option<&'b str>,
    /// The name of an organisation.
    #[n(4)]
    name: Option<&'b str>,
    #[n(5)]
    date_of_birth: Option<&'b str>,
    #[n(6)]
    organisation_number: Option<&'b str>,
    #[n(7)]
    address: Option<&'b str>,
    #[n(8)]
    country: Option<&'b str>,
    #[n(9)]
    customer_id: Option<&'b str>,
}

impl<'b> From<&'b Originator> for OriginatorMirror<'b> {
    fn from(originator: &'b Originator) -> Self {
        let party = match &originator.party {
            Party::Person { first_name, last_name, date_of_birth } => Self {
                kind: PERSON,
                first_name: Some(first_name.reveal()),
                last_name: Some(last_name.reveal()),
                date_of_birth: date_of_birth.as_ref().map(DateOfBirth::reveal),
                ..Self::default()
            },
            Party::Organisation { name, organisation_number } => Self {
                kind: ORGANISATION,
                name: Some(name.reveal()),
                organisation_number: organisation_number.as_ref().map(NationalId::reveal),
                ..Self::default()
            },
        };
        Self {
            address: originator.address.as_ref().map(Address::reveal),
            country: originator.country.as_ref().map(Country::as_str),
            customer_id: originator.customer_id.as_ref().map(PartyId::reveal),
            ..party
        }
    }
}

impl TryFrom<OriginatorMirror<'_>> for Originator {
    type Error = CodecError;

    fn try_from(mirror: OriginatorMirror<'_>) -> Result<Self, CodecError> {
        let party = match mirror.kind {
            PERSON => Party::Person {
                first_name: name(mirror.first_name, "parties.originator.first_name")?,
                last_name: name(mirror.last_name, "parties.originator.last_name")?,
                date_of_birth: optional_personal(
                    mirror.date_of_birth,
                    "parties.originator.date_of_birth",
                )?,
            },
            ORGANISATION => Party::Organisation {
                name: name(mirror.name, "parties.originator.name")?,
                organisation_number: optional_personal(
                    mirror.organisation_number,
                    "parties.originator.organisation_number",
                )?,
            },
            _ => return Err(CodecError::Malformed("parties.originator.kind")),
        };
        let country = mirror.country.map(Country::parse).transpose();
        Ok(Self {
            party,
            address: optional_personal(mirror.address, "parties.originator.address")?,
            country: country.map_err(malformed("parties.originator.country"))?,
            customer_id: optional_personal(mirror.customer_id, "parties.originator.customer_id")?,
        })
    }
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct SubMerchantMirror<'b> {
    #[n(1)]
    name: &'b str,
    #[n(2)]
    url: &'b str,
    #[n(3)]
    category: &'b str,
}

impl<'b> From<&'b SubMerchant> for SubMerchantMirror<'b> {
    fn from(merchant: &'b SubMerchant) -> Self {
        Self {
            name: merchant.name.reveal(),
            url: merchant.url.reveal(),
            category: merchant.category.as_str(),
        }
    }
}

impl TryFrom<SubMerchantMirror<'_>> for SubMerchant {
    type Error = CodecError;

    fn try_from(mirror: SubMerchantMirror<'_>) -> Result<Self, CodecError> {
        let url = WebAddress::parse(mirror.url);
        let category = CategoryCode::parse(mirror.category);
        Ok(Self {
            name: name(Some(mirror.name), "parties.sub_merchant.name")?,
            url: url.map_err(malformed("parties.sub_merchant.url"))?,
            category: category.map_err(malformed("parties.sub_merchant.category"))?,
        })
    }
}

fn name(text: Option<&str>, field: &'static str) -> Result<HolderName, CodecError> {
    HolderName::parse(required(text, field)?).map_err(malformed(field))
}
