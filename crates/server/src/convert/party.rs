//! On whose behalf a payout is made, as callers say it. It goes in and never comes out again.

use api::v1;
use payout::bank::{Country, HolderName};
use payout::party::{CategoryCode, Originator, Parties, Party, SubMerchant, WebAddress};
use payout::personal::Personal;

use super::bank::name;
use super::fields::Fields;

/// The parties of a request, or notes of what is wrong with them.
pub(super) fn parties(
    fields: &mut Fields,
    originator: Option<&v1::Originator>,
    sub_merchant: Option<&v1::SubMerchant>,
) -> Option<Parties> {
    let originator = match originator {
        Some(given) => self::originator(fields, given).map(Some),
        None => Some(None),
    };
    let sub_merchant = match sub_merchant {
        Some(given) => self::sub_merchant(fields, given).map(Some),
        None => Some(None),
    };
    Some(Parties { originator: originator?, sub_merchant: sub_merchant? })
}

fn originator(fields: &mut Fields, given: &v1::Originator) -> Option<Originator> {
    let party = party(fields, given);
    Some(Originator {
        address: fields.optional("originator.address", &given.address, Personal::parse),
        country: fields.optional("originator.country_code", &given.country_code, Country::parse),
        customer_id: fields.optional("originator.customer_id", &given.customer_id, Personal::parse),
        party: party?,
    })
}

fn party(fields: &mut Fields, given: &v1::Originator) -> Option<Party> {
    use v1::originator::Party as Given;
    const BORN: &str = "originator.date_of_birth";
    const NUMBER: &str = "originator.organisation_number";
    let date_of_birth = fields.optional(BORN, &given.date_of_birth, Personal::parse);
    let organisation_number = fields.optional(NUMBER, &given.organisation_number, Personal::parse);
    match &given.party {
        Some(Given::Person(person)) => {
            if !given.organisation_number.is_empty() {
                fields.wrong(NUMBER, "is for organisations; leave it out for a person");
            }
            let first = fields.parsed("originator.person.first_name", name(&person.first_name));
            let last = fields.parsed("originator.person.last_name", name(&person.last_name));
            Some(Party::Person { first_name: first?, last_name: last?, date_of_birth })
        }
        Some(Given::OrganisationName(text)) => {
            if !given.date_of_birth.is_empty() {
                fields.wrong(BORN, "is for persons; leave it out for an organisation");
            }
            let name = fields.parsed("originator.organisation_name", HolderName::parse(text));
            Some(Party::Organisation { name: name?, organisation_number })
        }
        None => {
            fields.wrong("originator.party", "is required: name a person or an organisation");
            None
        }
    }
}

pub(super) fn sub_merchant(fields: &mut Fields, given: &v1::SubMerchant) -> Option<SubMerchant> {
    let name = fields.parsed("sub_merchant.name", HolderName::parse(&given.name));
    let url = fields.parsed("sub_merchant.url", WebAddress::parse(&given.url));
    let category = CategoryCode::parse(&given.merchant_category_code);
    let category = fields.parsed("sub_merchant.merchant_category_code", category);
    Some(SubMerchant { name: name?, url: url?, category: category? })
}
