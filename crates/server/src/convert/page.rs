//! Pages: how many, and after what. The token that a caller gets is the store's own, bound to the
//! filters it was made for: with other filters it would skip entries or show them twice.

use data_encoding::BASE64URL_NOPAD;
use payout::port::{Page, PageToken};
use prost::Message;
use sha2::{Digest, Sha256};

use super::fields::Fields;
use crate::status::Failure;

/// Entries on a page where the caller does not say.
const PAGE_SIZE_DEFAULT: usize = 50;

/// Most entries on a page, as the API promises; who asks for more gets this many.
const PAGE_SIZE_MAX: usize = 500;

/// Longest token that is given out, as the API promises.
const TOKEN_LENGTH_MAX: usize = 512;

/// Bytes of the digest of the filters: enough that no two lists of one caller share it by chance.
const DIGEST_LENGTH: usize = 16;

/// Which page of a list is wanted.
pub(crate) struct Paging {
    /// The same, for the store.
    pub(crate) page: Page,
    digest: [u8; DIGEST_LENGTH],
}

impl Paging {
    /// Reads size and token of a request for a `list`, whose `filters` are the same message
    /// without the two.
    pub(super) fn read(
        fields: &mut Fields,
        list: &'static str,
        filters: &impl Message,
        size: i32,
        token: &str,
    ) -> Option<Self> {
        let digest = digest(list, filters);
        let size = page_size(fields, size);
        let after = match unwrap(token, &digest) {
            Ok(after) => after,
            Err(NotAToken) => {
                fields.fails(Failure::PageToken);
                return None;
            }
        };
        Some(Self { page: Page { after, size: size? }, digest })
    }

    /// The token of the next page as callers get it; empty if there is none.
    pub(crate) fn next(&self, token: Option<&PageToken>) -> String {
        let Some(PageToken(inner)) = token else { return String::new() };
        let text = BASE64URL_NOPAD.encode(&[self.digest.as_slice(), inner].concat());
        assert!(text.len() <= TOKEN_LENGTH_MAX, "a store's page token is a few dozen bytes");
        text
    }
}

/// How many entries a page has at most.
pub(super) fn page_size(fields: &mut Fields, size: i32) -> Option<usize> {
    match usize::try_from(size) {
        Ok(0) => Some(PAGE_SIZE_DEFAULT),
        Ok(size) => Some(size.min(PAGE_SIZE_MAX)),
        Err(_) => {
            fields.wrong("page_size", "must not be negative; leave it out for the default");
            None
        }
    }
}

/// What a token is bound to. One binary encodes a message the same way every time, as long as it
/// holds no map, and these hold none.
fn digest(list: &'static str, filters: &impl Message) -> [u8; DIGEST_LENGTH] {
    let mut hash = Sha256::new_with_prefix(list);
    hash.update([0]);
    hash.update(filters.encode_to_vec());
    *hash.finalize().first_chunk().expect("a digest is longer than its prefix")
}

struct NotAToken;

fn unwrap(token: &str, digest: &[u8; DIGEST_LENGTH]) -> Result<Option<PageToken>, NotAToken> {
    if token.is_empty() {
        return Ok(None);
    }
    if token.len() > TOKEN_LENGTH_MAX {
        return Err(NotAToken);
    }
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).map_err(|_| NotAToken)?;
    match bytes.split_first_chunk() {
        Some((found, inner)) if found == digest => Ok(Some(PageToken(inner.to_vec()))),
        _ => Err(NotAToken),
    }
}
