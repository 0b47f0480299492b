//! Lists of transactions, by which a lost answer is settled.
//!
//! That something is not in a list counts as evidence, so one element that cannot be read makes
//! the whole page worthless: it could have been the one.

use thiserror::Error;

use super::reply::ApiErrors;
use super::transaction::Transaction;
use crate::amer::status::TransactionType;
use crate::field::{self, FieldError};
use crate::json::{Json, JsonError};

/// The longest page: 100 transactions, the most that Trustly returns, with room for 40 KB each.
pub const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// One page of a list, every element of which was read fully.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In the order of the answer.
    pub transactions: Vec<Transaction>,
    /// The index of the first of them in the whole list, if the answer says so.
    pub start_index: Option<u64>,
    /// How many were asked for, if the answer says so.
    pub items_per_page: Option<u64>,
}

/// Why an answer is not a page. None of it may be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PageError {
    /// Not a JSON text that we accept.
    #[error("list is not acceptable json")]
    Json(#[from] JsonError),
    /// An element, or something around the elements, is not what it should be.
    #[error("list cannot be read")]
    Field(#[from] FieldError),
    /// Trustly answered with errors.
    #[error("list was refused by the provider")]
    Refused(ApiErrors),
}

impl Page {
    /// Reads the answer to a list request. Elements may be transactions, wrapped transactions, or
    /// objects that have them under numbers, all of which Trustly's pages show.
    pub fn parse(body: &[u8]) -> Result<Self, PageError> {
        let tree = Json::parse(body, PAGE_BYTES_MAX)?;
        if let Some(errors) = ApiErrors::read(&tree)? {
            return Err(PageError::Refused(errors));
        }
        let Some(elements) = tree.get("transactions") else {
            return Err(FieldError::Missing("transactions").into());
        };
        let mut transactions = Vec::new();
        match elements {
            Json::Array(elements) => {
                for element in elements {
                    collect(element, &mut transactions)?;
                }
            }
            Json::Object(members) if members.is_empty() => {}
            element => collect(element, &mut transactions)?,
        }
        Ok(Self {
            transactions,
            start_index: field::optional_number(&tree, "startIndex")?,
            items_per_page: field::optional_number(&tree, "itemsPerPage")?,
        })
    }
}

fn collect(element: &Json, transactions: &mut Vec<Transaction>) -> Result<(), FieldError> {
    match element {
        Json::Object(members) if !members.is_empty() && members.keys().all(|key| is_index(key)) => {
            for member in members.values() {
                collect(member, transactions)?;
            }
            Ok(())
        }
        _ => {
            transactions.push(complete(Transaction::read(element)?)?);
            Ok(())
        }
    }
}

/// A deposit without its reference or amount could be anybody's, the one looked for included.
fn complete(transaction: Transaction) -> Result<Transaction, FieldError> {
    if transaction.transaction_type == TransactionType::Deposit {
        if transaction.merchant_reference.is_none() {
            return Err(FieldError::Missing("merchantReference"));
        }
        if transaction.amount_minor_units.is_none() {
            return Err(FieldError::Missing("amount"));
        }
    }
    Ok(transaction)
}

fn is_index(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit())
}
