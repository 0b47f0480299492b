//! A transaction, as every answer shows it.

use crate::amer::reason::ProviderDetail;
use crate::amer::status::{Status, TransactionType};
use crate::field::{self, FieldError};
use crate::json::Json;

/// The longest transaction id; Trustly documents 15 digits.
pub const TRANSACTION_ID_DIGITS_MAX: usize = 20;

/// US and Canadian dollars have two decimals, and Trustly Americas has no other currency.
const EXPONENT: u32 = 2;

/// An authorization, deposit, reclaim or something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Trustly's id, digits.
    pub transaction_id: String,
    /// The parent: of a deposit the authorization, of a reclaim the deposit.
    pub original_transaction_id: Option<String>,
    /// What it is.
    pub transaction_type: TransactionType,
    /// How far it is.
    pub status: Status,
    /// The transaction's own reference, not that of its payment.
    pub merchant_reference: Option<String>,
    /// Cents.
    pub amount_minor_units: Option<i64>,
    /// `USD` or `CAD`.
    pub currency: Option<String>,
    /// Grows with every change: of two readings the larger is the newer.
    pub record_version: Option<u64>,
    /// When it was created, in milliseconds since 1970.
    pub created_at_ms: Option<u64>,
    /// When it was handed to the banks.
    pub processed_at_ms: Option<u64>,
    /// When it settled.
    pub completed_at_ms: Option<u64>,
    /// When it last changed.
    pub updated_at_ms: Option<u64>,
    /// Whether instant settlement was used.
    pub instant_settle: Option<bool>,
    /// Whether the customer's bank offers it.
    pub instant_payout_available: Option<bool>,
    /// What the banks said.
    pub detail: ProviderDetail,
    /// The authorization behind it.
    pub payment: Payment,
}

/// What a transaction says about the authorization behind it. All of it may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Payment {
    /// The reference that the authorization was made with; not that of a deposit on it.
    pub merchant_reference: Option<String>,
    /// The customer, by the merchant's name.
    pub customer_external_id: Option<String>,
    /// The bank's name.
    pub bank_name: Option<String>,
    /// The last digits of the account number; never the whole of it.
    pub account_last_four: Option<String>,
}

impl Transaction {
    /// Reads a transaction that stands in `tree` itself or in its member `transaction`.
    pub fn read(tree: &Json) -> Result<Self, FieldError> {
        let tree = match tree.get("transaction") {
            Some(inner @ Json::Object(_)) => inner,
            Some(Json::Null) | None => tree,
            Some(_) => return Err(FieldError::Malformed("transaction")),
        };
        let transaction_type = number(tree, "transactionType")?;
        Ok(Self {
            transaction_id: id(tree, "transactionId")?
                .ok_or(FieldError::Missing("transactionId"))?,
            original_transaction_id: id(tree, "originalTransactionId")?,
            transaction_type: TransactionType::from(transaction_type),
            status: Status::from(number(tree, "status")?),
            merchant_reference: text(tree, "merchantReference")?,
            amount_minor_units: amount(tree)?,
            currency: currency(tree)?,
            record_version: field::optional_number(tree, "recordVersion")?,
            created_at_ms: field::optional_time(tree, "createdAt")?,
            processed_at_ms: field::optional_time(tree, "processedAt")?,
            completed_at_ms: field::optional_time(tree, "completedAt")?,
            updated_at_ms: field::optional_time(tree, "updatedAt")?,
            instant_settle: field::optional_bool(tree, "paymentProviderTransaction.instantSettle")?,
            instant_payout_available: field::optional_bool(
                tree,
                "payment.paymentProvider.instantPayoutAvailable",
            )?,
            detail: detail(tree)?,
            payment: payment(tree)?,
        })
    }
}

fn number(tree: &Json, path: &'static str) -> Result<u64, FieldError> {
    field::optional_number(tree, path)?.ok_or(FieldError::Missing(path))
}

/// An id, digits only. Empty counts as absent.
fn id(tree: &Json, path: &'static str) -> Result<Option<String>, FieldError> {
    let id = text(tree, path)?;
    let Some(digits) = &id else { return Ok(None) };
    if digits.len() > TRANSACTION_ID_DIGITS_MAX || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(FieldError::Malformed(path));
    }
    Ok(id)
}

/// A text. Empty counts as absent, as Trustly uses it.
fn text(tree: &Json, path: &'static str) -> Result<Option<String>, FieldError> {
    let text = field::optional(tree, path)?.filter(|text| !text.is_empty());
    Ok(text.map(str::to_owned))
}

fn amount(tree: &Json) -> Result<Option<i64>, FieldError> {
    let Some(amount) = field::optional_amount(tree, "amount")? else {
        return Ok(None);
    };
    match amount.minor_units(EXPONENT) {
        Ok(minor_units) => Ok(Some(minor_units)),
        Err(source) => Err(FieldError::Amount { field: "amount", source }),
    }
}

fn currency(tree: &Json) -> Result<Option<String>, FieldError> {
    match field::optional(tree, "currency")? {
        None => Ok(None),
        Some(code @ ("USD" | "CAD")) => Ok(Some(code.to_owned())),
        Some(_) => Err(FieldError::Malformed("currency")),
    }
}

fn payment(tree: &Json) -> Result<Payment, FieldError> {
    let last_four = text(tree, "payment.account.accountNumberLastFour")?
        .or(text(tree, "payment.account.accountNumber")?)
        // Documented as the last four digits, but a virtual account number is whole.
        .map(|digits| digits.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect());
    Ok(Payment {
        merchant_reference: text(tree, "payment.merchantReference")?,
        customer_external_id: text(tree, "payment.customer.externalId")?,
        bank_name: text(tree, "payment.paymentProvider.name")?,
        account_last_four: last_four,
    })
}

fn detail(tree: &Json) -> Result<ProviderDetail, FieldError> {
    let own = text(tree, "statusCode")?;
    let provider = text(tree, "paymentProviderTransaction.status")?;
    Ok(ProviderDetail {
        status: provider.or(own),
        status_message: text(tree, "paymentProviderTransaction.statusMessage")?
            .or(text(tree, "statusMessage")?),
        reason_code: text(tree, "paymentProviderTransaction.reasonCode")?,
        extended_reason: text(tree, "paymentProviderTransaction.extendedReason.code")?,
        third_party_decline_code: text(tree, "paymentProviderTransaction.thirdPartyDeclineCode")?,
        return_type: None,
    })
}
