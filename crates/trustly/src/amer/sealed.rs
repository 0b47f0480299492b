//! A deposit as it is sealed: path, media type and body. Credentials are not part of it; they are
//! added when it is sent, so that a rotated key does not strand it.

use payout::attempt::RequestDigest;
use payout::id::ProviderAccount;
use payout::port::Request;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::wire::deposit::{self, Body, Encoding};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A deposit, ready to be sent.
pub(super) struct SealedDeposit {
    pub(super) path: String,
    pub(super) content_type: &'static str,
    pub(super) body: Zeroizing<Vec<u8>>,
}

/// Writes a deposit down: a line for the path, one for the media type, then the body as it is.
pub(super) fn seal(path: &str, body: &Body, account: &ProviderAccount) -> Request {
    let mut bytes = Zeroizing::new(Vec::new());
    for line in [path, body.content_type] {
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(&body.bytes);
    let encoding = if body.content_type == JSON { Encoding::Json } else { Encoding::Form };
    let shown = deposit::masked(&body.bytes, encoding);
    let masked = shown.expect("what was just written can be read");
    let digest = RequestDigest(Sha256::digest(&bytes).into());
    Request { bytes, masked, digest, account: account.clone() }
}

/// Reads what [`seal`] wrote.
pub(super) fn open(request: &Request) -> Option<SealedDeposit> {
    let mut parts = request.bytes.splitn(3, |byte| *byte == b'\n');
    let (path, content_type, body) = (parts.next()?, parts.next()?, parts.next()?);
    let content_type = match std::str::from_utf8(content_type).ok()? {
        JSON => JSON,
        FORM => FORM,
        _ => return None,
    };
    let path = std::str::from_utf8(path).ok()?.to_owned();
    Some(SealedDeposit { path, content_type, body: Zeroizing::new(body.to_vec()) })
}
