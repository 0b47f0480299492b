//! What each idempotency key stands for. Every caller that draws a key asks for the same contents,
//! or, on purpose, for other ones.

use std::time::{Duration, SystemTime};

use api::v1::create_payout_request::Destination;
use api::v1::{
    AccountHolder, BankAccount, BankDetails, CreatePayoutRequest, Money, PersonName,
    account_holder, bank_account,
};
use prost_types::Timestamp;

use super::rng::Rng;
use crate::world::{EU, World};

/// Customers of one merchant, each with a stored destination.
const CUSTOMERS: u64 = 3;

/// Where one merchant's customers can be paid.
pub(super) struct Targets {
    pub(super) merchant: &'static str,
    /// By customer: a stored destination, and the provider's own handle.
    stored: Vec<(String, String)>,
}

impl Targets {
    pub(super) async fn prepare(world: &World, merchant: &'static str) -> Self {
        let mut stored = Vec::new();
        for number in 0..CUSTOMERS {
            let customer = customer(number);
            let handle = match merchant {
                EU => "1234567890".to_owned(),
                _ => world.authorization(&customer).await,
            };
            let id = world.import(merchant, &customer, &handle).await;
            stored.push((id, handle));
        }
        Self { merchant, stored }
    }

    /// The customers that were prepared.
    pub(super) fn customers() -> impl Iterator<Item = String> {
        (0..CUSTOMERS).map(customer)
    }

    /// What the key of this number stands for; `other` contents differ in the amount.
    pub(super) fn request(
        &self,
        number: u64,
        contents: Contents,
        submit_before: Option<Timestamp>,
    ) -> CreatePayoutRequest {
        let (id, handle) = &self.stored[usize::try_from(number % CUSTOMERS).unwrap()];
        let destination = match (number % 5, self.merchant) {
            (0, EU) => Destination::BankDetails(Box::new(bank_details())),
            (1, _) => Destination::ProviderHandle(handle.clone()),
            _ => Destination::DestinationId(id.clone()),
        };
        let currency_code = if self.merchant == EU { "EUR" } else { "USD" }.to_owned();
        let minor_units = amount(number, contents);
        CreatePayoutRequest {
            merchant: self.merchant.to_owned(),
            idempotency_key: key(number),
            customer: customer(number % CUSTOMERS),
            amount: Some(Money { currency_code, minor_units }),
            destination: Some(destination),
            submit_before,
            ..CreatePayoutRequest::default()
        }
    }
}

/// Which contents a call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Contents {
    Usual,
    Other,
    /// No such payout can be made.
    Invalid,
}

pub(super) fn key(number: u64) -> String {
    format!("key-{number}")
}

/// The amount tells the contents apart, in every answer and in the provider's ledger.
pub(super) fn amount(number: u64, contents: Contents) -> i64 {
    let usual = 1000 + 2 * i64::try_from(number).unwrap();
    match contents {
        Contents::Usual => usual,
        Contents::Other => usual + 1,
        Contents::Invalid => -1,
    }
}

/// Some payouts must be sent soon or not at all. Decided when the key is first drawn, because every
/// repetition has to say the same.
pub(super) fn submit_before(rng: &mut Rng) -> Option<Timestamp> {
    if !rng.percent(8) {
        return None;
    }
    let limit = SystemTime::now() + Duration::from_millis(rng.below(3000));
    let since = limit.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let nanos = i32::try_from(since.subsec_millis()).unwrap() * 1_000_000;
    Some(Timestamp { seconds: since.as_secs().try_into().unwrap(), nanos })
}

fn customer(number: u64) -> String {
    format!("customer-{number}")
}

fn bank_details() -> BankDetails {
    let iban = "DE89370400440532013000".to_owned();
    let name = PersonName { first_name: "Ada".to_owned(), last_name: "Byron".to_owned() };
    BankDetails {
        account: Some(BankAccount { form: Some(bank_account::Form::Iban(iban)) }),
        holder: Some(AccountHolder {
            holder: Some(account_holder::Holder::Person(name)),
            ..AccountHolder::default()
        }),
    }
}
