//! `payoutd destination …`: destinations, for people.

use api::v1::account_holder::Holder;
use api::v1::bank_account::Form;
use api::v1::destinations_client::DestinationsClient;
use api::v1::{
    AccountHolder, BankAccount, BankDetails, DeleteDestinationRequest, GetDestinationRequest,
    ImportDestinationRequest, ListDestinationsRequest, LocalAccount, PersonName, PostalAddress,
    RegisterDestinationRequest,
};
use payout::id::kind;

use super::failure::{explain, explain_mutation, rendered};
use super::{Common, Limit, link, name, show};
use crate::command::{Failure, Usage};

const REGISTER_EXAMPLES: &str = "Examples:
  payoutd destination register --merchant demo-eu --customer c1 \\
      --iban DE75512108001245126199 --first-name Steve --last-name Smith
  payoutd destination register --merchant demo-eu --customer c2 \\
      --country SE --bank-number 6112 --account-number 69706212 --organisation 'Acme AB'";

const NO_ACCOUNT: &str = "say which account: write --iban, or --country, --bank-number and \
    --account-number";

const HOLDER_ALONE: &str = "--first-name, --last-name, --organisation and --holder-* describe the \
    holder of an account: write --iban or --account-number with them";

/// Destinations.
#[derive(clap::Subcommand)]
pub(crate) enum Args {
    /// Registers bank details with the provider.
    #[command(after_help = REGISTER_EXAMPLES)]
    Register(Box<Register>),
    /// Takes over a handle that the provider gave earlier.
    Import(Import),
    /// Lets a customer choose an account on the provider's pages.
    #[command(after_help = link::EXAMPLE)]
    Link(Box<link::Link>),
    /// Shows one destination.
    Get(Which),
    /// Lists destinations, newest first.
    List(List),
    /// Deletes a destination: its handle is erased, and nothing more is paid to it.
    Delete(Which),
}

#[derive(clap::Args)]
pub(crate) struct Register {
    #[command(flatten)]
    common: Common,
    /// Who is paid there, under the name that the caller gives.
    #[arg(long, value_parser = name::<kind::Customer>)]
    customer: String,
    #[command(flatten)]
    bank: BankArgs,
}

/// Bank details.
#[derive(clap::Args)]
pub(crate) struct BankArgs {
    /// The account, by its IBAN.
    #[arg(long, conflicts_with = "account_number")]
    iban: Option<String>,
    /// The country of a local account, such as SE.
    #[arg(long, requires = "account_number")]
    country: Option<String>,
    /// The clearing number or sort code of a local account.
    #[arg(long, requires = "account_number")]
    bank_number: Option<String>,
    /// The number of a local account.
    #[arg(long, requires_all = ["country", "bank_number"])]
    account_number: Option<String>,
    /// The holder's given names.
    #[arg(long, requires = "last_name")]
    first_name: Option<String>,
    /// The holder's family name.
    #[arg(long, requires = "first_name")]
    last_name: Option<String>,
    /// The holder's name, if it is an organisation.
    #[arg(long, conflicts_with = "first_name")]
    organisation: Option<String>,
    #[command(flatten)]
    holder: HolderArgs,
}

/// What is known of a holder beside the name.
#[derive(clap::Args)]
pub(crate) struct HolderArgs {
    /// The holder's country, such as SE.
    #[arg(long)]
    holder_country: Option<String>,
    /// The holder's postal code.
    #[arg(long)]
    holder_postal_code: Option<String>,
    /// The holder's city.
    #[arg(long)]
    holder_city: Option<String>,
    /// Street and number of the holder's address.
    #[arg(long)]
    holder_line_1: Option<String>,
    /// What does not fit in the first line.
    #[arg(long)]
    holder_line_2: Option<String>,
    /// A person's day of birth, such as 1990-03-31.
    #[arg(long)]
    holder_date_of_birth: Option<String>,
    /// The holder's mobile number, such as +46701234567.
    #[arg(long)]
    holder_mobile_phone: Option<String>,
    /// The holder's e-mail address.
    #[arg(long)]
    holder_email: Option<String>,
    /// The number that a state gave to the holder.
    #[arg(long)]
    holder_national_id: Option<String>,
}

impl HolderArgs {
    pub(super) fn is_given(&self) -> bool {
        let all = [
            &self.holder_country,
            &self.holder_postal_code,
            &self.holder_city,
            &self.holder_line_1,
            &self.holder_line_2,
            &self.holder_date_of_birth,
            &self.holder_mobile_phone,
            &self.holder_email,
            &self.holder_national_id,
        ];
        all.iter().any(|given| given.is_some())
    }

    pub(super) fn of(self, holder: Option<Holder>) -> AccountHolder {
        let address = PostalAddress {
            country_code: self.holder_country.unwrap_or_default(),
            postal_code: self.holder_postal_code.unwrap_or_default(),
            city: self.holder_city.unwrap_or_default(),
            line_1: self.holder_line_1.unwrap_or_default(),
            line_2: self.holder_line_2.unwrap_or_default(),
        };
        AccountHolder {
            holder,
            address: Some(address),
            date_of_birth: self.holder_date_of_birth.unwrap_or_default(),
            mobile_phone: self.holder_mobile_phone.unwrap_or_default(),
            email: self.holder_email.unwrap_or_default(),
            national_id: self.holder_national_id.unwrap_or_default(),
        }
    }
}

impl BankArgs {
    /// The details, if an account was given. What is missing in them the server names.
    pub(crate) fn details(self) -> Result<Option<BankDetails>, Usage> {
        let names_holder =
            self.organisation.is_some() || self.first_name.is_some() || self.holder.is_given();
        let form = match (self.iban, self.account_number) {
            (Some(iban), _) => Form::Iban(iban),
            (None, Some(account_number)) => Form::Local(LocalAccount {
                country_code: self.country.unwrap_or_default(),
                bank_number: self.bank_number.unwrap_or_default(),
                account_number,
            }),
            (None, None) if names_holder => return Err(Usage(HOLDER_ALONE.to_owned())),
            (None, None) => return Ok(None),
        };
        let holder = match (self.organisation, self.first_name, self.last_name) {
            (Some(name), _, _) => Some(Holder::OrganisationName(name)),
            (None, Some(first_name), Some(last_name)) => {
                Some(Holder::Person(PersonName { first_name, last_name }))
            }
            (None, _, _) => None,
        };
        Ok(Some(BankDetails {
            account: Some(BankAccount { form: Some(form) }),
            holder: Some(self.holder.of(holder)),
        }))
    }
}

#[derive(clap::Args)]
pub(crate) struct Import {
    #[command(flatten)]
    common: Common,
    /// Who is paid there, under the name that the caller gives.
    #[arg(long, value_parser = name::<kind::Customer>)]
    customer: String,
    /// The provider's handle.
    #[arg(long)]
    provider_handle: String,
}

#[derive(clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    common: Common,
    /// Only of this customer.
    #[arg(long, value_parser = name::<kind::Customer>)]
    customer: Option<String>,
    /// Deleted ones too.
    #[arg(long)]
    include_deleted: bool,
    #[command(flatten)]
    limit: Limit,
}

/// One destination.
#[derive(clap::Args)]
pub(crate) struct Which {
    #[command(flatten)]
    common: Common,
    /// Its id.
    #[arg(long)]
    id: String,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let output = match &args {
        Args::Register(args) => args.common.output,
        Args::Import(args) => args.common.output,
        Args::Link(args) => args.common.output,
        Args::Get(args) | Args::Delete(args) => args.common.output,
        Args::List(args) => args.common.output,
    };
    carry_out(args).await.map_err(|failure| rendered(failure, output))
}

async fn carry_out(args: Args) -> Result<(), Failure> {
    match args {
        Args::Register(args) => register(*args).await,
        Args::Import(args) => import(args).await,
        Args::Link(args) => link::link(*args).await,
        Args::Get(args) => get(args).await,
        Args::List(args) => list(args).await,
        Args::Delete(args) => delete(args).await,
    }
}

async fn register(args: Register) -> Result<(), Failure> {
    let Some(details) = args.bank.details()? else {
        return Err(Usage(NO_ACCOUNT.to_owned()).into());
    };
    let request = RegisterDestinationRequest {
        merchant: args.common.merchant.clone(),
        customer: args.customer,
        bank_details: Some(details),
    };
    let mut client = DestinationsClient::new(args.common.channel().await?);
    let answer =
        client.register_destination(request).await.map_err(|status| explain_mutation(&status))?;
    let destination = answer.into_inner().destination.unwrap_or_default();
    show::print(args.common.output, &show::destination(&destination));
    Ok(())
}

async fn import(args: Import) -> Result<(), Failure> {
    let request = ImportDestinationRequest {
        merchant: args.common.merchant.clone(),
        customer: args.customer,
        provider_handle: args.provider_handle,
    };
    let mut client = DestinationsClient::new(args.common.channel().await?);
    let answer =
        client.import_destination(request).await.map_err(|status| explain_mutation(&status))?;
    let destination = answer.into_inner().destination.unwrap_or_default();
    show::print(args.common.output, &show::destination(&destination));
    Ok(())
}

async fn get(args: Which) -> Result<(), Failure> {
    let request =
        GetDestinationRequest { merchant: args.common.merchant.clone(), destination_id: args.id };
    let mut client = DestinationsClient::new(args.common.channel().await?);
    let answer = client.get_destination(request).await.map_err(|status| explain(&status))?;
    let destination = answer.into_inner().destination.unwrap_or_default();
    show::print(args.common.output, &show::destination(&destination));
    Ok(())
}

async fn delete(args: Which) -> Result<(), Failure> {
    let request = DeleteDestinationRequest {
        merchant: args.common.merchant.clone(),
        destination_id: args.id,
    };
    let mut client = DestinationsClient::new(args.common.channel().await?);
    let answer = client.delete_destination(request).await;
    let answer = answer.map_err(|status| explain_mutation(&status))?;
    let destination = answer.into_inner().destination.unwrap_or_default();
    show::print(args.common.output, &show::destination(&destination));
    Ok(())
}

async fn list(args: List) -> Result<(), Failure> {
    let request = ListDestinationsRequest {
        merchant: args.common.merchant.clone(),
        customer: args.customer.unwrap_or_default(),
        include_deleted: args.include_deleted,
        page_size: args.limit.page_size(),
        ..ListDestinationsRequest::default()
    };
    let mut client = DestinationsClient::new(args.common.channel().await?);
    let answer = client.list_destinations(request).await.map_err(|status| explain(&status))?;
    let answer = answer.into_inner();
    args.limit.tell_of_more(&answer.next_page_token);
    for destination in answer.destinations {
        show::print(args.common.output, &show::destination(&destination));
    }
    Ok(())
}
