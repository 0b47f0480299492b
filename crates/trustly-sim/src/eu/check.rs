//! The checks every method makes. Which of several mistakes is reported is not documented, so
//! their order follows the seed.

use super::book::Book;
use super::call::Call;
use super::codes::Code;
use super::fields::is_digits;
use crate::config::EuSettings;
use crate::ledger::Ledger;
use crate::rng::Rng;

/// What a check may look at.
pub(super) struct Case<'a> {
    pub(super) call: &'a Call,
    pub(super) merchant: &'a EuSettings,
    pub(super) book: &'a Book,
    pub(super) ledger: &'a Ledger,
    /// A rule switched the duplicate checks off for this request.
    pub(super) duplicates_pass: bool,
}

pub(super) type Check = fn(&Case<'_>) -> Result<(), Code>;

/// Far above any name an order needs.
const ID_LENGTH_MAX: usize = 255;

/// All checks, in the seed's order. The first that fails names the refusal.
pub(super) fn run(case: &Case<'_>, method: &[Check], seed: u64) -> Result<(), Code> {
    let mut checks: Vec<Check> =
        vec![host, enabled, signature, credentials, uuid_form, uuid_unused];
    checks.extend(method);
    Rng::new(seed).shuffle(&mut checks);
    for check in checks {
        check(case)?;
    }
    Ok(())
}

/// Whether the merchant sent this: a refusal of anybody else's request is not remembered.
pub(super) fn is_authentic(case: &Case<'_>) -> bool {
    signature(case).is_ok() && credentials(case).is_ok()
}

/// A name of ours or the merchant's: visible, not endless.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= ID_LENGTH_MAX && !text.chars().any(char::is_control)
}

fn host(case: &Case<'_>) -> Result<(), Code> {
    match &case.book.contract.allowed_hosts {
        Some(hosts) if !hosts.contains(&case.call.peer) => Err(Code::HOST_ACCESS_DENIED),
        _ => Ok(()),
    }
}

fn enabled(case: &Case<'_>) -> Result<(), Code> {
    let disabled = case.book.contract.disabled_methods.contains(&case.call.method);
    if disabled { Err(Code::FUNCTION_ACCESS_DENIED) } else { Ok(()) }
}

fn signature(case: &Case<'_>) -> Result<(), Code> {
    case.call.signature
}

fn credentials(case: &Case<'_>) -> Result<(), Code> {
    let username = case.call.text("Username") == Some(&case.merchant.username);
    let password = case.call.text("Password") == Some(&case.merchant.password);
    if username && password { Ok(()) } else { Err(Code::INVALID_CREDENTIALS) }
}

fn uuid_form(case: &Case<'_>) -> Result<(), Code> {
    let hex = |part: &str| part.replace(['a', 'b', 'c', 'd', 'e', 'f'], "0");
    let parts: Vec<String> = case.call.uuid.split('-').map(hex).collect();
    let lengths: Vec<usize> = parts.iter().map(String::len).collect();
    let well_formed = lengths == [8, 4, 4, 4, 12] && parts.iter().all(|part| is_digits(part));
    if well_formed { Ok(()) } else { Err(Code::INVALID_PARAMETERS) }
}

/// Identical requests never come here: they are answered from memory.
fn uuid_unused(case: &Case<'_>) -> Result<(), Code> {
    if case.book.has_uuid(&case.call.uuid) && !case.duplicates_pass {
        return Err(Code::DUPLICATE_UUID);
    }
    Ok(())
}
