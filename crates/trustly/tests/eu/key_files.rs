//! Key files of every kind that people have: what is not read is named, with the command that
//! converts it. Each command was carried out with OpenSSL 3.0 on a file of its kind.

use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding, SecretDocument};
use trustly::eu::key::{MerchantKey, TrustlyKey};
use trustly::eu::key_file::KeyError;
use trustly::secret::Secret;

use crate::random::Random;

const PBES2: &str = include_str!("../keys/openssl-pbes2-aes256.pem");
const PUBLIC: &str = include_str!("../keys/openssl-public.pem");
const REENCRYPT: &str = "`openssl pkey -in OLD.pem -aes256 -out NEW.pem`";

fn clear() -> RsaPrivateKey {
    RsaPrivateKey::from_pkcs8_encrypted_pem(PBES2, "throwaway").unwrap()
}

/// A block of PEM, of which nothing but the label is looked at.
fn labelled(label: &str) -> String {
    format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n")
}

/// What is said of a file that is given as a merchant's private key.
fn private(file: impl AsRef<[u8]>) -> String {
    let passphrase = Secret::new("throwaway".to_owned());
    let error = MerchantKey::parse(file.as_ref(), None).unwrap_err();
    let with_passphrase = MerchantKey::parse(file.as_ref(), Some(&passphrase)).unwrap_err();
    assert_eq!(error, with_passphrase);
    error.to_string()
}

/// What is said of a file that is given as a key of Trustly's.
fn public(file: impl AsRef<[u8]>) -> String {
    TrustlyKey::parse(file.as_ref()).unwrap_err().to_string()
}

#[track_caller]
fn says(said: &str, found: &str, remedy: &str) {
    assert!(said.contains(found) && said.contains(remedy), "{said}");
}

#[test]
fn outdated_encryption_is_named() {
    let traditional = private(include_bytes!("../keys/openssl-legacy-3des.pem"));
    says(&traditional, "OpenSSL's traditional encryption", REENCRYPT);
    for file in [
        include_str!("../keys/openssl-pbes2-3des.pem"),
        include_str!("../keys/openssl-pbes2-sha1.pem"),
        include_str!("../keys/openssl-pbes1-3des.pem"),
        include_str!("../keys/openssl-pbes1-des.pem"),
    ] {
        let said = private(file);
        says(&said, "encrypted in an outdated way", REENCRYPT);
        says(&said, "single DES", "-provider default -provider legacy");
    }
}

#[test]
fn passphrases_are_asked_for_and_checked() {
    let parse = |passphrase: Option<&str>| {
        let passphrase = passphrase.map(|text| Secret::new(text.to_owned()));
        MerchantKey::parse(PBES2.as_bytes(), passphrase.as_ref()).map(|key| key.fingerprint())
    };
    assert_eq!(parse(None), Err(KeyError::PassphraseMissing));
    assert_eq!(parse(Some("thrownaway")), Err(KeyError::PassphraseWrong));
    assert_eq!(parse(Some("")), Err(KeyError::PassphraseWrong));
    let fingerprint = TrustlyKey::parse(PUBLIC.as_bytes()).unwrap().fingerprint().to_owned();
    assert_eq!(parse(Some("throwaway")), Ok(fingerprint));
}

#[test]
fn what_is_no_pem_is_named() {
    for nothing in ["", " ", "MIIE", "-----BEGIN", "0123456789abcdef", &"-".repeat(100_000)] {
        says(&private(nothing), "not PEM", "-----BEGIN");
        says(&public(nothing), "not PEM", "-----BEGIN");
    }
    let der = clear().to_pkcs8_der().unwrap();
    says(&private(der.as_bytes()), "binary", "`openssl pkey -in OLD.der -out NEW.pem`");
    let der = clear().to_pkcs1_der().unwrap();
    says(&private(der.as_bytes()), "DER", "`openssl pkey -inform DER -in OLD.der -out NEW.pem`");
    let der = include_bytes!("../keys/openssl-public.der");
    let command = "`openssl pkey -pubin -inform DER -in OLD.der -out NEW.pem`";
    says(&public(der), "binary", command);
    // Of a key at the very limit nothing is lost, and beyond it nothing is looked at.
    let padded = format!("{}{PUBLIC}", "\n".repeat(65_536 - PUBLIC.len()));
    assert!(TrustlyKey::parse(padded.as_bytes()).is_ok());
    says(&public(format!("\n{padded}")), "not PEM", "a short text");
}

#[test]
fn other_pem_is_named() {
    let openssh = private(labelled("OPENSSH PRIVATE KEY"));
    says(&openssh, "OpenSSH's own format", "`ssh-keygen -p -m PKCS8 -f COPY.pem`");
    for label in ["PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE"] {
        says(&private(labelled(label)), "a public key or certificate", "the private key");
    }
    says(&private(PUBLIC), "a public key", "the private key");
    says(&private(labelled("CERTIFICATE REQUEST")), "something else", "PRIVATE KEY");
    for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "EC PRIVATE KEY"] {
        says(&public(labelled(label)), "a private key", "Trustly's public key");
    }
    let pkcs1 = "`openssl rsa -RSAPublicKey_in -in OLD.pem -pubout -out NEW.pem`";
    says(&public(labelled("RSA PUBLIC KEY")), "PKCS#1", pkcs1);
    let x509 = "`openssl x509 -in OLD.pem -noout -pubkey -out NEW.pem`";
    says(&public(labelled("CERTIFICATE")), "a certificate", x509);
    says(&public(labelled("X509 CRL")), "something else", "PUBLIC KEY");
}

#[test]
fn other_kinds_of_key_are_named() {
    let genrsa = "`openssl genrsa -out KEY.pem 2048`";
    says(&private(labelled("EC PRIVATE KEY")), "an EC key", genrsa);
    let with_parameters = labelled("EC PARAMETERS") + &labelled("EC PRIVATE KEY");
    says(&private(with_parameters), "an EC key", genrsa);
    says(&private(labelled("DSA PRIVATE KEY")), "a DSA key", genrsa);
    let ed25519 = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
        -----END PRIVATE KEY-----\n";
    says(&private(ed25519), "not RSA", genrsa);
    let ec = "-----BEGIN PRIVATE KEY-----\n\
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgIRVurLz9DCycKRX/\n\
        xpQoaroKtoCJPuIk7REeobhYdOyhRANCAAQUZZVKu8hgudpxQDzzWpCOf0SbReJT\n\
        FsSIsqv5RheNLQS3rryi/5h6y27v5hY44GujOZYJYjZZ8jPaPd0UwtWS\n\
        -----END PRIVATE KEY-----\n";
    says(&private(ec), "an EC key", genrsa);
    let no_rsa = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
        -----END PUBLIC KEY-----\n";
    says(&public(no_rsa), "not RSA", genrsa);
}

#[test]
fn damaged_and_crowded_files_are_named() {
    let pem = clear().to_pkcs8_pem(LineEnding::LF).unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let one_line = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    let rewrap = "`openssl pkey -in OLD.pem -out NEW.pem`";
    says(&private(&one_line), "damaged or wrapped", rewrap);
    says(&private(pem.replacen('M', "!", 1)), "damaged or wrapped", rewrap);
    says(&private(PBES2.replacen("MII", "M!I", 1)), "damaged or wrapped", REENCRYPT);
    let public_rewrap = "`openssl pkey -pubin -in OLD.pem -out NEW.pem`";
    says(&public(PUBLIC.replacen("MII", "M!I", 1)), "damaged or wrapped", public_rewrap);
    let crowded = labelled("CERTIFICATE") + &pem;
    says(&private(crowded), "several blocks", rewrap);
    says(&public(PUBLIC.repeat(2)), "several blocks", "a file of its own");
    let senseless = "-----BEGIN RSA PRIVATE KEY-----\nMAMCAQA=\n-----END RSA PRIVATE KEY-----\n";
    says(&private(senseless), "damaged", "do not belong together");
    // What PEM allows around a key is no damage.
    let commented = format!("Bag Attributes\n    localKeyID: 1\n{}", pem.replace('\n', "\r\n"));
    assert!(MerchantKey::parse(commented.as_bytes(), None).is_ok());
}

/// A changed number is found when the key is read, not when it has signed nonsense.
#[test]
fn numbers_that_do_not_belong_together_are_refused() {
    let der = clear().to_pkcs1_der().unwrap();
    for at in [16, 400, der.as_bytes().len() - 20] {
        let mut changed = der.as_bytes().to_vec();
        changed[at] ^= 0x10;
        let changed = SecretDocument::try_from(&changed[..]).unwrap();
        let pem = changed.to_pem("RSA PRIVATE KEY", LineEnding::LF).unwrap();
        assert_eq!(
            MerchantKey::parse(pem.as_bytes(), None).unwrap_err(),
            KeyError::Damaged,
            "{at}"
        );
    }
}

#[test]
fn small_keys_are_refused() {
    let small = RsaPrivateKey::new(&mut Random(7), 1024).unwrap();
    let pem = small.to_pkcs8_pem(LineEnding::LF).unwrap();
    says(&private(&pem), "1024 bits", "`openssl genrsa -out KEY.pem 2048`");
    let pem = small.to_public_key().to_public_key_pem(LineEnding::LF).unwrap();
    assert_eq!(TrustlyKey::parse(pem.as_bytes()).unwrap_err(), KeyError::Size { bits: 1024 });
    let openssl = include_bytes!("../keys/openssl-public-1024.pem");
    says(&public(openssl), "1024 bits", "must have 2048 to 8192");
}
