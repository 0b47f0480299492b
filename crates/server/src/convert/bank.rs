//! Bank details as callers give them. They go in and never come out again.

use api::v1;
use payout::bank::{
    Account, BankDetails, Country, Holder, HolderName, Iban, LocalNumber, Particulars,
    PostalAddress,
};
use payout::personal::{Personal, kind};
use payout::text::{Invalid, Shape};

use super::fields::Fields;

/// Longest bank number, without spaces and hyphens, as the API promises.
const BANK_NUMBER_LENGTH_MAX: usize = 16;

/// Longest part of a person's name, in characters, as the API promises.
const PERSON_NAME_LENGTH_MAX: usize = 70;

/// The field that holds bank details, in every request that has them.
const DETAILS: &str = "bank_details";

/// The field in them that holds the holder.
const HOLDER: &str = "bank_details.holder";

/// The account and holder, or notes of what is wrong with them.
pub(super) fn bank_details(
    fields: &mut Fields,
    details: Option<&v1::BankDetails>,
) -> Option<BankDetails> {
    let Some(details) = details else {
        fields.wrong(DETAILS, "is required");
        return None;
    };
    let account = account(fields, details.account.as_ref());
    let Some(given) = &details.holder else {
        fields.wrong(HOLDER, "is required: name a person or an organisation");
        return None;
    };
    let (holder, particulars) = holder(fields, HOLDER, given);
    Some(BankDetails { account: account?, holder: holder?, particulars })
}

fn account(fields: &mut Fields, account: Option<&v1::BankAccount>) -> Option<Account> {
    match account.and_then(|account| account.form.as_ref()) {
        Some(v1::bank_account::Form::Iban(iban)) => {
            let iban = fields.parsed(path("account.iban"), Iban::parse(iban))?;
            Some(Account::Iban(iban))
        }
        Some(v1::bank_account::Form::Local(local)) => local_account(fields, local),
        None => {
            fields.wrong(path("account"), "is required: give an iban or a local account");
            None
        }
    }
}

fn local_account(fields: &mut Fields, local: &v1::LocalAccount) -> Option<Account> {
    let v1::LocalAccount { country_code, bank_number, account_number } = local;
    let country = fields.parsed(path("account.local.country_code"), Country::parse(country_code));
    let bank_number = fields.parsed(path("account.local.bank_number"), parse_bank(bank_number));
    let account_number =
        fields.parsed(path("account.local.account_number"), LocalNumber::parse(account_number));
    let (country, bank_number) = (country?, bank_number?);
    Some(Account::Local { country, bank_number, account_number: account_number? })
}

/// Bank numbers have digits only and are shorter than account numbers.
fn parse_bank(text: &str) -> Result<LocalNumber, Invalid> {
    const SHAPE: Shape = Shape {
        length_max: BANK_NUMBER_LENGTH_MAX,
        allowed: |c| c.is_ascii_digit(),
        alphabet: "digits, spaces and hyphens",
    };
    let number = LocalNumber::parse(text)?;
    SHAPE.check(number.reveal())?;
    Ok(number)
}

/// The holder that is at `at`, and what is known beside the name; what is wrong is noted.
pub(super) fn holder(
    fields: &mut Fields,
    at: &str,
    given: &v1::AccountHolder,
) -> (Option<Holder>, Box<Particulars>) {
    let organisation =
        matches!(given.holder, Some(v1::account_holder::Holder::OrganisationName(_)));
    if organisation && !given.date_of_birth.is_empty() {
        let why = "is for persons; leave it out for an organisation";
        fields.wrong(format!("{at}.date_of_birth"), why);
    }
    let holder = named(fields, at, given.holder.as_ref());
    let mut fields = At { fields, at };
    let particulars = Particulars {
        address: given
            .address
            .as_ref()
            .map_or_else(PostalAddress::default, |it| fields.address(it)),
        date_of_birth: fields.personal("date_of_birth", &given.date_of_birth),
        mobile_phone: fields.personal("mobile_phone", &given.mobile_phone),
        email: fields.personal("email", &given.email),
        national_id: fields.personal("national_id", &given.national_id),
    };
    (holder, Box::new(particulars))
}

fn named(
    fields: &mut Fields,
    at: &str,
    holder: Option<&v1::account_holder::Holder>,
) -> Option<Holder> {
    match holder {
        Some(v1::account_holder::Holder::Person(person)) => {
            let first = format!("{at}.person.first_name");
            let first = fields.parsed(first, name(&person.first_name));
            let last = format!("{at}.person.last_name");
            let last = fields.parsed(last, name(&person.last_name));
            Some(Holder::Person { first_name: first?, last_name: last? })
        }
        Some(v1::account_holder::Holder::OrganisationName(text)) => {
            let path = format!("{at}.organisation_name");
            let name = fields.parsed(path, HolderName::parse(text))?;
            Some(Holder::Organisation { name })
        }
        None => {
            fields.wrong(at, "is required: name a person or an organisation");
            None
        }
    }
}

/// Fields below a path.
struct At<'f> {
    fields: &'f mut Fields,
    at: &'f str,
}

impl At<'_> {
    fn address(&mut self, given: &v1::PostalAddress) -> PostalAddress {
        let country = format!("{}.address.country_code", self.at);
        PostalAddress {
            country: self.fields.optional(country, &given.country_code, Country::parse),
            postal_code: self.personal("address.postal_code", &given.postal_code),
            city: self.personal("address.city", &given.city),
            line_1: self.personal("address.line_1", &given.line_1),
            line_2: self.personal("address.line_2", &given.line_2),
        }
    }

    fn personal<K: kind::Kind>(&mut self, rest: &str, text: &str) -> Option<Personal<K>> {
        self.fields.optional(format!("{}.{rest}", self.at), text, Personal::parse)
    }
}

/// A part of a person's name, which the API keeps shorter than that of an organisation.
pub(super) fn name(text: &str) -> Result<HolderName, Invalid> {
    const SHAPE: Shape = Shape {
        length_max: PERSON_NAME_LENGTH_MAX,
        allowed: |_| true,
        alphabet: "printable characters",
    };
    let name = HolderName::parse(text)?;
    SHAPE.check(name.reveal())?;
    Ok(name)
}

fn path(rest: &str) -> String {
    format!("{DETAILS}.{rest}")
}
