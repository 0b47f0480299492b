//! Event notifications: form-encoded, signed over the decoded body (page "Validate the
//! notification signature").

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, Mac};
use sha1::Sha1;

use super::book::{Kind, Status, Transaction, TransactionId};
use super::form;
use super::render::{BANK_ID, BANK_NAME, PAYMENT_TYPE};
use crate::announce::announce;
use crate::clock::Moment;
use crate::config::Settings;
use crate::faults::Operation;
use crate::ledger::Region;
use crate::notices::{Content, Notice, NoticeState};
use crate::sim::State;

/// Tells the merchant the status a deposit is in now. Nobody is told while no address is known.
pub(super) fn announce_status(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    id: TransactionId,
) {
    let transaction = state.amer.get(id);
    let Some(deposit) = transaction.deposit() else { return };
    if state.amer.webhook_url.is_none() {
        return;
    }
    let mut series = deposit.series;
    let event_id = state.ids.next();
    let notice = Notice {
        id: event_id.clone(),
        region: Region::Amer,
        method: event_type(transaction.status).to_owned(),
        reference: transaction.reference.clone(),
        provider_id: transaction.id.clone(),
        began_with: Operation::Deposit,
        content: Content::Amer { form: event_form(state, settings, now, id, &event_id) },
        state: NoticeState::Waiting,
        attempts: 0,
        failures: 0,
        copies_left: 1,
    };
    announce(state, &settings.clock, now.since_start, &mut series, notice);
    if let Kind::Deposit(deposit) = &mut state.amer.get_mut(id).kind {
        deposit.series = series;
    }
}

/// The `Authorization` header of a webhook with this body.
pub(crate) fn signature_header(access_id: &str, access_key: &str, form: &str) -> String {
    let decoded = form::decode(form).expect("the simulator encodes its own forms well");
    let mut mac: Hmac<Sha1> =
        Hmac::new_from_slice(access_key.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(decoded.as_bytes());
    let signature = BASE64.encode(mac.finalize().into_bytes());
    format!("Basic {}", BASE64.encode(format!("{access_id}:{signature}")))
}

fn event_type(status: Status) -> &'static str {
    match status {
        Status::Authorized => "Authorize",
        Status::Processed => "Process",
        Status::Completed => "Complete",
        Status::Denied => "Deny",
        Status::Reversed => "Reverse",
    }
}

/// Keys in the order of real samples; those that only some samples have come and go.
fn event_form(
    state: &mut State,
    settings: &Settings,
    now: Moment,
    id: TransactionId,
    event_id: &str,
) -> String {
    let State { amer, rng, .. } = state;
    let transaction = amer.get(id);
    let (_, parent, _) = amer.authorization_of(id);
    let mut event = event_type(transaction.status).to_owned();
    if transaction.status == Status::Completed && rng.one_in(3) {
        // Trustly's own pages do not agree on the spelling.
        event.push('d');
    }
    let mut pairs = vec![
        ("merchantId", settings.amer.merchant_id.clone()),
        ("merchantReference", transaction.reference.clone()),
        ("paymentType", PAYMENT_TYPE.to_string()),
        ("transactionType", transaction.type_code().to_string()),
        ("eventId", event_id.to_owned()),
        ("eventType", event),
        ("objectId", transaction.id.clone()),
        ("objectType", "Transaction".to_owned()),
        ("message", String::new()),
    ];
    if rng.one_in(2) {
        pairs.push(("parentObjectId", parent.id.clone()));
    }
    pairs.push(("timeZone", "Etc/UTC".to_owned()));
    pairs.push(("createdAt", now.unix_ms().to_string()));
    if rng.one_in(2) {
        pairs.push(("accessId", settings.amer.access_id.clone()));
    }
    pairs.push(("fiCode", BANK_ID.to_owned()));
    if rng.one_in(2) {
        pairs.push(("fiName", BANK_NAME.to_owned()));
    }
    pairs.extend(network_pairs(transaction));
    pairs.push(("status", transaction.status.code().to_string()));
    pairs.push(("statusMessage", transaction.status.name().to_owned()));
    let encoded: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", form::encode(value))).collect();
    encoded.join("&")
}

/// What the bank network said, with the reason where the payout failed.
fn network_pairs(transaction: &Transaction) -> Vec<(&'static str, String)> {
    let network = transaction.network_status.to_owned();
    let message = match transaction.status {
        // Where a return's NACHA code appears is not documented; this is one of four candidates.
        Status::Reversed => "R03 No account".to_owned(),
        Status::Authorized | Status::Processed | Status::Completed | Status::Denied => {
            network.clone()
        }
    };
    let mut pairs = vec![
        ("paymentProviderTransaction.status", network),
        ("paymentProviderTransaction.statusMessage", message),
    ];
    if transaction.status == Status::Denied {
        pairs.push(("paymentProviderTransaction.reasonCode", "12".to_owned()));
        pairs.push(("extendedReason.code", "120000".to_owned()));
        pairs.push(("errorCode", "331".to_owned()));
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sandbox-access-key-0001";
    const ID: &str = "SIMACCESSID0000000001";

    #[test]
    fn headers_are_those_of_the_worked_examples() {
        let complete = "merchantId=1002463580&merchantReference=payout_001&paymentType=2\
            &transactionType=6&eventId=1033100695&eventType=Complete&objectId=1025376256\
            &objectType=Transaction&message=&timeZone=Etc%2FUTC&createdAt=1723489387266\
            &fiCode=200005501&fiName=Demo+Bank&paymentProviderTransaction.status=AC105\
            &paymentProviderTransaction.statusMessage=AC105&status=4&statusMessage=Completed";
        assert_eq!(
            signature_header(ID, KEY, complete),
            "Basic U0lNQUNDRVNTSUQwMDAwMDAwMDAxOktudktPVHlzcUlaa2Q5cGozQndZbno3czQvWT0="
        );
        let authorize = "merchantId=1002463580&merchantReference=auth-7f3c1&paymentType=2\
            &transactionType=1&eventId=1033100001&eventType=Authorize&objectId=1025376200\
            &objectType=Transaction&message=&timeZone=Etc%2FUTC&createdAt=1723489380000\
            &fiCode=200005501&status=2&statusMessage=Authorized&splitToken=CKD%2Bab%2F1234%3D";
        assert_eq!(
            signature_header(ID, KEY, authorize),
            "Basic U0lNQUNDRVNTSUQwMDAwMDAwMDAxOnNHdldSVEhFazhNOXgxdVZZU3lYaFhUMzU4bz0="
        );
    }
}
