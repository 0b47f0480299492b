//! What a merchant's contract with Trustly demands of each payout beyond what is always demanded
//! (AccountPayout page), and the parties of a payout in Trustly's terms.

use payout::bank::Country;
use payout::party::{CategoryCode, Originator, Parties, Party, SubMerchant};
use payout::personal::{Address, DateOfBirth, NationalId, PartyId};
use payout::port::{Unfit, UnfitKind};

use super::wire::request;

/// The kind of merchant that Trustly knows us as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Profile {
    /// Pays its own money to its own customers.
    #[default]
    Standard,
    /// Sends money on behalf of payers: remittance, prepaid cards, and e-wallets that are not used
    /// in a merchant's checkout.
    TransferService,
    /// A partner under Express Merchant Onboarding, with a master processing account.
    EmoPartner,
    /// An e-wallet used in a merchant's checkout.
    EWallet,
}

impl Profile {
    /// The paths of the fields that payouts of such a merchant must have, sorted.
    #[must_use]
    pub fn required_fields(self) -> Vec<&'static str> {
        let mut fields = Vec::new();
        if self.needs_originator() {
            fields.extend([ORIGINATOR, ADDRESS, COUNTRY]);
        }
        if self.needs_sub_merchant() {
            fields.push(SUB_MERCHANT);
        }
        fields
    }

    fn needs_originator(self) -> bool {
        match self {
            Self::Standard => false,
            Self::TransferService | Self::EmoPartner | Self::EWallet => true,
        }
    }

    fn needs_sub_merchant(self) -> bool {
        match self {
            Self::Standard | Self::TransferService => false,
            Self::EmoPartner | Self::EWallet => true,
        }
    }
}

const ORIGINATOR: &str = "originator";
const ADDRESS: &str = "originator.address";
const COUNTRY: &str = "originator.country_code";
const SUB_MERCHANT: &str = "sub_merchant";

/// Says which part is missing. An originator that is named at all needs an address and a country:
/// Trustly refuses SenderInformation without them.
pub(super) fn check(profile: Profile, parties: &Parties) -> Result<(), Unfit> {
    match &parties.originator {
        None if profile.needs_originator() => return Err(missing(ORIGINATOR)),
        None => {}
        Some(Originator { address: None, .. }) => return Err(missing(ADDRESS)),
        Some(Originator { country: None, .. }) => return Err(missing(COUNTRY)),
        Some(_) => {}
    }
    match parties.sub_merchant {
        None if profile.needs_sub_merchant() => Err(missing(SUB_MERCHANT)),
        None | Some(_) => Ok(()),
    }
}

fn missing(field: &'static str) -> Unfit {
    let why = match field {
        ADDRESS | COUNTRY => "is required of every originator in this region",
        _ => "is required by this merchant's contract with the provider",
    };
    Unfit { field, why: why.to_owned(), kind: UnfitKind::Invalid }
}

/// SenderInformation; what is missing of it is an empty text, which [`check`] does not let pass.
pub(super) fn sender(originator: &Originator) -> request::Sender<'_> {
    let (party, date_of_birth) = match &originator.party {
        Party::Person { first_name, last_name, date_of_birth } => (
            request::Party::Person {
                first_name: first_name.reveal(),
                last_name: last_name.reveal(),
            },
            date_of_birth.as_ref().map(DateOfBirth::reveal),
        ),
        Party::Organisation { name, organisation_number } => (
            request::Party::Organisation { name: name.reveal() },
            organisation_number.as_ref().map(NationalId::reveal),
        ),
    };
    request::Sender {
        party,
        address: originator.address.as_ref().map_or("", Address::reveal),
        country_code: originator.country.as_ref().map_or("", Country::as_str),
        customer_id: originator.customer_id.as_ref().map(PartyId::reveal),
        date_of_birth,
    }
}

/// The three PSP attributes.
pub(super) fn sub_merchant(shop: &SubMerchant) -> request::SubMerchant<'_> {
    request::SubMerchant {
        name: shop.name.reveal(),
        url: shop.url.reveal(),
        category_code: CategoryCode::as_str(&shop.category),
    }
}
