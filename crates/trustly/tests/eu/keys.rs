//! Keys as OpenSSL writes them, and signatures against OpenSSL and the `rsa` crate.
//!
//! The private key in `tests/keys` was made for these tests and belongs to nothing.

use rsa::RsaPrivateKey;
use rsa::pkcs1::{EncodeRsaPrivateKey, LineEnding};
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use trustly::eu::key::{MerchantKey, TrustlyKey};
use trustly::eu::key_file::KeyError;
use trustly::eu::signature::{self, Algorithm, SignatureError};
use trustly::secret::Secret;

use crate::support::{OTHER_PAIR, PAIR, is_signed, sign};

const PBES2: &str = include_str!("../keys/openssl-pbes2-aes256.pem");
const PUBLIC: &str = include_str!("../keys/openssl-public.pem");
const PLAINTEXT: &str = "plaintext å";

fn passphrase(text: &str) -> Option<Secret> {
    Some(Secret::new(text.to_owned()))
}

fn parse(pem: &str, passphrase: Option<&Secret>) -> Result<MerchantKey, KeyError> {
    MerchantKey::parse(pem.as_bytes(), passphrase)
}

fn openssl_key() -> MerchantKey {
    parse(PBES2, passphrase("throwaway").as_ref()).unwrap()
}

#[test]
fn signatures_equal_those_of_openssl() {
    let key = openssl_key();
    let sha1 = signature::sign(&key, Algorithm::Sha1, PLAINTEXT).unwrap();
    assert_eq!(sha1, include_str!("../keys/openssl-signature-sha1.txt"));
    let rs256 = signature::sign(&key, Algorithm::Rs256, PLAINTEXT).unwrap();
    let expected = include_str!("../keys/openssl-signature-sha256.txt");
    assert_eq!(rs256, format!("alg=RS256;{expected}"));
    assert_eq!(key.public_pem(), PUBLIC);
}

#[test]
fn signatures_equal_those_of_the_rsa_crate_on_new_keys() {
    for pair in [&*PAIR, &*OTHER_PAIR] {
        for (ours, theirs) in [(Algorithm::Sha1, ""), (Algorithm::Rs256, "RS256")] {
            let signature = signature::sign(&pair.merchant, ours, PLAINTEXT).unwrap();
            assert_eq!(signature, sign(pair, theirs, PLAINTEXT));
            assert!(is_signed(&pair.merchant.public_pem(), PLAINTEXT, &signature));
        }
    }
}

#[test]
fn every_digest_is_verified_and_nothing_else_passes() {
    let keys = &PAIR.trustly;
    for algorithm in ["", "RS256", "RS384", "RS512"] {
        let good = sign(&PAIR, algorithm, PLAINTEXT);
        assert_eq!(signature::verify(keys, PLAINTEXT, &good), Ok(()), "{algorithm}");
        let other_text = signature::verify(keys, "plaintext", &good);
        assert_eq!(other_text, Err(SignatureError::NoMatch));
        let other_key = signature::verify(&OTHER_PAIR.trustly, PLAINTEXT, &good);
        assert_eq!(other_key, Err(SignatureError::NoMatch));
        let no_key = signature::verify(&[], PLAINTEXT, &good);
        assert_eq!(no_key, Err(SignatureError::NoMatch));
        let overlap = [OTHER_PAIR.trustly[0].clone(), PAIR.trustly[0].clone()];
        assert_eq!(signature::verify(&overlap, PLAINTEXT, &good), Ok(()));
    }
}

#[test]
fn unknown_algorithms_and_damaged_texts_are_refused() {
    let sha1 = sign(&PAIR, "", PLAINTEXT);
    let verify = |text: &str| signature::verify(&PAIR.trustly, PLAINTEXT, text);
    for prefix in ["alg=RS1;", "alg=none;", "alg=;", "alg=rs256;", "alg=HS256;", "alg="] {
        assert_eq!(verify(&format!("{prefix}{sha1}")), Err(SignatureError::UnknownAlgorithm));
    }
    assert_eq!(verify(&format!("alg=RS256;{sha1}")), Err(SignatureError::NoMatch));
    assert_eq!(verify(&format!("{sha1}\n")), Err(SignatureError::NotBase64));
    assert_eq!(verify(sha1.trim_end_matches('=')), Err(SignatureError::NotBase64));
    assert_eq!(verify("RS256;AAAA"), Err(SignatureError::NotBase64));
    assert_eq!(verify(""), Err(SignatureError::NoMatch));
    assert_eq!(verify("AAAA"), Err(SignatureError::NoMatch));
}

#[test]
fn every_documented_encoding_gives_the_same_key() {
    let independent = RsaPrivateKey::from_pkcs8_encrypted_pem(PBES2, "throwaway").unwrap();
    let pkcs1 = independent.to_pkcs1_pem(LineEnding::LF).unwrap();
    let pkcs8 = independent.to_pkcs8_pem(LineEnding::CRLF).unwrap();
    assert_eq!(parse(&pkcs1, None).unwrap().public_pem(), PUBLIC);
    assert_eq!(parse(&pkcs8, None).unwrap().public_pem(), PUBLIC);
    let scrypt = include_str!("../keys/openssl-pbes2-scrypt.pem");
    let key = parse(scrypt, passphrase("throwaway").as_ref()).unwrap();
    assert_eq!(key.public_pem(), PUBLIC);
}

#[test]
fn keys_are_shared_between_threads_and_show_no_secret() {
    fn shared<T: Send + Sync>(_: &T) {}
    let key = openssl_key();
    shared(&key);
    let expected = sign(&PAIR, "", PLAINTEXT);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let ours = signature::sign(&PAIR.merchant, Algorithm::Sha1, PLAINTEXT);
                    assert_eq!(ours.unwrap(), expected);
                }
            });
        }
    });
    let fingerprint = TrustlyKey::parse(PUBLIC.as_bytes()).unwrap().fingerprint().to_owned();
    assert_eq!(key.fingerprint(), fingerprint, "both halves have one fingerprint");
    // openssl pkey -pubin -in openssl-public.pem -outform DER | openssl sha256
    assert_eq!(fingerprint, "d0ac5776c6a3b585d4d713e6d616107ba76a48915e77ffc10b2337df9063a5a7");
    assert_eq!(format!("{key:?}"), format!("MerchantKey({fingerprint})"));
}
