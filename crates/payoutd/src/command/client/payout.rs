//! `payoutd payout …`: payouts, for people.

use api::v1::payouts_client::PayoutsClient;
use api::v1::{
    CancelPayoutRequest, CreatePayoutRequest, EventSelector, EventStart, GetPayoutRequest,
    ListPayoutsRequest, PayoutIds, Speed, WaitUntil, WatchPayoutsRequest, cancel_payout_request,
    create_payout_request, event_selector, event_start, get_payout_request, watch_payouts_response,
};

use super::destination::BankArgs;
use super::party::PartyArgs;
use payout::id::kind;

use super::failure::{explain, explain_mutation};
use super::{Common, Limit, amount, name, show};
use crate::command::{Failure, Usage};

const CREATE_EXAMPLES: &str = "Examples:
  payoutd payout create --merchant shop --key order-1 --customer c1 --amount 10.50 --currency EUR \\
      --destination ds_nc6jociwqwgl6whpyyuusnqmbq
  payoutd payout create --merchant shop --key order-2 --customer c1 --amount 10.50 --currency EUR \\
      --iban SE4550000000058398257466 --first-name Steve --last-name Smith";

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
    /// A reference for the merchant's reports with the provider.
    #[arg(long, default_value = "")]
    external_reference: String,
    /// The merchant's reference of an order made before, from which this payout pays out.
    #[arg(long, default_value = "")]
    related_order_reference: String,
    #[command(flatten)]
    party: PartyArgs,
    /// How far the payout should be before the answer.
    #[arg(long, value_enum, default_value = "submitted")]
    wait: Wait,
    /// Makes every check, records nothing and asks nobody.
    #[arg(long)]
    validate_only: bool,
}

/// How far a payout should be.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
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
    /// By its id.
    #[arg(long, required_unless_present = "key", conflicts_with = "key")]
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
    match args {
        Args::Create(args) => create(*args).await,
        Args::Get(args) => get(args).await,
        Args::List(args) => list(args).await,
        Args::Watch(args) => watch(args).await,
        Args::Cancel(args) => cancel(args).await,
    }
}

impl Create {
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
            external_reference: self.external_reference,
            related_order_reference: self.related_order_reference,
            originator,
            sub_merchant,
            wait_until: wait_until.into(),
            validate_only: self.validate_only,
            ..CreatePayoutRequest::default()
        };
        Ok((self.common, request))
    }
}

async fn create(args: Create) -> Result<(), Failure> {
    let (common, request) = args.into_request()?;
    let mut client = PayoutsClient::new(common.channel().await?);
    let answer = client.create_payout(request).await.map_err(|status| explain_mutation(&status))?;
    let answer = answer.into_inner();
    for warning in &answer.warnings {
        eprintln!("warning: {}: {}", warning.field, warning.text);
    }
    let shown = match &answer.payout {
        None => serde_json::json!({ "validated": answer.validated }),
        Some(payout) => {
            let mut shown = show::payout(payout);
            shown["replayed"] = answer.replayed.into();
            shown
        }
    };
    show::print(common.output, &shown);
    Ok(())
}

async fn get(args: Which) -> Result<(), Failure> {
    let by_key = args.key.map(get_payout_request::Payout::IdempotencyKey);
    let request = GetPayoutRequest {
        merchant: args.common.merchant.clone(),
        payout: args.id.map(get_payout_request::Payout::PayoutId).or(by_key),
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
            super::Output::Json => show::print(args.common.output, &show::payout(&payout)),
            super::Output::Text => println!("{}", line(&show::payout(&payout))),
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
        text("amount"),
        text("idempotency_key"),
        payout["cause"]["reason"].as_str().unwrap_or_default()
    )
}

async fn watch(args: Watch) -> Result<(), Failure> {
    use watch_payouts_response::Message;
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
    let mut stream = stream.into_inner();
    while let Some(answer) = stream.message().await.map_err(|status| explain(&status))? {
        match answer.message {
            Some(Message::Event(event)) => show::print_event(args.common.output, &event),
            Some(Message::Ended(ended)) => {
                eprintln!("the stream ended; go on with --cursor {}", ended.cursor);
            }
            Some(
                Message::Started(_)
                | Message::SnapshotPayout(_)
                | Message::SnapshotEnded(_)
                | Message::Heartbeat(_),
            )
            | None => {}
        }
    }
    Ok(())
}

async fn cancel(args: Which) -> Result<(), Failure> {
    let by_key = args.key.map(cancel_payout_request::Payout::PayoutIdempotencyKey);
    let request = CancelPayoutRequest {
        merchant: args.common.merchant.clone(),
        payout: args.id.map(cancel_payout_request::Payout::PayoutId).or(by_key),
    };
    let mut client = PayoutsClient::new(args.common.channel().await?);
    let answer = client.cancel_payout(request).await.map_err(|status| explain_mutation(&status))?;
    let answer = answer.into_inner();
    let result = answer.result().as_str_name().trim_start_matches("CANCEL_RESULT_").to_owned();
    let payout = answer.payout.as_ref().map(show::payout);
    show::print(args.common.output, &serde_json::json!({ "result": result, "payout": payout }));
    Ok(())
}
