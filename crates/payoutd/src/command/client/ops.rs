//! `payoutd ops …`: what operators do, for people.

use api::v1::operations_client::OperationsClient;
use api::v1::{
    IndeterminatePayout, ListIndeterminateRequest, ListParkedNotificationsRequest,
    PauseSubmissionRequest, PreviewPayoutRequest, PreviewPayoutResponse, QueueHold,
    ResumeSubmissionRequest, SettlePayoutRequest, Settlement, SettlementVerdict,
    preview_payout_request,
};
use payout::id::kind;
use serde_json::{Value, json};

use super::failure::{explain, explain_mutation, rendered};
use super::table::table;
use super::{Common, Limit, Output, name, payout as payouts, settlement, show};
use crate::command::Failure;
use crate::command::terminal::say;

const SETTLE_EXAMPLE: &str = "Example:
  payoutd ops settle --merchant shop --id po_nc6jociwqwgl6whpyyuusnqmbq --verdict not-paid \\
      --operator 'Ada, payments team' --evidence 'Trustly support, ticket 4711' \\
      --why 'Trustly never received it and has blocked the message id'";

/// What operators do.
#[derive(clap::Subcommand)]
pub(crate) enum Args {
    /// Lists payouts that are in doubt or need attention, first created first.
    Indeterminate(Indeterminate),
    /// Ends the doubt about a payout by a decision that rests on evidence.
    #[command(after_help = SETTLE_EXAMPLE)]
    Settle(Settle),
    /// Stops sending for a merchant; payouts are taken in all the same.
    Pause(Pause),
    /// Lets a paused merchant send again.
    Resume(Resume),
    /// Shows what was, or would be, sent to the provider, without personal data.
    #[command(subcommand)]
    Preview(Preview),
    /// Lists notifications whose payout is not known here, latest first.
    Parked(Parked),
    /// Lists what does not fit between settlement reports and payouts, latest first.
    Breaks(settlement::Breaks),
    /// Fetches the settlement reports of a date now and compares them with the payouts.
    CheckSettlement(settlement::Check),
    /// Asks the provider where one payout stands, as a hint and no proof; once in 15 minutes.
    Investigate(settlement::Investigate),
}

#[derive(clap::Args)]
pub(crate) struct Indeterminate {
    /// The server's gRPC address.
    #[arg(long, default_value = "http://127.0.0.1:50051", env = "PAYOUTD_ENDPOINT")]
    endpoint: String,
    /// Only of this merchant; of all merchants if left out.
    #[arg(long, env = "PAYOUTD_MERCHANT", value_parser = name::<kind::Merchant>)]
    merchant: Option<String>,
    /// Of all merchants, even if PAYOUTD_MERCHANT names one.
    #[arg(long)]
    all_merchants: bool,
    /// How answers look.
    #[arg(long, value_enum, default_value = "text")]
    output: Output,
    #[command(flatten)]
    limit: Limit,
}

#[derive(clap::Args)]
pub(crate) struct Settle {
    #[command(flatten)]
    common: Common,
    /// The payout's id.
    #[arg(long)]
    id: String,
    /// What became of the money.
    #[arg(long, value_enum)]
    verdict: Verdict,
    /// Who decides: a name or an address.
    #[arg(long)]
    operator: String,
    /// What proves it, by a reference that can be looked up again.
    #[arg(long)]
    evidence: String,
    /// Why.
    #[arg(long)]
    why: String,
}

/// What became of the money.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Verdict {
    /// The customer has it.
    Paid,
    /// The customer does not have it and never will by this payout: it is given back.
    #[value(alias = "unpaid")]
    NotPaid,
}

#[derive(clap::Args)]
pub(crate) struct Pause {
    #[command(flatten)]
    common: Common,
    /// Who decides: a name or an address.
    #[arg(long)]
    operator: String,
    /// Why.
    #[arg(long)]
    why: String,
}

#[derive(clap::Args)]
pub(crate) struct Resume {
    #[command(flatten)]
    common: Common,
}

/// What to show.
#[derive(clap::Subcommand)]
pub(crate) enum Preview {
    /// The requests in which a payout was sent.
    Sent(Sent),
    /// The request that a creation would make; nothing is recorded.
    Creation(Box<payouts::Create>),
}

#[derive(clap::Args)]
pub(crate) struct Sent {
    #[command(flatten)]
    common: Common,
    /// The payout's id.
    #[arg(long)]
    id: String,
}

#[derive(clap::Args)]
pub(crate) struct Parked {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    limit: Limit,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let output = match &args {
        Args::Indeterminate(args) => args.output,
        Args::Settle(args) => args.common.output,
        Args::Pause(args) => args.common.output,
        Args::Resume(args) => args.common.output,
        Args::Preview(Preview::Sent(args)) => args.common.output,
        Args::Preview(Preview::Creation(args)) => args.output(),
        Args::Parked(args) => args.common.output,
        Args::Breaks(args) => args.common.output,
        Args::CheckSettlement(args) => args.common.output,
        Args::Investigate(args) => args.common.output,
    };
    carry_out(args).await.map_err(|failure| rendered(failure, output))
}

async fn carry_out(args: Args) -> Result<(), Failure> {
    match args {
        Args::Indeterminate(args) => indeterminate(args).await,
        Args::Settle(args) => settle(args).await,
        Args::Pause(args) => pause(args).await,
        Args::Resume(args) => resume(args).await,
        Args::Preview(args) => preview(args).await,
        Args::Parked(args) => parked(args).await,
        Args::Breaks(args) => settlement::breaks(args).await,
        Args::CheckSettlement(args) => settlement::check(args).await,
        Args::Investigate(args) => settlement::investigate(args).await,
    }
}

async fn indeterminate(args: Indeterminate) -> Result<(), Failure> {
    let Indeterminate { endpoint, merchant, all_merchants, output, limit } = args;
    let merchant = merchant.filter(|_| !all_merchants).unwrap_or_default();
    let page_size = limit.page_size();
    let request = ListIndeterminateRequest {
        merchant: merchant.clone(),
        page_size,
        ..ListIndeterminateRequest::default()
    };
    let mut client = OperationsClient::new(Common { endpoint, merchant, output }.channel().await?);
    let answer = client.list_indeterminate(request).await.map_err(|status| explain(&status))?;
    let answer = answer.into_inner();
    limit.tell_of_more(&answer.next_page_token);
    let found: Vec<Value> = answer.payouts.iter().map(doubtful).collect();
    let titles = [
        "PAYOUT",
        "MERCHANT",
        "STATE",
        "AMOUNT",
        "IN DOUBT SINCE",
        "WHY",
        "LEFT TO",
        "NEXT LOOK",
        "ATTEMPTS",
    ];
    print_all(output, &found, titles, |value| {
        let payout = &value["payout"];
        [
            plain(&payout["id"]),
            plain(&payout["merchant"]),
            plain(&payout["state"]),
            plain(&payout["amount"]),
            plain(&value["in_doubt_since"]),
            reasons(value),
            left_to(value).to_owned(),
            plain(&value["next_look_at"]),
            plain(&value["attempts"]),
        ]
    });
    Ok(())
}

fn doubtful(about: &IndeterminatePayout) -> Value {
    let payout = about.payout.clone().unwrap_or_default();
    json!({
        "payout": show::payout(&payout),
        "in_doubt_since": show::time(about.in_doubt_since.as_ref()),
        "doubt": about.doubt.as_ref().map(|it| show::cause(it, payout.outcome())),
        "parked": about.parked,
        "next_look_at": show::time(about.next_look_at.as_ref()),
        "looks_in_vain": about.looks_in_vain,
        "attempts": payout.attempts.len(),
    })
}

/// Why it is in doubt, why it is parked, and what people have to look at: each word once.
fn reasons(value: &Value) -> String {
    let mut reasons: Vec<String> = Vec::new();
    let attention = value["payout"]["attention"].as_array().cloned().unwrap_or_default();
    let causes = [&value["doubt"]["reason"], &value["payout"]["cause"]["reason"]];
    for reason in causes.into_iter().chain(&attention) {
        let reason = plain(reason);
        if !reason.is_empty() && reason != "PARKED" && !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons.join(", ")
}

async fn settle(args: Settle) -> Result<(), Failure> {
    let verdict = match args.verdict {
        Verdict::Paid => SettlementVerdict::Paid,
        Verdict::NotPaid => SettlementVerdict::NotPaid,
    };
    let request = SettlePayoutRequest {
        merchant: args.common.merchant.clone(),
        payout_id: args.id,
        settlement: Some(Settlement {
            verdict: verdict.into(),
            operator: args.operator,
            evidence: args.evidence,
            why: args.why,
        }),
    };
    let mut client = OperationsClient::new(args.common.channel().await?);
    let answer = client.settle_payout(request).await.map_err(|status| explain_mutation(&status))?;
    let payout = answer.into_inner().payout.unwrap_or_default();
    show::print(args.common.output, &show::payout(&payout));
    Ok(())
}

async fn pause(args: Pause) -> Result<(), Failure> {
    let merchant = args.common.merchant.clone();
    let request = PauseSubmissionRequest { merchant, operator: args.operator, why: args.why };
    let mut client = OperationsClient::new(args.common.channel().await?);
    let answer =
        client.pause_submission(request).await.map_err(|status| explain_mutation(&status))?;
    let hold = answer.into_inner().queue_hold.unwrap_or_default();
    show::print(args.common.output, &queue_hold(&hold));
    Ok(())
}

async fn resume(args: Resume) -> Result<(), Failure> {
    let request = ResumeSubmissionRequest { merchant: args.common.merchant.clone() };
    let mut client = OperationsClient::new(args.common.channel().await?);
    let answer =
        client.resume_submission(request).await.map_err(|status| explain_mutation(&status))?;
    let answer = answer.into_inner();
    let result = show::bare(answer.result().as_str_name(), "RESUME_RESULT_");
    let holds: Vec<Value> = answer.queue_holds.iter().map(queue_hold).collect();
    show::print(args.common.output, &json!({ "result": result, "queue_holds": holds }));
    Ok(())
}

pub(super) fn queue_hold(hold: &QueueHold) -> Value {
    json!({
        "kind": show::bare(hold.kind().as_str_name(), "QUEUE_HOLD_KIND_"),
        "since": show::time(hold.since.as_ref()),
        "operator": hold.operator,
        "why": hold.why,
        "provider_code": hold.provider_code,
    })
}

async fn preview(args: Preview) -> Result<(), Failure> {
    use preview_payout_request::Subject;
    let (common, subject) = match args {
        Preview::Sent(Sent { common, id }) => (common, Subject::PayoutId(id)),
        Preview::Creation(args) => {
            let (common, creation) = args.into_request()?;
            (common, Subject::Creation(Box::new(creation)))
        }
    };
    let request =
        PreviewPayoutRequest { merchant: common.merchant.clone(), subject: Some(subject) };
    let mut client = OperationsClient::new(common.channel().await?);
    let answer = client.preview_payout(request).await.map_err(|status| explain(&status))?;
    print_preview(common.output, &answer.into_inner());
    Ok(())
}

fn print_preview(output: Output, answer: &PreviewPayoutResponse) {
    let mut requests = Vec::new();
    for request in &answer.requests {
        requests.push(json!({
            "attempt": request.attempt_number,
            "state": show::bare(request.attempt_state().as_str_name(), "ATTEMPT_STATE_"),
            "opened_at": show::time(request.opened_at.as_ref()),
            "content": request.content,
        }));
    }
    if output == Output::Json {
        say(json!({
            "payout_id": answer.payout_id,
            "recorded": answer.recorded,
            "destination_unresolved": answer.destination_unresolved,
            "requests": requests,
        }));
        return;
    }
    let recorded = if answer.recorded { "" } else { ", not recorded" };
    say(format_args!("payout {}{recorded}", answer.payout_id));
    if answer.destination_unresolved {
        say("the provider first has to make a handle of the destination");
    }
    for request in &answer.requests {
        match request.attempt_number {
            0 => say("would be sent:"),
            number => {
                let state = show::bare(request.attempt_state().as_str_name(), "ATTEMPT_STATE_");
                let at = plain(&show::time(request.opened_at.as_ref()));
                say(format_args!("attempt {number}, {state}, opened at {at}:"));
            }
        }
        say(&request.content);
    }
}

async fn parked(args: Parked) -> Result<(), Failure> {
    let request = ListParkedNotificationsRequest {
        merchant: args.common.merchant.clone(),
        page_size: args.limit.page_size(),
        ..ListParkedNotificationsRequest::default()
    };
    let mut client = OperationsClient::new(args.common.channel().await?);
    let answer =
        client.list_parked_notifications(request).await.map_err(|status| explain(&status))?;
    let answer = answer.into_inner();
    args.limit.tell_of_more(&answer.next_page_token);
    let mut found = Vec::new();
    for parked in &answer.notifications {
        found.push(json!({
            "id": parked.id,
            "merchant": parked.merchant,
            "payout_id": parked.payout_id,
            "provider_kind": parked.provider_kind,
            "received_at": show::time(parked.received_at.as_ref()),
        }));
    }
    let titles = ["RECEIVED AT", "MERCHANT", "PAYOUT", "KIND", "ID"];
    let columns = ["received_at", "merchant", "payout_id", "provider_kind", "id"];
    print_all(args.common.output, &found, titles, |value| columns.map(|name| plain(&value[name])));
    Ok(())
}

/// One JSON object per line, or a table for people.
pub(super) fn print_all<const N: usize>(
    output: Output,
    found: &[Value],
    titles: [&str; N],
    row: impl Fn(&Value) -> [String; N],
) {
    match output {
        Output::Json => found.iter().for_each(say),
        Output::Text if found.is_empty() => eprintln!("there is none"),
        Output::Text => {
            let rows: Vec<[String; N]> = found.iter().map(row).collect();
            say(table(titles, &rows).trim_end());
        }
    }
}

/// Who has to do something: nobody but people, where nothing is asked by machine any more.
fn left_to(value: &Value) -> &'static str {
    match value["parked"] == true || value["next_look_at"].is_null() {
        true => "people",
        false => "machine",
    }
}

pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        value => show::plain(value),
    }
}
