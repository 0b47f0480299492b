//! `payoutd provider …`: what the provider behind a merchant can do and says, for people.

use api::v1::provider_client::ProviderClient;
use api::v1::{DescribeProviderRequest, GetBalanceRequest};
use serde_json::{Value, json};

use super::failure::{explain, rendered};
use super::{Common, Output, ops, show};
use crate::command::Failure;
use crate::command::terminal::say;

/// What to ask.
#[derive(clap::Subcommand)]
pub(crate) enum Args {
    /// Shows what the merchant's provider pays, where to, and how it confirms.
    Describe(Asked),
    /// Tells the merchant's funds, asked of the provider at most once in 15 minutes.
    Balance(Asked),
}

#[derive(clap::Args)]
pub(crate) struct Asked {
    #[command(flatten)]
    common: Common,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let output = match &args {
        Args::Describe(asked) | Args::Balance(asked) => asked.common.output,
    };
    let answer = match args {
        Args::Describe(asked) => describe(asked.common).await,
        Args::Balance(asked) => balance(asked.common).await,
    };
    answer.map_err(|failure| rendered(failure, output))
}

async fn describe(common: Common) -> Result<(), Failure> {
    let request = DescribeProviderRequest { merchant: common.merchant.clone() };
    let mut client = ProviderClient::new(common.channel().await?);
    let answer = client.describe_provider(request).await.map_err(|status| explain(&status))?;
    let answer = answer.into_inner();
    let mut shown = show::description(&answer.description.unwrap_or_default());
    shown["queue_holds"] = answer.queue_holds.iter().map(ops::queue_hold).collect();
    show::print(common.output, &shown);
    Ok(())
}

async fn balance(common: Common) -> Result<(), Failure> {
    let request = GetBalanceRequest { merchant: common.merchant.clone() };
    let mut client = ProviderClient::new(common.channel().await?);
    let answer = client.get_balance(request).await.map_err(|status| explain(&status))?;
    let answer = answer.into_inner();
    let amounts: Vec<Value> =
        answer.balances.iter().map(|balance| json!(show::signed(balance))).collect();
    let as_of = show::time(answer.as_of.as_ref());
    match common.output {
        Output::Json => say(json!({ "balances": amounts, "as_of": as_of })),
        Output::Text => {
            say(format_args!("as of {}:", as_of.as_str().unwrap_or_default()));
            for amount in &answer.balances {
                say(format_args!("  {}", show::signed(amount)));
            }
        }
    }
    Ok(())
}
