//! Key files as OpenSSL writes them, and signatures against OpenSSL and the `rsa` crate.
//!
//! The private key in `tests/keys` was made for these tests and belongs to nothing.

use rsa::RsaPrivateKey;
use rsa::pkcs1::{EncodeRsaPrivateKey, LineEnding};
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use rsa::rand_core::{CryptoRng, Error, RngCore};
use trustly::eu::key::{KeyError, MerchantKey, TrustlyKey};
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
    MerchantKey::parse(pem, passphrase)
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
fn outdated_encryption_is_refused_with_the_command_that_converts() {
    let legacy = include_str!("../keys/openssl-legacy-3des.pem");
    for passphrase in [None, passphrase("throwaway")] {
        let error = parse(legacy, passphrase.as_ref()).unwrap_err();
        assert_eq!(error, KeyError::TraditionalEncryption);
        assert!(error.to_string().contains("openssl pkey -in OLD.pem -aes256 -out NEW.pem"));
        for pem in [
            include_str!("../keys/openssl-pbes2-3des.pem"),
            include_str!("../keys/openssl-pbes1-3des.pem"),
        ] {
            let error = parse(pem, passphrase.as_ref()).unwrap_err();
            assert_eq!(error, KeyError::OutdatedCipher);
            assert!(error.to_string().contains("openssl pkey -in OLD.pem -aes256 -out NEW.pem"));
        }
    }
}

#[test]
fn passphrases_are_asked_for_and_checked() {
    assert_eq!(parse(PBES2, None).unwrap_err(), KeyError::PassphraseMissing);
    let wrong = passphrase("thrownaway");
    assert_eq!(parse(PBES2, wrong.as_ref()).unwrap_err(), KeyError::PassphraseWrong);
}

#[test]
fn what_is_no_rsa_private_key_is_refused() {
    assert_eq!(parse("", None).unwrap_err(), KeyError::NotPem);
    assert_eq!(parse("MIIE", None).unwrap_err(), KeyError::NotPem);
    assert_eq!(parse(&"-".repeat(100_000), None).unwrap_err(), KeyError::NotPem);
    assert!(matches!(parse(PUBLIC, None), Err(KeyError::OtherContents { .. })));
    let ec = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
        -----END PRIVATE KEY-----\n";
    assert_eq!(parse(ec, None).unwrap_err(), KeyError::NotRsa);
    let damaged = "-----BEGIN RSA PRIVATE KEY-----\nMAMCAQA=\n-----END RSA PRIVATE KEY-----\n";
    assert_eq!(parse(damaged, None).unwrap_err(), KeyError::Unusable);
}

#[test]
fn small_keys_are_refused() {
    let small = RsaPrivateKey::new(&mut Counter(7), 1024).unwrap();
    let private = small.to_pkcs8_pem(LineEnding::LF).unwrap();
    assert_eq!(parse(&private, None).unwrap_err(), KeyError::Unusable);
    let public = small.to_public_key().to_public_key_pem(LineEnding::LF).unwrap();
    assert_eq!(TrustlyKey::parse(&public).unwrap_err(), KeyError::Unusable);
    let openssl = include_str!("../keys/openssl-public-1024.pem");
    assert_eq!(TrustlyKey::parse(openssl).unwrap_err(), KeyError::Unusable);
}

#[test]
fn trustly_keys_are_public_keys() {
    assert_eq!(TrustlyKey::parse("x").unwrap_err(), KeyError::NotPem);
    assert!(matches!(TrustlyKey::parse(PBES2), Err(KeyError::OtherContents { .. })));
    let no_rsa = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
        -----END PUBLIC KEY-----\n";
    assert_eq!(TrustlyKey::parse(no_rsa).unwrap_err(), KeyError::NotRsa);
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
    let fingerprint = TrustlyKey::parse(PUBLIC).unwrap().fingerprint().to_owned();
    assert_eq!(format!("{key:?}"), format!("MerchantKey({fingerprint})"));
}

/// Numbers for a key that protects nothing.
struct Counter(u64);

impl RngCore for Counter {
    fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    fn next_u64(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        for byte in dest {
            *byte = self.next_u64().to_le_bytes()[0];
        }
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for Counter {}
