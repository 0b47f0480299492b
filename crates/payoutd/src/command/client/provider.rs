//! `payoutd provider …`: what a merchant's provider can do, for people.

use api::v1::DescribeProviderRequest;
use api::v1::provider_client::ProviderClient;

use super::failure::{explain, rendered};
use super::{Common, show};
use crate::command::Failure;

/// Providers.
#[derive(clap::Subcommand)]
pub(crate) enum Args {
    /// Shows what the merchant's provider pays, where to, and how it confirms.
    Describe(Describe),
}

#[derive(clap::Args)]
pub(crate) struct Describe {
    #[command(flatten)]
    common: Common,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let Args::Describe(args) = args;
    let output = args.common.output;
    describe(args.common).await.map_err(|failure| rendered(failure, output))
}

async fn describe(common: Common) -> Result<(), Failure> {
    let request = DescribeProviderRequest { merchant: common.merchant.clone() };
    let mut client = ProviderClient::new(common.channel().await?);
    let answer = client.describe_provider(request).await.map_err(|status| explain(&status))?;
    let description = answer.into_inner().description.unwrap_or_default();
    show::print(common.output, &show::description(&description));
    Ok(())
}
