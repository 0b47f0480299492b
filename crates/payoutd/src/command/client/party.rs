//! On whose behalf a payout is made, as flags.

use api::v1::originator::Party;
use api::v1::{Originator, PersonName, SubMerchant};

use crate::command::Usage;

const ORIGINATOR_NAME: &str = "name the originator: --originator-first-name with \
    --originator-last-name, or --originator-organisation, and not both";

/// Who the money comes from, and the shop that the customer deals with.
#[derive(clap::Args)]
pub(crate) struct PartyArgs {
    /// The given names of the person that the money comes from.
    #[arg(long, requires = "originator_last_name")]
    originator_first_name: Option<String>,
    /// Its family name.
    #[arg(long, requires = "originator_first_name")]
    originator_last_name: Option<String>,
    /// The name of the organisation that the money comes from.
    #[arg(long, conflicts_with = "originator_first_name")]
    originator_organisation: Option<String>,
    /// The originator's address in one text.
    #[arg(long)]
    originator_address: Option<String>,
    /// The country of that address, such as SE.
    #[arg(long)]
    originator_country: Option<String>,
    /// The originator's stable name in the books of its payment provider.
    #[arg(long)]
    originator_customer_id: Option<String>,
    /// A person's day of birth, such as 1990-03-31.
    #[arg(long)]
    originator_date_of_birth: Option<String>,
    /// An organisation's registered number.
    #[arg(long)]
    originator_organisation_number: Option<String>,
    /// The name of the shop that the customer deals with.
    #[arg(long, requires_all = ["shop_url", "shop_category"])]
    shop_name: Option<String>,
    /// Its website.
    #[arg(long, requires = "shop_name")]
    shop_url: Option<String>,
    /// Its merchant category code.
    #[arg(long, requires = "shop_name")]
    shop_category: Option<String>,
}

impl PartyArgs {
    /// The parties that were named. What is missing in them the server names.
    pub(super) fn parties(self) -> Result<(Option<Originator>, Option<SubMerchant>), Usage> {
        let sub_merchant = self.shop_name.map(|name| SubMerchant {
            name,
            url: self.shop_url.unwrap_or_default(),
            merchant_category_code: self.shop_category.unwrap_or_default(),
        });
        let others = [
            &self.originator_address,
            &self.originator_country,
            &self.originator_customer_id,
            &self.originator_date_of_birth,
            &self.originator_organisation_number,
        ];
        let is_described = others.iter().any(|given| given.is_some());
        let names = (self.originator_first_name, self.originator_last_name);
        let party = match (names, self.originator_organisation) {
            (_, Some(name)) => Party::OrganisationName(name),
            ((Some(first_name), Some(last_name)), None) => {
                Party::Person(PersonName { first_name, last_name })
            }
            _ if is_described => return Err(Usage(ORIGINATOR_NAME.to_owned())),
            _ => return Ok((None, sub_merchant)),
        };
        let originator = Originator {
            party: Some(party),
            address: self.originator_address.unwrap_or_default(),
            country_code: self.originator_country.unwrap_or_default(),
            customer_id: self.originator_customer_id.unwrap_or_default(),
            date_of_birth: self.originator_date_of_birth.unwrap_or_default(),
            organisation_number: self.originator_organisation_number.unwrap_or_default(),
        };
        Ok((Some(originator), sub_merchant))
    }
}
