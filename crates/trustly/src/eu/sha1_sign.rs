//! RSA PKCS#1 v1.5 signatures over SHA-1, by AWS-LC.
//!
//! Trustly's default algorithm is SHA-1. aws-lc-rs verifies it but does not sign with it, and the
//! pure Rust implementation is not constant-time, so this file calls the C library that aws-lc-rs
//! and rustls stand on already. It is the only unsafe code in the workspace.

#![expect(unsafe_code, reason = "aws-lc-rs has no safe interface for signing with SHA-1")]

use std::ptr::NonNull;

use aws_lc_rs::digest;
use aws_lc_sys::{
    NID_sha1, RSA, RSA_bits, RSA_free, RSA_private_key_from_bytes, RSA_sign, RSA_size,
};

/// A private key, parsed once, that signs with SHA-1. Signing takes `&self`, from any thread.
pub(super) struct Sha1Signer {
    /// Owned: made by `RSA_private_key_from_bytes`, freed in `drop`, never handed out.
    key: NonNull<RSA>,
}

// SAFETY: an `RSA` belongs to no thread; AWS-LC's only thread-local state is its error queue.
unsafe impl Send for Sha1Signer {}
// SAFETY: rsa.h says of signing and of `RSA_size` that they are "considered non-mutating for
// thread-safety purposes and may be used concurrently"; blinding has a lock inside. Nothing that
// mutates the key is called between `parse` and `drop`.
unsafe impl Sync for Sha1Signer {}

impl Sha1Signer {
    /// Reads a DER `RSAPrivateKey` (PKCS#1) and checks that its numbers belong together. `None` if
    /// it is anything else, or memory ran out.
    pub(super) fn parse(pkcs1: &[u8]) -> Option<Self> {
        // SAFETY: the pointer and length are those of one live slice, which is only read during
        // the call. The result is null or a new key that is ours to free.
        let key = unsafe { RSA_private_key_from_bytes(pkcs1.as_ptr(), pkcs1.len()) };
        NonNull::new(key).map(|key| Self { key })
    }

    /// The length of the modulus.
    pub(super) fn modulus_bits(&self) -> u32 {
        // SAFETY: the key is alive and only read.
        unsafe { RSA_bits(self.key.as_ptr()) }
    }

    /// The signature of `message`, as long as the key's modulus. `None` if AWS-LC fails, which
    /// means that memory or randomness for blinding ran out, or that the result did not verify.
    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, message);
        let digest = digest.as_ref();
        // SAFETY: the key is alive and only read.
        let size = unsafe { RSA_size(self.key.as_ptr()) };
        let mut signature = vec![0; usize::try_from(size).ok()?];
        let mut written = 0;
        // SAFETY: `digest` is a live slice of the length given; `signature` has `RSA_size` bytes,
        // the most that is written; `written` outlives the call; the key is alive and, by the
        // header's word, not mutated.
        let signed = unsafe {
            RSA_sign(
                NID_sha1,
                digest.as_ptr(),
                digest.len(),
                signature.as_mut_ptr(),
                &raw mut written,
                self.key.as_ptr(),
            )
        };
        (signed == 1 && written == size).then_some(signature)
    }
}

impl Drop for Sha1Signer {
    fn drop(&mut self) {
        // SAFETY: the key came from `RSA_private_key_from_bytes`, nobody else holds it, and it is
        // not used again. AWS-LC wipes the private numbers as it frees them.
        unsafe { RSA_free(self.key.as_ptr()) };
    }
}
