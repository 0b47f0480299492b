//! `payoutd provider …`: what the provider behind a merchant says, for people.

use api::v1::GetBalanceRequest;
use api::v1::provider_client::ProviderClient;
use serde_json::{Value, json};

use super::failure::explain;
use super::{Common, Output, show};
use crate::command::Failure;

/// What to ask.
#[derive(clap::Subcommand)]
pub(crate) enum Args {
    /// Tells the merchant's funds, asked of the provider at most once in 15 minutes.
    Balance(Balance),
}

#[derive(clap::Args)]
pub(crate) struct Balance {
    #[command(flatten)]
    common: Common,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    match args {
        Args::Balance(args) => balance(args).await,
    }
}

async fn balance(args: Balance) -> Result<(), Failure> {
    let request = GetBalanceRequest { merchant: args.common.merchant.clone() };
    let mut client = ProviderClient::new(args.common.channel().await?);
    let answer = client.get_balance(request).await.map_err(|status| explain(&status))?;
    let answer = answer.into_inner();
    let amounts: Vec<Value> =
        answer.balances.iter().map(|balance| json!(show::signed(balance))).collect();
    let as_of = show::time(answer.as_of.as_ref());
    match args.common.output {
        Output::Json => println!("{}", json!({ "balances": amounts, "as_of": as_of })),
        Output::Text => {
            println!("as of {}:", as_of.as_str().unwrap_or_default());
            for amount in &answer.balances {
                println!("  {}", show::signed(amount));
            }
        }
    }
    Ok(())
}
