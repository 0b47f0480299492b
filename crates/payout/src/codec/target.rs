//! Where a payout goes, secrets included, in bytes that the caller seals.

use minicbor::{Decode, Encode};

use crate::bank::{
    Account, BankDetails, Country, Holder, HolderName, Iban, LocalNumber, Particulars,
    PostalAddress,
};
use crate::codec::CodecError;
use crate::codec::field::{malformed, name, required};
use crate::codec::personal::optional_personal;
use crate::order::{RawHandle, TargetRequest};

/// Longer than the longest target: two names and three lines of an address of 140 characters, each
/// of four bytes, two numbers of 34, an e-mail address of 254, and a hundred bytes of short texts
/// and framing.
pub(super) const TARGET_LENGTH_MAX: usize = 3328;

/// The stored kinds of target; each uses one of the other keys.
const DESTINATION: u8 = 1;
const BANK_ACCOUNT: u8 = 2;
const PROVIDER_HANDLE: u8 = 3;

#[derive(Default, Encode, Decode)]
#[cbor(map)]
pub(super) struct TargetRequestMirror<'b> {
    #[n(1)]
    kind: u8,
    #[n(2)]
    destination: Option<&'b str>,
    #[b(3)]
    account: Option<AccountMirror<'b>>,
    #[b(4)]
    holder: Option<HolderMirror<'b>>,
    #[n(5)]
    handle: Option<&'b str>,
    #[b(6)]
    particulars: Option<ParticularsMirror<'b>>,
}

impl<'b> From<&'b TargetRequest> for TargetRequestMirror<'b> {
    fn from(target: &'b TargetRequest) -> Self {
        let plain = |kind| Self { kind, ..Self::default() };
        match target {
            TargetRequest::Destination(id) => {
                Self { destination: Some(id.as_str()), ..plain(DESTINATION) }
            }
            TargetRequest::BankAccount(BankDetails { account, holder, particulars }) => Self {
                account: Some(account.into()),
                holder: Some(holder.into()),
                particulars: match particulars.given().is_empty() {
                    true => None,
                    false => Some(particulars.as_ref().into()),
                },
                ..plain(BANK_ACCOUNT)
            },
            TargetRequest::ProviderHandle(handle) => {
                Self { handle: Some(handle.reveal()), ..plain(PROVIDER_HANDLE) }
            }
        }
    }
}

impl TryFrom<TargetRequestMirror<'_>> for TargetRequest {
    type Error = CodecError;

    fn try_from(mirror: TargetRequestMirror<'_>) -> Result<Self, CodecError> {
        match mirror.kind {
            DESTINATION => {
                const FIELD: &str = "target.destination";
                Ok(Self::Destination(name(required(mirror.destination, FIELD)?, FIELD)?))
            }
            BANK_ACCOUNT => {
                let account = required(mirror.account, "target.account")?.try_into()?;
                let holder = required(mirror.holder, "target.holder")?.try_into()?;
                let particulars = mirror.particulars.map(Particulars::try_from).transpose()?;
                let particulars = Box::new(particulars.unwrap_or_default());
                Ok(Self::BankAccount(BankDetails { account, holder, particulars }))
            }
            PROVIDER_HANDLE => {
                const FIELD: &str = "target.handle";
                let handle = RawHandle::parse(required(mirror.handle, FIELD)?);
                Ok(Self::ProviderHandle(handle.map_err(malformed(FIELD))?))
            }
            _ => Err(CodecError::Malformed("target.kind")),
        }
    }
}

/// The stored kinds of account.
const IBAN: u8 = 1;
const LOCAL: u8 = 2;

#[derive(Default, Encode, Decode)]
#[cbor(map)]
struct AccountMirror<'b> {
    #[n(1)]
    kind: u8,
    #[n(2)]
    iban: Option<&'b str>,
    #[n(3)]
    country: Option<&'b str>,
    #[n(4)]
    bank_number: Option<&'b str>,
    #[n(5)]
    account_number: Option<&'b str>,
}

impl<'b> From<&'b Account> for AccountMirror<'b> {
    fn from(account: &'b Account) -> Self {
        match account {
            Account::Iban(iban) => {
                Self { kind: IBAN, iban: Some(iban.reveal()), ..Self::default() }
            }
            Account::Local { country, bank_number, account_number } => Self {
                kind: LOCAL,
                iban: None,
                country: Some(country.as_str()),
                bank_number: Some(bank_number.reveal()),
                account_number: Some(account_number.reveal()),
            },
        }
    }
}

impl TryFrom<AccountMirror<'_>> for Account {
    type Error = CodecError;

    fn try_from(mirror: AccountMirror<'_>) -> Result<Self, CodecError> {
        match mirror.kind {
            IBAN => {
                const FIELD: &str = "target.account.iban";
                let iban = Iban::parse(required(mirror.iban, FIELD)?);
                Ok(Self::Iban(iban.map_err(malformed(FIELD))?))
            }
            LOCAL => {
                const COUNTRY: &str = "target.account.country";
                let country = Country::parse(required(mirror.country, COUNTRY)?);
                Ok(Self::Local {
                    country: country.map_err(malformed(COUNTRY))?,
                    bank_number: number(mirror.bank_number, "target.account.bank_number")?,
                    account_number: number(mirror.account_number, "target.account.account_number")?,
                })
            }
            _ => Err(CodecError::Malformed("target.account.kind")),
        }
    }
}

fn number(text: Option<&str>, field: &'static str) -> Result<LocalNumber, CodecError> {
    LocalNumber::parse(required(text, field)?).map_err(malformed(field))
}

/// The stored kinds of holder.
const PERSON: u8 = 1;
const ORGANISATION: u8 = 2;

#[derive(Default, Encode, Decode)]
#[cbor(map)]
struct HolderMirror<'b> {
    #[n(1)]
    kind: u8,
    #[n(2)]
    first_name: Option<&'b str>,
    #[n(3)]
    last_name: Option<&'b str>,
    /// The name of an organisation.
    #[n(4)]
    name: Option<&'b str>,
}

impl<'b> From<&'b Holder> for HolderMirror<'b> {
    fn from(holder: &'b Holder) -> Self {
        match holder {
            Holder::Person { first_name, last_name } => Self {
                kind: PERSON,
                first_name: Some(first_name.reveal()),
                last_name: Some(last_name.reveal()),
                name: None,
            },
            Holder::Organisation { name } => {
                Self { kind: ORGANISATION, name: Some(name.reveal()), ..Self::default() }
            }
        }
    }
}

impl TryFrom<HolderMirror<'_>> for Holder {
    type Error = CodecError;

    fn try_from(mirror: HolderMirror<'_>) -> Result<Self, CodecError> {
        match mirror.kind {
            PERSON => Ok(Self::Person {
                first_name: holder_name(mirror.first_name, "target.holder.first_name")?,
                last_name: holder_name(mirror.last_name, "target.holder.last_name")?,
            }),
            ORGANISATION => {
                Ok(Self::Organisation { name: holder_name(mirror.name, "target.holder.name")? })
            }
            _ => Err(CodecError::Malformed("target.holder.kind")),
        }
    }
}

fn holder_name(text: Option<&str>, field: &'static str) -> Result<HolderName, CodecError> {
    HolderName::parse(required(text, field)?).map_err(malformed(field))
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct ParticularsMirror<'b> {
    #[n(1)]
    country: Option<&'b str>,
    #[n(2)]
    postal_code: Option<&'b str>,
    #[n(3)]
    city: Option<&'b str>,
    #[n(4)]
    line_1: Option<&'b str>,
    #[n(5)]
    line_2: Option<&'b str>,
    #[n(6)]
    date_of_birth: Option<&'b str>,
    #[n(7)]
    mobile_phone: Option<&'b str>,
    #[n(8)]
    email: Option<&'b str>,
    #[n(9)]
    national_id: Option<&'b str>,
}

impl<'b> From<&'b Particulars> for ParticularsMirror<'b> {
    fn from(particulars: &'b Particulars) -> Self {
        let given = particulars.given();
        let at = |path| given.iter().find(|(name, _)| *name == path).map(|(_, value)| *value);
        Self {
            country: at("address.country_code"),
            postal_code: at("address.postal_code"),
            city: at("address.city"),
            line_1: at("address.line_1"),
            line_2: at("address.line_2"),
            date_of_birth: at("date_of_birth"),
            mobile_phone: at("mobile_phone"),
            email: at("email"),
            national_id: at("national_id"),
        }
    }
}

impl TryFrom<ParticularsMirror<'_>> for Particulars {
    type Error = CodecError;

    fn try_from(mirror: ParticularsMirror<'_>) -> Result<Self, CodecError> {
        let country = mirror.country.map(Country::parse).transpose();
        let address = PostalAddress {
            country: country.map_err(malformed("target.holder.country"))?,
            postal_code: optional_personal(mirror.postal_code, "target.holder.postal_code")?,
            city: optional_personal(mirror.city, "target.holder.city")?,
            line_1: optional_personal(mirror.line_1, "target.holder.line_1")?,
            line_2: optional_personal(mirror.line_2, "target.holder.line_2")?,
        };
        Ok(Self {
            address,
            date_of_birth: optional_personal(mirror.date_of_birth, "target.holder.date_of_birth")?,
            mobile_phone: optional_personal(mirror.mobile_phone, "target.holder.mobile_phone")?,
            email: optional_personal(mirror.email, "target.holder.email")?,
            national_id: optional_personal(mirror.national_id, "target.holder.national_id")?,
        })
    }
}
