//! `payoutd destination link`: letting a customer choose an account, for people.

use api::v1::StartDestinationLinkRequest;
use api::v1::account_holder::Holder;
use api::v1::destinations_client::DestinationsClient;
use api::v1::{AccountHolder, PersonName};
use payout::id::kind;
use serde_json::json;

use super::destination::HolderArgs;
use super::failure::explain_mutation;
use super::{Common, name, show};
use crate::command::Failure;

pub(crate) const EXAMPLE: &str = "Example:
  payoutd destination link --merchant demo-eu --key link-1 --customer c1 --country SE \\
      --locale sv_SE --first-name Steve --last-name Smith \\
      --return-url https://shop.example/done --cancel-url https://shop.example/back";

#[derive(clap::Args)]
pub(crate) struct Link {
    #[command(flatten)]
    pub(super) common: Common,
    /// The caller's name for this link; repeated, it finds the same one.
    #[arg(long, value_parser = name::<kind::IdempotencyKey>)]
    key: String,
    /// Who chooses, under the name that the caller gives.
    #[arg(long, value_parser = name::<kind::Customer>)]
    customer: String,
    /// Where the browser comes back to with an account chosen.
    #[arg(long)]
    return_url: String,
    /// Where it comes back to without.
    #[arg(long)]
    cancel_url: String,
    /// The app that the customer comes from.
    #[arg(long, default_value = "")]
    app_url: String,
    /// The language of the provider's pages, such as sv_SE.
    #[arg(long, default_value = "")]
    locale: String,
    /// The country of the customer's bank, such as SE.
    #[arg(long, default_value = "")]
    country: String,
    /// The customer's given names.
    #[arg(long, requires = "last_name")]
    first_name: Option<String>,
    /// The customer's family name.
    #[arg(long, requires = "first_name")]
    last_name: Option<String>,
    #[command(flatten)]
    holder: HolderArgs,
    /// The customer may not change the national id that is given.
    #[arg(long, requires = "holder_national_id")]
    national_id_is_fixed: bool,
    /// The address of the customer's browser.
    #[arg(long, default_value = "")]
    ip_address: String,
    /// The text for the customer's bank statement.
    #[arg(long, default_value = "")]
    statement_descriptor: String,
}

pub(super) async fn link(args: Link) -> Result<(), Failure> {
    let request = StartDestinationLinkRequest {
        merchant: args.common.merchant.clone(),
        idempotency_key: args.key,
        customer: args.customer,
        return_url: args.return_url,
        cancel_url: args.cancel_url,
        app_url: args.app_url,
        locale: args.locale,
        country_code: args.country,
        holder: holder(args.first_name, args.last_name, args.holder),
        national_id_is_fixed: args.national_id_is_fixed,
        ip_address: args.ip_address,
        statement_descriptor: args.statement_descriptor,
        sub_merchant: None,
    };
    let mut client = DestinationsClient::new(args.common.channel().await?);
    let answer = client.start_destination_link(request).await;
    let answer = answer.map_err(|status| explain_mutation(&status))?.into_inner();
    let shown = json!({
        "destination": show::destination(&answer.destination.unwrap_or_default()),
        "url": answer.url,
        "replayed": answer.replayed,
    });
    show::print(args.common.output, &shown);
    Ok(())
}

fn holder(
    first_name: Option<String>,
    last_name: Option<String>,
    known: HolderArgs,
) -> Option<AccountHolder> {
    match (first_name, last_name) {
        (Some(first_name), Some(last_name)) => {
            Some(known.of(Some(Holder::Person(PersonName { first_name, last_name }))))
        }
        // The server says that the name is missing.
        _ if known.is_given() => Some(known.of(None)),
        _ => None,
    }
}
