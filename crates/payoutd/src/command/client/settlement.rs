//! `payoutd ops breaks`, `check-settlement` and `investigate`: the provider's books beside ours.

use api::v1::operations_client::OperationsClient;
use api::v1::{
    CheckSettlementRequest, InvestigatePayoutRequest, ListSettlementBreaksRequest, Money,
    SettlementBreak,
};
use serde_json::{Value, json};

use super::failure::explain;
use super::ops::{plain, print_all};
use super::{Common, Limit, show};
use crate::command::Failure;

#[derive(clap::Args)]
pub(crate) struct Breaks {
    #[command(flatten)]
    pub(super) common: Common,
    /// Those that are closed too.
    #[arg(long)]
    include_closed: bool,
    #[command(flatten)]
    limit: Limit,
}

#[derive(clap::Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(super) common: Common,
    /// The date of the settlement, YYYY-MM-DD.
    #[arg(long)]
    date: String,
    /// The currency that was settled; all that the server's configuration names, if left out.
    #[arg(long)]
    currency: Option<String>,
}

#[derive(clap::Args)]
pub(crate) struct Investigate {
    #[command(flatten)]
    pub(super) common: Common,
    /// The payout's id.
    #[arg(long)]
    id: String,
}

pub(super) async fn breaks(args: Breaks) -> Result<(), Failure> {
    let request = ListSettlementBreaksRequest {
        merchant: args.common.merchant.clone(),
        include_closed: args.include_closed,
        page_size: args.limit.page_size(),
        ..ListSettlementBreaksRequest::default()
    };
    let mut client = OperationsClient::new(args.common.channel().await?);
    let answer = client.list_settlement_breaks(request).await.map_err(|status| explain(&status))?;
    let answer = answer.into_inner();
    args.limit.tell_of_more(&answer.next_page_token);
    let found: Vec<Value> = answer.breaks.iter().map(one_break).collect();
    let titles = ["DATE", "KIND", "REFERENCE", "REPORTED", "EXPECTED", "ORDER", "FOUND AT"];
    let columns =
        ["settlement_date", "kind", "reference", "reported", "expected", "order", "found_at"];
    print_all(args.common.output, &found, titles, |value| columns.map(|name| plain(&value[name])));
    Ok(())
}

fn one_break(found: &SettlementBreak) -> Value {
    let money = |amount: &Option<Money>| amount.as_ref().map(show::signed);
    json!({
        "merchant": found.merchant,
        "settlement_date": found.settlement_date,
        "kind": show::bare(found.kind().as_str_name(), "SETTLEMENT_BREAK_KIND_"),
        "reference": found.reference,
        "payout": found.payout_id,
        "reported": money(&found.reported_amount),
        "expected": money(&found.expected_amount),
        "order": found.order_reference,
        "settlement": found.settlement_reference,
        "found_at": show::time(found.found_at.as_ref()),
        "closed_at": show::time(found.closed_at.as_ref()),
    })
}

pub(super) async fn check(args: Check) -> Result<(), Failure> {
    let request = CheckSettlementRequest {
        merchant: args.common.merchant.clone(),
        settlement_date: args.date,
        currency_code: args.currency.unwrap_or_default(),
    };
    let mut client = OperationsClient::new(args.common.channel().await?);
    let answer = client.check_settlement(request).await.map_err(|status| explain(&status))?;
    let mut checks = Vec::new();
    for check in &answer.into_inner().checks {
        checks.push(json!({
            "settlement_date": check.settlement_date,
            "currency": check.currency_code,
            "rows": check.row_count,
            "matched": check.matched_count,
            "breaks": check.break_count,
            "closed": check.closed_count,
        }));
    }
    if checks.is_empty() {
        eprintln!("no report was asked for: name a --currency, or list them as settled_currencies");
    }
    let titles = ["DATE", "CURRENCY", "ROWS", "MATCHED", "BREAKS", "CLOSED"];
    let columns = ["settlement_date", "currency", "rows", "matched", "breaks", "closed"];
    print_all(args.common.output, &checks, titles, |value| columns.map(|name| plain(&value[name])));
    Ok(())
}

pub(super) async fn investigate(args: Investigate) -> Result<(), Failure> {
    let request =
        InvestigatePayoutRequest { merchant: args.common.merchant.clone(), payout_id: args.id };
    let mut client = OperationsClient::new(args.common.channel().await?);
    let answer = client.investigate_payout(request).await.map_err(|status| explain(&status))?;
    let answer = answer.into_inner();
    let mut transfers = Vec::new();
    for transfer in &answer.transfers {
        let amount = transfer.amount.as_ref().map(show::signed).unwrap_or_default();
        let modified_at = plain(&show::time(transfer.modified_at.as_ref()));
        transfers.push(format!("{} {amount} {modified_at}", transfer.provider_state));
    }
    let shown = json!({
        "payout": show::payout(&answer.payout.unwrap_or_default()),
        "order": answer.order_reference,
        "order_from_ledger": answer.order_from_ledger,
        "provider_says": transfers,
        "as_of": show::time(answer.as_of.as_ref()),
    });
    show::print(args.common.output, &shown);
    Ok(())
}
