//! Keys that everybody can have, known by their fingerprints: what a configuration is checked
//! against and described with.

/// Whose key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// What Trustly's test environment signs with (Authentication page).
    TrustlyTest,
    /// What Trustly's live environment signs with (Authentication page).
    TrustlyLive,
    /// Trustly's signature tester. The private half is in Trustly's client libraries for everybody
    /// to read, so this key proves nothing, whoever uses it.
    SignatureTester,
}

/// The published key with this fingerprint: SHA-256 of the SubjectPublicKeyInfo, in lower-case
/// hexadecimal.
#[must_use]
pub fn published(fingerprint: &str) -> Option<Published> {
    match fingerprint {
        "3c45411e0532933c3c97215b375d238c08b6a06d40793999444f6459c917a935" => {
            Some(Published::TrustlyTest)
        }
        "7e09f288f4ed5b6e31c4665efe9b364347083ad8d03427d2d1cfb963ce7551c5" => {
            Some(Published::TrustlyLive)
        }
        "95dfd03243d259fe5cd43c2e4ff32e36f79152480a54d87451b56ba235ec3813" => {
            Some(Published::SignatureTester)
        }
        _ => None,
    }
}
