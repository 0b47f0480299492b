//! Requests and bank details that several scenarios use.

use api::v1::account_holder::Holder;
use api::v1::bank_account::Form;
use api::v1::{
    AccountHolder, BankAccount, BankDetails, CancelPayoutRequest, CreatePayoutRequest,
    EventSelector, EventStart, LocalAccount, PayoutIds, PersonName, cancel_payout_request,
    create_payout_request, event_selector, event_start,
};

use crate::world::{EU, request};

pub(crate) const IBAN: &str = "DE75512108001245126199";

/// A person's account by its IBAN, as a person would write it.
pub(crate) fn iban_of_a_person() -> BankDetails {
    details(Form::Iban("DE75 5121 0800 1245 1261 99".to_owned()), person("Åsa", "Öberg"))
}

pub(crate) fn iban_of_an_organisation() -> BankDetails {
    let holder = Holder::OrganisationName("Öberg & Söner AB".to_owned());
    details(Form::Iban(IBAN.to_owned()), holder)
}

pub(crate) fn swedish_account() -> BankDetails {
    details(local("SE", "6112", "69706212"), person("Åsa", "Öberg"))
}

pub(crate) fn local(country: &str, bank_number: &str, account_number: &str) -> Form {
    Form::Local(LocalAccount {
        country_code: country.to_owned(),
        bank_number: bank_number.to_owned(),
        account_number: account_number.to_owned(),
    })
}

pub(crate) fn person(first_name: &str, last_name: &str) -> Holder {
    Holder::Person(PersonName {
        first_name: first_name.to_owned(),
        last_name: last_name.to_owned(),
    })
}

pub(crate) fn details(form: Form, holder: Holder) -> BankDetails {
    BankDetails {
        account: Some(BankAccount { form: Some(form) }),
        holder: Some(AccountHolder { holder: Some(holder), ..AccountHolder::default() }),
    }
}

/// A payout straight to bank details.
pub(crate) fn to_bank_details(key: &str, details: BankDetails) -> CreatePayoutRequest {
    let destination = create_payout_request::Destination::BankDetails(Box::new(details));
    CreatePayoutRequest { destination: Some(destination), ..request(EU, key, "") }
}

/// A payout straight to a handle that the merchant has from the provider.
pub(crate) fn to_handle(merchant: &str, key: &str, handle: &str) -> CreatePayoutRequest {
    let destination = create_payout_request::Destination::ProviderHandle(handle.to_owned());
    CreatePayoutRequest { destination: Some(destination), ..request(merchant, key, "") }
}

pub(crate) fn cancel_by_key(merchant: &str, key: &str) -> CancelPayoutRequest {
    CancelPayoutRequest {
        merchant: merchant.to_owned(),
        payout: Some(cancel_payout_request::Payout::PayoutIdempotencyKey(key.to_owned())),
    }
}

pub(crate) fn cancel_by_id(merchant: &str, id: &str) -> CancelPayoutRequest {
    CancelPayoutRequest {
        merchant: merchant.to_owned(),
        payout: Some(cancel_payout_request::Payout::PayoutId(id.to_owned())),
    }
}

/// The events of one payout.
pub(crate) fn of_payout(id: &str) -> Option<EventSelector> {
    let ids = PayoutIds { ids: vec![id.to_owned()] };
    Some(EventSelector { selector: Some(event_selector::Selector::Payouts(ids)) })
}

/// The events of one customer.
pub(crate) fn of_customer(customer: &str) -> Option<EventSelector> {
    let customer = event_selector::Selector::Customer(customer.to_owned());
    Some(EventSelector { selector: Some(customer) })
}

/// All events of a merchant.
pub(crate) fn of_merchant() -> Option<EventSelector> {
    Some(EventSelector { selector: Some(event_selector::Selector::EntireMerchant(())) })
}

pub(crate) fn from_beginning() -> Option<EventStart> {
    Some(EventStart { start: Some(event_start::Start::Beginning(())) })
}

pub(crate) fn from_now() -> Option<EventStart> {
    Some(EventStart { start: Some(event_start::Start::Now(())) })
}

pub(crate) fn from_cursor(cursor: &str) -> Option<EventStart> {
    Some(EventStart { start: Some(event_start::Start::Cursor(cursor.to_owned())) })
}
