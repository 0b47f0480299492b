//! Where the browser goes after the Lightbox (page "Validate the redirect signature").

use super::authorization::Authorization;
use super::form;
use super::sessions::Session;
use super::signature::sign;
use super::terms::{RedirectSignature, RedirectValues, Terms};
use super::transaction::{Status, Transaction};

/// What the redirect is about.
pub(super) struct About<'a> {
    pub(super) session: &'a Session,
    pub(super) transaction: &'a Transaction,
    pub(super) authorization: &'a Authorization,
}

/// Back with an authorization. What follows the signature is not signed, as in Trustly's sample.
pub(super) fn returned(about: &About<'_>, terms: &Terms, access_key: &str) -> String {
    let parameters = parameters(about, Status::Authorized);
    let url = signed(&about.session.return_url, &parameters, terms, access_key);
    if !terms.redirect_hint {
        return url;
    }
    format!("{url}&instantPayoutAvail={}", about.authorization.bank.instant_available)
}

/// Back without one. `panel` says where the customer gave up.
pub(super) fn canceled(about: &About<'_>, terms: &Terms, access_key: &str) -> String {
    let mut parameters = parameters(about, Status::Canceled);
    let panel = about.session.panel.to_owned();
    parameters.insert(7, ("payment.paymentProviderTransaction.status", panel));
    signed(&about.session.cancel_url, &parameters, terms, access_key)
}

fn parameters(about: &About<'_>, status: Status) -> Vec<(&'static str, String)> {
    let verified = status == Status::Authorized && about.authorization.account.verified;
    vec![
        ("transactionId", about.transaction.id.clone()),
        ("transactionType", about.transaction.type_code().to_string()),
        ("merchantReference", about.session.reference.clone()),
        ("status", status.code().to_string()),
        ("payment.paymentType", about.authorization.payment_type.code().to_string()),
        ("payment.paymentProvider.type", "1".to_owned()),
        ("payment.account.verified", verified.to_string()),
        ("panel", "1".to_owned()),
    ]
}

fn signed(
    address: &str,
    parameters: &[(&'static str, String)],
    terms: &Terms,
    access_key: &str,
) -> String {
    let joined = |value: fn(&str) -> String| {
        let pairs: Vec<String> =
            parameters.iter().map(|(name, text)| format!("{name}={}", value(text))).collect();
        let separator = if address.contains('?') { '&' } else { '?' };
        format!("{address}{separator}{}", pairs.join("&"))
    };
    let url = joined(form::encode);
    let decoded = joined(str::to_owned);
    let text = match terms.redirect_values {
        RedirectValues::Encoded => url.as_str(),
        RedirectValues::Decoded => decoded.as_str(),
    };
    let text = match (terms.redirect_signature, text.split_once('?')) {
        (RedirectSignature::Query, Some((_, query))) => query,
        _ => text,
    };
    let signature = sign(terms.signature, access_key, text);
    format!("{url}&requestSignature={}", form::encode(&signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sandbox-access-key-0001";

    /// The worked example of the documentation, under a key of our own.
    fn example(terms: &Terms) -> String {
        let parameters = [
            ("transactionId", "1025376200"),
            ("transactionType", "1"),
            ("merchantReference", "auth-7f3c1"),
            ("status", "2"),
            ("payment.paymentType", "2"),
            ("payment.paymentProvider.type", "1"),
            ("payment.account.verified", "true"),
            ("panel", "1"),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        signed("https://merchant.example/payout/return", &parameters, terms, KEY)
    }

    #[test]
    fn redirects_are_signed_as_in_the_worked_examples() {
        let url = example(&Terms::default());
        assert!(url.ends_with("&panel=1&requestSignature=zSYxOoXk%2BnLHaGi80MXlI3FVTfA%3D"));
        let terms = Terms { redirect_signature: RedirectSignature::Query, ..Terms::default() };
        assert!(example(&terms).ends_with("&requestSignature=pb0pseeHNs2ngCXJSRdtlHrpD5M%3D"));
    }

    #[test]
    fn values_are_signed_encoded_or_decoded() {
        let parameters = [("merchantReference", "a b".to_owned())];
        let with = |redirect_values| {
            let terms = Terms { redirect_values, ..Terms::default() };
            signed("https://m.example/?x=1", &parameters, &terms, KEY)
        };
        let (encoded, decoded) = (with(RedirectValues::Encoded), with(RedirectValues::Decoded));
        assert!(encoded.starts_with("https://m.example/?x=1&merchantReference=a+b&"));
        assert_ne!(encoded, decoded);
    }
}
