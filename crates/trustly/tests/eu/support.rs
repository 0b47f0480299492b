//! A second implementation of Trustly's signatures, written from the documentation.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey};
use rsa::{Pkcs1v15Sign, RsaPrivateKey, RsaPublicKey};
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use trustly::eu::key::{MerchantKey, TrustlyKey};
use trustly::eu::keygen;
use trustly::json::Json;

pub(crate) const UUID: &str = "258a2184-2842-b485-25ca-293525152425";

/// One key pair, as both implementations see it. It stands for the merchant in tests of what we
/// sign and for Trustly in tests of what we verify.
pub(crate) struct Pair {
    pub(crate) merchant: MerchantKey,
    pub(crate) trustly: [TrustlyKey; 1],
    pub(crate) independent: RsaPrivateKey,
}

impl Pair {
    fn generate() -> Self {
        let files = keygen::generate().unwrap();
        Self {
            merchant: MerchantKey::parse(files.private_pem.as_bytes(), None).unwrap(),
            trustly: [TrustlyKey::parse(files.public_pem.as_bytes()).unwrap()],
            independent: RsaPrivateKey::from_pkcs8_pem(&files.private_pem).unwrap(),
        }
    }
}

pub(crate) static PAIR: LazyLock<Pair> = LazyLock::new(Pair::generate);
pub(crate) static OTHER_PAIR: LazyLock<Pair> = LazyLock::new(Pair::generate);

pub(crate) fn json(text: &str) -> Json {
    Json::parse(text.as_bytes(), 1 << 20).unwrap()
}

/// Signs like Trustly; `algorithm` is `""`, `"RS256"`, `"RS384"` or `"RS512"`.
pub(crate) fn sign(pair: &Pair, algorithm: &str, plaintext: &str) -> String {
    sign_with(&pair.independent, algorithm, plaintext)
}

pub(crate) fn sign_with(key: &RsaPrivateKey, algorithm: &str, plaintext: &str) -> String {
    let (scheme, digest) = scheme(algorithm, plaintext);
    let signature = STANDARD.encode(key.sign(scheme, &digest).unwrap());
    if algorithm.is_empty() { signature } else { format!("alg={algorithm};{signature}") }
}

/// Whether `signature`, prefix and all, is that of `plaintext` by the key in `public_pem`.
pub(crate) fn is_signed(public_pem: &str, plaintext: &str, signature: &str) -> bool {
    let (algorithm, base64) = match signature.strip_prefix("alg=") {
        Some(rest) => rest.split_once(';').unwrap(),
        None => ("", signature),
    };
    let (scheme, digest) = scheme(algorithm, plaintext);
    let key = RsaPublicKey::from_public_key_pem(public_pem).unwrap();
    key.verify(scheme, &digest, &STANDARD.decode(base64).unwrap()).is_ok()
}

fn scheme(algorithm: &str, plaintext: &str) -> (Pkcs1v15Sign, Vec<u8>) {
    match algorithm {
        "" => (Pkcs1v15Sign::new::<Sha1>(), Sha1::digest(plaintext).to_vec()),
        "RS256" => (Pkcs1v15Sign::new::<Sha256>(), Sha256::digest(plaintext).to_vec()),
        "RS384" => (Pkcs1v15Sign::new::<Sha384>(), Sha384::digest(plaintext).to_vec()),
        "RS512" => (Pkcs1v15Sign::new::<Sha512>(), Sha512::digest(plaintext).to_vec()),
        _ => panic!("no such algorithm: {algorithm}"),
    }
}

/// Trustly's serialisation over another JSON library's tree.
pub(crate) fn serialise(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(elements) => elements.iter().map(serialise).collect(),
        Value::Object(members) => {
            let mut pairs: Vec<_> = members.iter().collect();
            pairs.sort_by(|left, right| left.0.as_bytes().cmp(right.0.as_bytes()));
            pairs.into_iter().map(|(key, value)| format!("{key}{}", serialise(value))).collect()
        }
    }
}

/// A result as Trustly would send it.
pub(crate) fn signed_result(pair: &Pair, algorithm: &str, method: &str, data: &str) -> String {
    let signature = sign_data(pair, algorithm, method, UUID, data);
    format!(
        r#"{{"version":"1.1","result":{{"uuid":"{UUID}","data":{data},"method":"{method}",
            "signature":"{signature}"}}}}"#
    )
}

/// A notification as Trustly would send it.
pub(crate) fn signed_notification(pair: &Pair, method: &str, data: &str) -> String {
    let signature = sign_data(pair, "", method, UUID, data);
    format!(
        r#"{{"method":"{method}","params":{{"uuid":"{UUID}","data":{data},
            "signature":"{signature}"}},"version":"1.1"}}"#
    )
}

pub(crate) fn sign_data(
    pair: &Pair,
    algorithm: &str,
    method: &str,
    uuid: &str,
    data: &str,
) -> String {
    let data: Value = serde_json::from_str(data).unwrap();
    sign(pair, algorithm, &format!("{method}{uuid}{}", serialise(&data)))
}
