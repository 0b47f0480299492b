//! What happens in the demo, the same in each region: a completed payout, a refused one, a returned
//! one, a lost reply that recovers, a replayed key, a reused key, and a fenced one.

use std::time::Duration;

use api::v1::account_holder::Holder;
use api::v1::bank_account::Form;
use api::v1::destinations_client::DestinationsClient;
use api::v1::payouts_client::PayoutsClient;
use api::v1::watch_payouts_response::Message;
use api::v1::{
    AccountHolder, BankAccount, BankDetails, CancelPayoutRequest, CreatePayoutRequest,
    EventSelector, EventStart, GetPayoutRequest, ImportDestinationRequest, Money, Payout,
    PayoutState, PersonName, RegisterDestinationRequest, WaitUntil, WatchPayoutsRequest,
    cancel_payout_request, create_payout_request, event_selector, event_start, get_payout_request,
};
use payout::id::{IdempotencyKey, Merchant};
use payout::identity::payout_id;
use reqwest::Method;
use serde_json::{Value, json};
use tonic::transport::Channel;
use tonic_types::StatusExt;

use super::region::Region;
use super::table::Row;
use super::world::World;
use crate::command::Failure;
use crate::command::client::failure::explain;
use crate::command::client::{Output, show};
use crate::command::terminal::announce;

/// How long a payout is given to reach its end. Far longer than it takes: a slow machine must not
/// make the demo lie.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(50);

/// A payout of the story and how it is to end.
struct Case {
    name: &'static str,
    minor_units: i64,
    fault: Option<Value>,
    ends: PayoutState,
    movements: usize,
}

/// Tells the story of one region and returns its rows of the table.
pub(super) async fn tell(world: &World, region: Region) -> Result<Vec<Row>, Failure> {
    let mut teller = Teller::new(world, region).await?;
    let destination = teller.destination().await?;
    let watching = tokio::spawn(print_events(world.channel().await?, region));
    let mut rows = Vec::new();
    for case in cases(region) {
        rows.push(teller.pay(&case, &destination).await?);
    }
    rows.push(teller.replay(&destination).await?);
    rows.push(teller.reuse(&destination).await?);
    rows.push(teller.fence(&destination).await?);
    // Events that were recorded last are still on their way.
    tokio::time::sleep(PAUSE).await;
    watching.abort();
    Ok(rows)
}

fn cases(region: Region) -> [Case; 4] {
    let fault = |name: &str| json!({ "fault": name, "on": region.pay() });
    [
        Case {
            name: "completed",
            minor_units: 2500,
            fault: None,
            ends: PayoutState::Completed,
            movements: 1,
        },
        Case {
            name: "refused",
            minor_units: 1000,
            fault: Some(json!({
                "fault": "refuse", "on": region.pay(), "code": region.account_refused(),
            })),
            ends: PayoutState::Failed,
            movements: 0,
        },
        Case {
            name: "returned",
            minor_units: 4200,
            fault: Some(fault("credit_after_confirmation")),
            ends: PayoutState::Returned,
            movements: 1,
        },
        Case {
            name: "lost reply",
            minor_units: 9900,
            fault: Some(fault("lose_reply")),
            ends: PayoutState::Completed,
            movements: 1,
        },
    ]
}

/// What a call that is answered at once came to.
struct Answered {
    amount: String,
    expected: &'static str,
    got: String,
    movements: usize,
}

/// Who calls, in one region.
struct Teller<'a> {
    world: &'a World,
    region: Region,
    payouts: PayoutsClient<Channel>,
    destinations: DestinationsClient<Channel>,
}

impl<'a> Teller<'a> {
    async fn new(world: &'a World, region: Region) -> Result<Self, Failure> {
        let channel = world.channel().await?;
        let destinations = DestinationsClient::new(channel.clone());
        Ok(Self { world, region, payouts: PayoutsClient::new(channel), destinations })
    }

    /// A destination of the region's own kind: bank details that are registered, or a bank
    /// authorization that is imported.
    async fn destination(&mut self) -> Result<String, Failure> {
        let merchant = self.region.merchant().to_owned();
        let customer = "customer-1".to_owned();
        let made = match self.region {
            Region::Europe => {
                let person = PersonName { first_name: "Åsa".into(), last_name: "Öberg".into() };
                let bank_details = Some(BankDetails {
                    account: Some(BankAccount {
                        form: Some(Form::Iban("DE75 5121 0800 1245 1261 99".to_owned())),
                    }),
                    holder: Some(AccountHolder {
                        holder: Some(Holder::Person(person)),
                        ..AccountHolder::default()
                    }),
                });
                let request = RegisterDestinationRequest { merchant, customer, bank_details };
                let answer = self.destinations.register_destination(request).await;
                answer.map_err(|status| explain(&status))?.into_inner().destination
            }
            Region::Americas => {
                let body = json!({ "customer_id": customer });
                let made = self.world.control(Method::POST, "authorizations", body).await?;
                let provider_handle =
                    made["transaction_id"].as_str().unwrap_or_default().to_owned();
                let request = ImportDestinationRequest { merchant, customer, provider_handle };
                let answer = self.destinations.import_destination(request).await;
                answer.map_err(|status| explain(&status))?.into_inner().destination
            }
        };
        let made = made.unwrap_or_default();
        announce(format_args!(
            "destination {} ({})",
            made.id,
            show::plain(&show::destination(&made)["summary"]["masked_account"])
        ));
        Ok(made.id)
    }

    /// Pays one case and waits for its end.
    async fn pay(&mut self, case: &Case, destination: &str) -> Result<Row, Failure> {
        let key = self.key(case.name);
        if let Some(fault) = &case.fault {
            let mut rule = fault.clone();
            rule["region"] = json!(self.region.code());
            rule["reference"] = json!(self.payout_id(&key)?);
            rule["times"] = json!(1);
            self.world.control(Method::PUT, "faults", json!({ "rules": [rule] })).await?;
        }
        let request = self.request(&key, case.minor_units, destination);
        self.payouts.create_payout(request).await.map_err(|status| explain(&status))?;
        let payout = self.wait_for(&key, case.ends).await?;
        let row = Row {
            case: case.name,
            region: self.region.code(),
            amount: shown(&payout),
            expected: case.ends.as_str_name().replace("PAYOUT_STATE_", ""),
            got: payout.state().as_str_name().replace("PAYOUT_STATE_", ""),
            movements_expected: case.movements,
            movements: self.movements(&key).await?,
        };
        Ok(row)
    }

    /// The same call once more: the same payout, and no second movement.
    async fn replay(&mut self, destination: &str) -> Result<Row, Failure> {
        let key = self.key("completed");
        let request = self.request(&key, 2500, destination);
        let answer = self.payouts.create_payout(request).await;
        let answer = answer.map_err(|status| explain(&status))?.into_inner();
        let payout = answer.payout.clone().unwrap_or_default();
        let got = if answer.replayed { "the same payout" } else { "another payout" }.to_owned();
        let (amount, expected) = (shown(&payout), "the same payout");
        self.row("replayed key", &key, Answered { amount, expected, got, movements: 1 }).await
    }

    /// The same key for another amount.
    async fn reuse(&mut self, destination: &str) -> Result<Row, Failure> {
        let key = self.key("completed");
        let request = self.request(&key, 2600, destination);
        let got = reason(self.payouts.create_payout(request).await.err());
        let (amount, expected) = (show::amount(&self.money(2600)), "IDEMPOTENCY_KEY_REUSED");
        self.row("reused key", &key, Answered { amount, expected, got, movements: 1 }).await
    }

    /// A key that is cancelled before it was ever used.
    async fn fence(&mut self, destination: &str) -> Result<Row, Failure> {
        let key = self.key("fenced");
        let request = CancelPayoutRequest {
            merchant: self.region.merchant().to_owned(),
            payout: Some(cancel_payout_request::Payout::PayoutIdempotencyKey(key.clone())),
        };
        self.payouts.cancel_payout(request).await.map_err(|status| explain(&status))?;
        let request = self.request(&key, 5000, destination);
        let got = reason(self.payouts.create_payout(request).await.err());
        let (amount, expected) = (show::amount(&self.money(5000)), "KEY_FENCED");
        self.row("fenced key", &key, Answered { amount, expected, got, movements: 0 }).await
    }

    /// The row of a call that is answered at once.
    async fn row(&self, case: &'static str, key: &str, call: Answered) -> Result<Row, Failure> {
        Ok(Row {
            case,
            region: self.region.code(),
            amount: call.amount,
            expected: call.expected.to_owned(),
            got: call.got,
            movements_expected: call.movements,
            movements: self.movements(key).await?,
        })
    }

    fn request(&self, key: &str, minor_units: i64, destination: &str) -> CreatePayoutRequest {
        let destination = create_payout_request::Destination::DestinationId(destination.to_owned());
        CreatePayoutRequest {
            merchant: self.region.merchant().to_owned(),
            idempotency_key: key.to_owned(),
            customer: "customer-1".to_owned(),
            amount: Some(self.money(minor_units)),
            destination: Some(destination),
            wait_until: WaitUntil::Submitted.into(),
            ..CreatePayoutRequest::default()
        }
    }

    fn key(&self, case: &str) -> String {
        format!("demo-{}-{}", self.world.run, case.replace(' ', "-"))
    }

    fn money(&self, minor_units: i64) -> Money {
        Money { currency_code: self.region.currency().to_owned(), minor_units }
    }

    /// The payout once it has reached a state; as it is then, if it does not within reason.
    async fn wait_for(&mut self, key: &str, state: PayoutState) -> Result<Payout, Failure> {
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            let request = GetPayoutRequest {
                merchant: self.region.merchant().to_owned(),
                payout: Some(get_payout_request::Payout::IdempotencyKey(key.to_owned())),
            };
            let answer = self.payouts.get_payout(request).await;
            let payout = answer.map_err(|status| explain(&status))?.into_inner().payout;
            let payout = payout.unwrap_or_default();
            if payout.state() == state || tokio::time::Instant::now() >= end {
                return Ok(payout);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn payout_id(&self, key: &str) -> Result<String, Failure> {
        let merchant = Merchant::parse(self.region.merchant())?;
        Ok(payout_id(&merchant, &IdempotencyKey::parse(key)?).to_string())
    }

    /// How often money moved for a key, as the simulator's ledger has it.
    async fn movements(&self, key: &str) -> Result<usize, Failure> {
        let id = self.payout_id(key)?;
        let ledger = self.world.control(Method::GET, "ledger", Value::Null).await?;
        let movements = ledger["movements"].as_array().cloned().unwrap_or_default();
        Ok(movements.iter().filter(|movement| movement["reference"] == json!(id)).count())
    }
}

/// Prints what happens in a region, from its beginning, as it is streamed.
async fn print_events(channel: Channel, region: Region) -> Result<(), Failure> {
    let request = WatchPayoutsRequest {
        merchant: region.merchant().to_owned(),
        selector: Some(EventSelector {
            selector: Some(event_selector::Selector::EntireMerchant(())),
        }),
        start: Some(EventStart { start: Some(event_start::Start::Beginning(())) }),
        snapshot_first: false,
        until_outcome: false,
    };
    let mut client = PayoutsClient::new(channel);
    let stream = client.watch_payouts(request).await.map_err(|status| explain(&status))?;
    let mut stream = stream.into_inner();
    while let Some(answer) = stream.message().await.map_err(|status| explain(&status))? {
        if let Some(Message::Event(event)) = answer.message {
            show::print_event(Output::Text, &event);
        }
    }
    Ok(())
}

fn shown(payout: &Payout) -> String {
    payout.amount.as_ref().map(show::amount).unwrap_or_default()
}

/// The stable reason of an error; what came instead, if there was none.
fn reason(status: Option<tonic::Status>) -> String {
    let Some(status) = status else { return "no error".to_owned() };
    match status.get_error_details().error_info() {
        Some(info) => info.reason.clone(),
        None => format!("{:?}", status.code()),
    }
}
