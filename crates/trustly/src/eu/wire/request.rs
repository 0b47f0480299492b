//! Signed requests, as the exact bytes that are sent, kept and, if need be, sent again.

use std::collections::BTreeMap;

use thiserror::Error;
use zeroize::Zeroizing;

use crate::decimal::{DecimalError, Decimals, amount_text};
use crate::eu::canonical;
use crate::eu::clearing_house::BankAccount;
use crate::eu::key::{MerchantKey, SignError};
use crate::eu::signature::{self, Algorithm};
use crate::eu::uuid::Uuid;
use crate::eu::wire::report::SETTLEMENT_VERSION;
use crate::json::{Json, write_string};
use crate::secret::Secret;

/// Room for what is around `Data`: names, braces, UUID and a Base64 signature of 8192 bits.
const ENVELOPE_BYTES: usize = 2048;

/// Who calls: one merchant's credentials with Trustly.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    /// The processing account's user name.
    pub username: &'a str,
    /// Its password, part of every request body and of every signed text.
    pub password: &'a Secret,
    /// The key that signs.
    pub key: &'a MerchantKey,
    /// What it signs with.
    pub algorithm: Algorithm,
}

/// Why no request could be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RequestError {
    /// The amount cannot be written as Trustly wants it.
    #[error("amount cannot be sent")]
    Amount(#[from] DecimalError),
    /// Signing failed.
    #[error("request cannot be signed")]
    Sign(#[from] SignError),
}

/// A method with its parameters.
pub enum Call<'a> {
    /// Turns bank details into an AccountID. Repeating it gives the same AccountID.
    RegisterAccount(RegisterAccount<'a>),
    /// Lets the customer choose and verify an account on Trustly's pages.
    SelectAccount(SelectAccount<'a>),
    /// Sends money to an AccountID.
    AccountPayout(AccountPayout<'a>),
    /// Asks what the merchant has, by currency.
    Balance,
    /// Asks where the transfers of one order stand, by Trustly's order id.
    GetWithdrawals(&'a str),
    /// Asks what was booked and settled.
    AccountLedger(AccountLedger<'a>),
    /// Asks what one settlement is made of.
    SettlementDetails(SettlementDetails<'a>),
}

/// Parameters of AccountLedger.
pub struct AccountLedger<'a> {
    /// The first day, `YYYY-MM-DD`.
    pub from_date: &'a str,
    /// The day after the last.
    pub to_date: &'a str,
    /// ISO 4217.
    pub currency: &'a str,
}

/// Parameters of ViewAutomaticSettlementDetailsCSV.
pub struct SettlementDetails<'a> {
    /// `YYYY-MM-DD`
    pub settlement_date: &'a str,
    /// ISO 4217.
    pub currency: &'a str,
}

/// Parameters of RegisterAccount. Absent parts are left out of the request.
pub struct RegisterAccount<'a> {
    /// Identifies the customer, the same one each time.
    pub end_user_id: &'a str,
    /// Where the money is to go.
    pub account: &'a BankAccount,
    /// The holder's first name, or an organisation's whole name.
    pub first_name: &'a str,
    /// The holder's last name; empty for an organisation.
    pub last_name: &'a str,
    /// `YYYY-MM-DD`
    pub date_of_birth: Option<&'a str>,
    /// In international form.
    pub mobile_phone: Option<&'a str>,
    /// The holder's national identification number.
    pub national_id: Option<&'a str>,
    /// The holder's e-mail address.
    pub email: Option<&'a str>,
    /// The holder's address.
    pub address: Option<Address<'a>>,
}

/// Parameters of SelectAccount. Absent attributes are left out of the request.
pub struct SelectAccount<'a> {
    /// Identifies the customer, the same one each time.
    pub end_user_id: &'a str,
    /// Our id of the selection, unique among everything that is ordered.
    pub message_id: &'a str,
    /// Where Trustly reports to: https, without a question mark, hard to guess.
    pub notification_url: &'a str,
    /// ISO 3166-1 alpha-2.
    pub country: &'a str,
    /// Language, with a territory or without.
    pub locale: &'a str,
    /// The customer's first name.
    pub first_name: &'a str,
    /// The customer's last name.
    pub last_name: &'a str,
    /// Where the browser goes with an account chosen.
    pub success_url: &'a str,
    /// Where it goes without.
    pub fail_url: &'a str,
    /// The customer's e-mail address.
    pub email: Option<&'a str>,
    /// One address of the customer's browser.
    pub ip: Option<&'a str>,
    /// In international form.
    pub mobile_phone: Option<&'a str>,
    /// The customer's national identification number.
    pub national_id: Option<&'a str>,
    /// Whether the customer may not change it; in Sweden only.
    pub national_id_is_fixed: bool,
    /// `YYYY-MM-DD`
    pub date_of_birth: Option<&'a str>,
    /// What the customer's bank statement says after Trustly's own reference.
    pub shopper_statement: &'a str,
    /// The app that the customer comes back to from a bank's app.
    pub return_to_app_url: Option<&'a str>,
    /// The merchant that the customer sees, for partners and e-wallets.
    pub sub_merchant: Option<SubMerchant<'a>>,
}

/// A holder's address, as far as it is known.
pub enum Address<'a> {
    /// In parts, which Trustly prefers.
    Parts {
        /// ISO 3166-1 alpha-2.
        country: Option<&'a str>,
        /// Postal code.
        postal_code: Option<&'a str>,
        /// City.
        city: Option<&'a str>,
        /// Street.
        line_1: Option<&'a str>,
        /// What does not fit in the first line.
        line_2: Option<&'a str>,
    },
    /// As one text, where the parts are not known.
    Whole(&'a str),
}

/// Parameters of AccountPayout. Absent attributes are left out of the request.
pub struct AccountPayout<'a> {
    /// From RegisterAccount or an account notification.
    pub account_id: &'a str,
    /// Hundredths of the currency's unit; more than zero.
    pub minor_units: i64,
    /// How many decimals the text of the amount has.
    pub decimals: Decimals,
    /// ISO 4217.
    pub currency: &'a str,
    /// Identifies the customer, the same one each time.
    pub end_user_id: &'a str,
    /// Our id of the payout, unique among all payouts.
    pub message_id: &'a str,
    /// Where Trustly reports to: https, without a question mark, hard to guess.
    pub notification_url: &'a str,
    /// What the customer's bank statement says after Trustly's own reference.
    pub shopper_statement: &'a str,
    /// Appears in the settlement report.
    pub external_reference: Option<&'a str>,
    /// Who pays, where the merchant pays on somebody's behalf.
    pub sender: Option<Sender<'a>>,
    /// The merchant that the customer sees, for partners and e-wallets.
    pub sub_merchant: Option<SubMerchant<'a>>,
    /// In Trustly's test environment only: notifications wait to be sent by hand.
    pub hold_notifications: bool,
}

/// The ultimate payer (SenderInformation).
pub struct Sender<'a> {
    /// A person or an organisation, with the name.
    pub party: Party<'a>,
    /// In one text.
    pub address: &'a str,
    /// ISO 3166-1 alpha-2.
    pub country_code: &'a str,
    /// Identifies the payer, not the payment.
    pub customer_id: Option<&'a str>,
    /// A person's date of birth (`YYYY-MM-DD`), an organisation's number.
    pub date_of_birth: Option<&'a str>,
}

/// What kind of payer, and its name.
pub enum Party<'a> {
    /// A person.
    Person {
        /// First name.
        first_name: &'a str,
        /// Last name.
        last_name: &'a str,
    },
    /// An organisation.
    Organisation {
        /// Its whole name.
        name: &'a str,
    },
}

/// The merchant that the customer sees (the three PSP attributes).
pub struct SubMerchant<'a> {
    /// Legal or trade name.
    pub name: &'a str,
    /// The website where the order began.
    pub url: &'a str,
    /// Visa category code.
    pub category_code: &'a str,
}

/// Builds and signs the body of one request. Deterministic: the same arguments give the same
/// bytes. The bytes hold the password and are wiped when dropped.
pub fn request(
    call: &Call<'_>,
    uuid: &Uuid,
    caller: &Caller<'_>,
) -> Result<Zeroizing<Vec<u8>>, RequestError> {
    let data = Zeroizing::new(data(call, caller)?);
    let method = call.method();
    let plaintext = canonical::plaintext(method, uuid.as_str(), &data);
    let signature = signature::sign(caller.key, caller.algorithm, &plaintext)?;
    // Escapes can make the text longer than the plaintext, at most six times.
    let mut body = String::with_capacity(ENVELOPE_BYTES + plaintext.len() * 6);
    body.push_str(r#"{"method":"#);
    write_string(method, &mut body);
    body.push_str(r#","params":{"Signature":"#);
    write_string(&signature, &mut body);
    body.push_str(r#","UUID":"#);
    write_string(uuid.as_str(), &mut body);
    body.push_str(r#","Data":"#);
    data.write(&mut body);
    body.push_str(r#"},"version":"1.1"}"#);
    Ok(Zeroizing::new(body.into_bytes()))
}

impl Call<'_> {
    /// The method's name on the wire, which its answer must repeat.
    #[must_use]
    pub fn method(&self) -> &'static str {
        match self {
            Self::RegisterAccount(_) => "RegisterAccount",
            Self::SelectAccount(_) => "SelectAccount",
            Self::AccountPayout(_) => "AccountPayout",
            Self::Balance => "Balance",
            Self::GetWithdrawals(_) => "GetWithdrawals",
            Self::AccountLedger(_) => "AccountLedger",
            Self::SettlementDetails(_) => "ViewAutomaticSettlementDetailsCSV",
        }
    }
}

fn data(call: &Call<'_>, caller: &Caller<'_>) -> Result<Json, DecimalError> {
    let mut data = match call {
        Call::RegisterAccount(call) => register_account(call),
        Call::SelectAccount(call) => select_account(call),
        Call::AccountPayout(call) => account_payout(call)?,
        Call::Balance => Members::new(),
        Call::GetWithdrawals(order_id) => get_withdrawals(order_id),
        Call::AccountLedger(call) => account_ledger(call),
        Call::SettlementDetails(call) => settlement_details(call),
    };
    data.set("Username", caller.username);
    data.set("Password", caller.password.expose());
    Ok(data.build())
}

fn register_account(call: &RegisterAccount<'_>) -> Members {
    let mut attributes = Members::new();
    attributes.set_known("DateOfBirth", call.date_of_birth);
    attributes.set_known("MobilePhone", call.mobile_phone);
    attributes.set_known("NationalIdentificationNumber", call.national_id);
    attributes.set_known("Email", call.email);
    match &call.address {
        None => {}
        Some(Address::Whole(address)) => attributes.set("Address", address),
        Some(Address::Parts { country, postal_code, city, line_1, line_2 }) => {
            attributes.set_known("AddressCountry", *country);
            attributes.set_known("AddressPostalCode", *postal_code);
            attributes.set_known("AddressCity", *city);
            attributes.set_known("AddressLine1", *line_1);
            attributes.set_known("AddressLine2", *line_2);
        }
    }
    let mut data = Members::new();
    data.set("EndUserID", call.end_user_id);
    data.set("ClearingHouse", call.account.clearing_house());
    data.set("BankNumber", call.account.bank_number());
    data.set("AccountNumber", call.account.account_number());
    data.set("Firstname", call.first_name);
    data.set("Lastname", call.last_name);
    data.set_object_unless_empty("Attributes", attributes);
    data
}

fn select_account(call: &SelectAccount<'_>) -> Members {
    let mut attributes = Members::new();
    attributes.set("Country", call.country);
    attributes.set("Locale", call.locale);
    attributes.set("Firstname", call.first_name);
    attributes.set("Lastname", call.last_name);
    attributes.set("SuccessURL", call.success_url);
    attributes.set("FailURL", call.fail_url);
    attributes.set_known("Email", call.email);
    attributes.set_known("IP", call.ip);
    attributes.set_known("MobilePhone", call.mobile_phone);
    attributes.set_known("NationalIdentificationNumber", call.national_id);
    if call.national_id_is_fixed {
        attributes.set("UnchangeableNationalIdentificationNumber", "1");
    }
    attributes.set_known("DateOfBirth", call.date_of_birth);
    attributes.set("ShopperStatement", call.shopper_statement);
    attributes.set_known("ReturnToAppURL", call.return_to_app_url);
    attributes.set_sub_merchant(call.sub_merchant.as_ref());
    let mut data = Members::new();
    data.set("EndUserID", call.end_user_id);
    data.set("MessageID", call.message_id);
    data.set("NotificationURL", call.notification_url);
    data.set_object_unless_empty("Attributes", attributes);
    data
}

fn account_payout(call: &AccountPayout<'_>) -> Result<Members, DecimalError> {
    let mut attributes = Members::new();
    attributes.set("ShopperStatement", call.shopper_statement);
    attributes.set_known("ExternalReference", call.external_reference);
    attributes.set_sub_merchant(call.sub_merchant.as_ref());
    if let Some(sender) = &call.sender {
        attributes.set_object_unless_empty("SenderInformation", sender_information(sender));
    }
    if call.hold_notifications {
        attributes.set("HoldNotifications", "1");
    }
    let mut data = Members::new();
    data.set("AccountID", call.account_id);
    data.set("Amount", &amount_text(call.minor_units, call.decimals)?);
    data.set("Currency", call.currency);
    data.set("EndUserID", call.end_user_id);
    data.set("MessageID", call.message_id);
    data.set("NotificationURL", call.notification_url);
    data.set_object_unless_empty("Attributes", attributes);
    Ok(data)
}

fn get_withdrawals(order_id: &str) -> Members {
    let mut data = Members::new();
    data.set("OrderID", order_id);
    data
}

fn account_ledger(call: &AccountLedger<'_>) -> Members {
    let mut data = Members::new();
    data.set("FromDate", call.from_date);
    data.set("ToDate", call.to_date);
    data.set("Currency", call.currency);
    data
}

fn settlement_details(call: &SettlementDetails<'_>) -> Members {
    let mut attributes = Members::new();
    attributes.set("APIVersion", SETTLEMENT_VERSION);
    let mut data = Members::new();
    data.set("SettlementDate", call.settlement_date);
    data.set("Currency", call.currency);
    data.set_object_unless_empty("Attributes", attributes);
    data
}

fn sender_information(sender: &Sender<'_>) -> Members {
    let (party_type, first_name, last_name) = match sender.party {
        Party::Person { first_name, last_name } => ("PERSON", first_name, last_name),
        Party::Organisation { name } => ("ORGANISATION", name, ""),
    };
    let mut members = Members::new();
    members.set("Partytype", party_type);
    members.set("Firstname", first_name);
    members.set("Lastname", last_name);
    members.set("Address", sender.address);
    members.set("CountryCode", sender.country_code);
    members.set_known("CustomerID", sender.customer_id);
    members.set_known("DateOfBirth", sender.date_of_birth);
    members
}

/// An object under construction. Every value that we send is a string or an object that has
/// members: clients and Trustly disagree about how anything else is signed.
struct Members(BTreeMap<String, Json>);

impl Members {
    fn new() -> Self {
        Self(BTreeMap::new())
    }

    fn set(&mut self, key: &str, value: &str) {
        self.0.insert(key.to_owned(), Json::Text(value.to_owned()));
    }

    fn set_known(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    fn set_sub_merchant(&mut self, merchant: Option<&SubMerchant<'_>>) {
        if let Some(merchant) = merchant {
            self.set("PSPMerchant", merchant.name);
            self.set("PSPMerchantURL", merchant.url);
            self.set("MerchantCategoryCode", merchant.category_code);
        }
    }

    fn set_object_unless_empty(&mut self, key: &str, members: Self) {
        if !members.0.is_empty() {
            self.0.insert(key.to_owned(), members.build());
        }
    }

    fn build(self) -> Json {
        Json::Object(self.0)
    }
}
