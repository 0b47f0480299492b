//! `payoutd payout …`: payouts, for people.

use api::v1::payouts_client::PayoutsClient;
use api::v1::{
    CancelPayoutRequest, CreatePayoutRequest, EventSelector, EventStart, GetPayoutRequest,
    ListPayoutsRequest, Outcome, PayoutIds, Speed, WaitUntil, WatchPayoutsRequest,
    WatchPayoutsResponse, cancel_payout_request, create_payout_request, event_selector,
    event_start, get_payout_request, watch_payouts_response,
};
use futures_util::future::{Either, select};
use payout::id::kind;
use prost_types::Timestamp;
use tonic::Streaming;

use super::destination::BankArgs;
use super::failure::{explain, explain_mutation, explain_watch, rendered};
use super::party::PartyArgs;
use super::{Common, Limit, Output, amount, name, show};
use crate::command::terminal::say;
use crate::command::{Failure, Usage, shutdown};

const CREATE_EXAMPLES: &str = "Examples:
  payoutd payout create --merchant demo-eu --key order-1 --customer c1 --amount 10.50 \\
      --currency EUR --provider-handle 1234567890
  payoutd payout create --merchant demo-eu --key order-2 --customer c1 --amount 10.50 \\
      --currency EUR --iban DE75512108001245126199 --first-name Steve --last-name Smith \\
      --label order=4711 --wait outcome";

const ONE_DESTINATION: &str = "say where to by one of --destination, --provider-handle, --iban, or \
    --account-number with --country and --bank-number, and by no more than one";

/// Payouts.
#[derive(clap::Subcommand)]
pub(crate) enum Args {
    /// Creates a payout; repeated with the same key and contents, it shows the same payout.
    #[command(after_help = CREATE_EXAMPLES)]
    Create(Box<Create>),
    /// Shows one payout.
    Get(Which),
    /// Lists payouts, newest first.
    List(List),
    /// Shows events as they happen.
    Watch(Watch),
    /// Cancels a payout, or makes a key unable to pay.
    Cancel(Which),
}

#[derive(clap::Args)]
pub(crate) struct Create {
    #[command(flatten)]
    common: Common,
    /// The caller's name for this payout; the same key never pays twice.
    #[arg(long, value_parser = name::<kind::IdempotencyKey>)]
    key: String,
    /// Who is paid, under the name that the caller gives.
    #[arg(long, value_parser = name::<kind::Customer>)]
    customer: String,
    /// How much, with a point before the decimals, such as 10.50.
    #[arg(long, allow_hyphen_values = true)]
    amount: String,
    /// The ISO 4217 code in capitals, such as EUR.
    #[arg(long)]
    currency: String,
    /// Where to: the id of a stored destination.
    #[arg(long)]
    destination: Option<String>,
    /// Where to: a handle the provider gave earlier.
    #[arg(long)]
    provider_handle: Option<String>,
    #[command(flatten)]
    bank: BankArgs,
    /// Asks for an instant rail.
    #[arg(long)]
    instant: bool,
    /// The text for the customer's bank statement.
    #[arg(long, default_value = "")]
    statement_descriptor: String,
    /// Cancels the payout if it has not been sent by then: a time such as 2030-01-31T12:00:00Z.
    #[arg(long, value_parser = moment)]
    submit_before: Option<Timestamp>,
    /// A label of the caller's own, returned as given: name=value; may be repeated.
    #[arg(long, value_parser = label)]
    label: Vec<(String, String)>,
    /// A reference for the merchant's reports with the provider.
    #[arg(long, default_value = "")]
    external_reference: String,
    /// The merchant's reference of an order made before, from which this payout pays out.
    #[arg(long, default_value = "")]
    related_order_reference: String,
    #[command(flatten)]
    party: PartyArgs,
    /// How far the payout should be before the answer; the server limits how long that may take.
    #[arg(long, value_enum, default_value = "submitted")]
    wait: Wait,
    /// Makes every check, records nothing and asks nobody.
    #[arg(long)]
    validate_only: bool,
}

/// How far a payout should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Wait {
    Recorded,
    Submitted,
    Outcome,
}

/// One payout.
#[derive(clap::Args)]
pub(crate) struct Which {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    name: Named,
}

/// How one payout is named.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Named {
    /// By its id.
    #[arg(long)]
    id: Option<String>,
    /// By its idempotency key.
    #[arg(long, value_parser = name::<kind::IdempotencyKey>)]
    key: Option<String>,
}

#[derive(clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    common: Common,
    /// Only of this customer.
    #[arg(long, value_parser = name::<kind::Customer>)]
    customer: Option<String>,
    /// Only the one that the provider knows by this id.
    #[arg(long, value_parser = name::<kind::ProviderReference>)]
    provider_reference: Option<String>,
    /// Only those that people have to look at.
    #[arg(long)]
    needs_attention: bool,
    #[command(flatten)]
    limit: Limit,
}

#[derive(clap::Args)]
pub(crate) struct Watch {
    #[command(flatten)]
    common: Common,
    /// Only these payouts.
    #[arg(long)]
    id: Vec<String>,
    /// Only this customer.
    #[arg(long, conflicts_with = "id", value_parser = name::<kind::Customer>)]
    customer: Option<String>,
    /// After this cursor.
    #[arg(long, conflicts_with = "beginning")]
    cursor: Option<String>,
    /// From the earliest event that is kept, instead of from now.
    #[arg(long)]
    beginning: bool,
    /// Ends when the outcome of the payouts is known.
    #[arg(long, requires = "id")]
    until_outcome: bool,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let output = match &args {
        Args::Create(args) => args.common.output,
        Args::Get(args) | Args::Cancel(args) => args.common.output,
        Args::List(args) => args.common.output,
        Args::Watch(args) => args.common.output,
    };
    carry_out(args).await.map_err(|failure| rendered(failure, output))
}

async fn carry_out(args: Args) -> Result<(), Failure> {
    match args {
        Args::Create(args) => create(*args).await,
        Args::Get(args) => get(args).await,
        Args::List(args) => list(args).await,
        Args::Watch(args) => watch(args).await,
        Args::Cancel(args) => cancel(args).await,
    }
}

impl Create {
    /// How the answer is to look.
    pub(super) fn output(&self) -> Output {
        self.common.output
    }

    /// Where the server is, and what is asked of it.
    pub(super) fn into_request(self) -> Result<(Common, CreatePayoutRequest), Usage> {
        use create_payout_request::Destination;
        let bank = self.bank.details()?;
        let (originator, sub_merchant) = self.party.parties()?;
        let destination = match (self.destination, self.provider_handle, bank) {
            (Some(id), None, None) => Destination::DestinationId(id),
            (None, Some(handle), None) => Destination::ProviderHandle(handle),
            (None, None, Some(details)) => Destination::BankDetails(Box::new(details)),
            _ => return Err(Usage(ONE_DESTINATION.to_owned())),
        };
        let wait_until = match self.wait {
            Wait::Recorded => WaitUntil::Recorded,
            Wait::Submitted => WaitUntil::Submitted,
            Wait::Outcome => WaitUntil::Outcome,
        };
        let request = CreatePayoutRequest {
            merchant: self.common.merchant.clone(),
            idempotency_key: self.key,
            customer: self.customer,
            amount: Some(amount::parse(&self.amount, &self.currency)?),
            destination: Some(destination),
            speed: if self.instant { Speed::Instant } else { Speed::Unspecified }.into(),
            statement_descriptor: self.statement_descriptor,
            submit_before: self.submit_before,
            metadata: self.label.into_iter().collect(),
            external_reference: self.external_reference,
            related_order_reference: self.related_order_reference,
            originator,
            sub_merchant,
            wait_until: wait_until.into(),
            validate_only: self.validate_only,
        };
        Ok((self.common, request))
    }
}

async fn create(args: Create) -> Result<(), Failure> {
    let waits = args.wait == Wait::Outcome;
    let (common, request) = args.into_request()?;
    let mut client = PayoutsClient::new(common.channel().await?);
    let answer = client.create_payout(request).await.map_err(|status| explain_mutation(&status))?;
    let answer = answer.into_inner();
    for warning in &answer.warnings {
        eprintln!("warning: {}: {}", warning.field, warning.text);
    }
    let mut unknown = None;
    let shown = match &answer.payout {
        None => serde_json::json!({ "validated": answer.validated }),
        Some(payout) => {
            let mut shown = show::payout(payout);
            shown["replayed"] = answer.replayed.into();
            unknown = Some(&payout.id).filter(|_| payout.outcome() == Outcome::Undecided);
            shown
        }
    };
    show::print(common.output, &shown);
    if let Some(id) = unknown.filter(|_| waits) {
        eprintln!(
            "the wait ended before the outcome is known; go on with \
             `payoutd payout watch --id {id} --beginning --until-outcome`"
        );
    }
    Ok(())
}

async fn get(args: Which) -> Result<(), Failure> {
    let by_key = args.name.key.map(get_payout_request::Payout::IdempotencyKey);
    let request = GetPayoutRequest {
        merchant: args.common.merchant.clone(),
        payout: args.name.id.map(get_payout_request::Payout::PayoutId).or(by_key),
    };
    let mut client = PayoutsClient::new(args.common.channel().await?);
    let answer = client.get_payout(request).await.map_err(|status| explain(&status))?;
    let payout = answer.into_inner().payout.unwrap_or_default();
    show::print(args.common.output, &show::payout(&payout));
    Ok(())
}

async fn list(args: List) -> Result<(), Failure> {
    let request = ListPayoutsRequest {
        merchant: args.common.merchant.clone(),
        customer: args.customer.unwrap_or_default(),
        provider_reference: args.provider_reference.unwrap_or_default(),
        needs_attention: args.needs_attention,
        page_size: args.limit.page_size(),
        ..ListPayoutsRequest::default()
    };
    let mut client = PayoutsClient::new(args.common.channel().await?);
    let answer = client.list_payouts(request).await.map_err(|status| explain(&status))?;
    let answer = answer.into_inner();
    args.limit.tell_of_more(&answer.next_page_token);
    for payout in answer.payouts {
        match args.common.output {
            Output::Json => show::print(args.common.output, &show::payout(&payout)),
            Output::Text => say(line(&show::payout(&payout))),
        }
    }
    Ok(())
}

/// One payout of a list: what fits on a line.
fn line(payout: &serde_json::Value) -> String {
    let text = |key: &str| payout[key].as_str().unwrap_or_default().to_owned();
    format!(
        "{} {:<13} {:<9} {:>16} {} {}",
        text("id"),
        text("state"),
        text("outcome"),
        show::plain(&payout["amount"]),
        text("idempotency_key"),
        payout["cause"]["reason"].as_str().unwrap_or_default()
    )
}

async fn watch(args: Watch) -> Result<(), Failure> {
    let selector = match (args.id.is_empty(), args.customer) {
        (false, _) => event_selector::Selector::Payouts(PayoutIds { ids: args.id }),
        (true, Some(customer)) => event_selector::Selector::Customer(customer),
        (true, None) => event_selector::Selector::EntireMerchant(()),
    };
    let start = match (args.cursor, args.beginning) {
        (Some(cursor), _) => event_start::Start::Cursor(cursor),
        (None, true) => event_start::Start::Beginning(()),
        (None, false) => event_start::Start::Now(()),
    };
    let request = WatchPayoutsRequest {
        merchant: args.common.merchant.clone(),
        selector: Some(EventSelector { selector: Some(selector) }),
        start: Some(EventStart { start: Some(start) }),
        snapshot_first: false,
        until_outcome: args.until_outcome,
    };
    let mut client = PayoutsClient::new(args.common.channel().await?);
    let stream = client.watch_payouts(request).await.map_err(|status| explain(&status))?;
    follow(stream.into_inner(), args.common.output).await
}

/// Shows events until the stream ends, breaks, or somebody interrupts; in each case it is said from
/// where on a new watch misses nothing.
async fn follow(
    mut stream: Streaming<WatchPayoutsResponse>,
    output: Output,
) -> Result<(), Failure> {
    use watch_payouts_response::Message;
    let mut cursor = None;
    let mut interrupted = std::pin::pin!(shutdown::signal());
    loop {
        let message = std::pin::pin!(stream.message());
        let answer = match select(interrupted.as_mut(), message).await {
            Either::Left(_) => {
                if let Some(cursor) = cursor {
                    eprintln!("interrupted; go on with --cursor {cursor}");
                }
                return Ok(());
            }
            Either::Right((answer, _)) => answer,
        };
        let Some(answer) = answer.map_err(|status| explain_watch(&status, cursor.clone()))? else {
            return Ok(());
        };
        match answer.message {
            Some(Message::Started(started)) => cursor = Some(started.cursor),
            Some(Message::Heartbeat(heartbeat)) => cursor = Some(heartbeat.cursor),
            Some(Message::Event(event)) => {
                show::print_event(output, &event);
                cursor = Some(event.cursor);
            }
            Some(Message::Ended(ended)) => {
                let why = ended.reason().as_str_name().trim_start_matches("WATCH_END_REASON_");
                eprintln!("the stream ended ({why}); go on with --cursor {}", ended.cursor);
            }
            Some(Message::SnapshotPayout(_) | Message::SnapshotEnded(_)) | None => {}
        }
    }
}

async fn cancel(args: Which) -> Result<(), Failure> {
    let by_key = args.name.key.map(cancel_payout_request::Payout::PayoutIdempotencyKey);
    let request = CancelPayoutRequest {
        merchant: args.common.merchant.clone(),
        payout: args.name.id.map(cancel_payout_request::Payout::PayoutId).or(by_key),
    };
    let mut client = PayoutsClient::new(args.common.channel().await?);
    let answer = client.cancel_payout(request).await.map_err(|status| explain_mutation(&status))?;
    let answer = answer.into_inner();
    let result = answer.result().as_str_name().trim_start_matches("CANCEL_RESULT_").to_owned();
    let payout = answer.payout.as_ref().map(show::payout);
    show::print(args.common.output, &serde_json::json!({ "result": result, "payout": payout }));
    Ok(())
}

fn moment(text: &str) -> Result<Timestamp, &'static str> {
    text.parse().map_err(|_| "is no time; write one such as 2030-01-31T12:00:00Z")
}

fn label(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("is no label; write name=value"),
    }
}
