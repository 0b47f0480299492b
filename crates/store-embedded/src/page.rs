//! Pages of lists: how large they are, and the tokens by which a list goes on.

use std::fmt::Debug;

use payout::id::StoreId;
use payout::port::{Page, PageToken, StoreError};

/// Entries of one page at most, whatever was asked for.
const SIZE_MAX: usize = 1000;

const PLACE_LENGTH: usize = 16;

/// The size of a page: what was asked for, within bounds; never empty, so that a list ends.
pub(crate) fn size(page: &Page) -> usize {
    page.size.clamp(1, SIZE_MAX)
}

/// Where a page ended: lists are ordered by time of creation and number, both fixed for ever, so
/// that what is written meanwhile neither hides nor repeats an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) created_at: i64,
    pub(crate) number: i64,
}

/// Which list is paged through: of which store, of what, with which filter.
#[derive(Clone, Debug)]
pub(crate) struct List(u32);

impl List {
    /// The list that `filter` makes, of a kind that its type names in its debug form. A field added
    /// to a filter is part of that by itself.
    pub(crate) fn new(store: &StoreId, filter: &impl Debug) -> Self {
        Self(crc32fast::hash(format!("{store} {filter:?}").as_bytes()))
    }

    /// A token is a place and a checksum over it and the list: enough to notice a token of another
    /// list. It is no secret: the filter decides what may be seen, with whatever token.
    pub(crate) fn token(&self, place: Place) -> PageToken {
        let mut bytes = Vec::with_capacity(PLACE_LENGTH + 4);
        bytes.extend_from_slice(&place.created_at.to_be_bytes());
        bytes.extend_from_slice(&place.number.to_be_bytes());
        let checksum = self.checksum(&bytes);
        bytes.extend_from_slice(&checksum);
        PageToken(bytes)
    }

    /// The place after which a page begins; none at the start of the list.
    pub(crate) fn place(&self, page: &Page) -> Result<Option<Place>, StoreError> {
        let Some(PageToken(bytes)) = &page.after else { return Ok(None) };
        let Some((place, checksum)) = bytes.split_first_chunk::<PLACE_LENGTH>() else {
            return Err(StoreError::PageToken);
        };
        if self.checksum(place) != *checksum {
            return Err(StoreError::PageToken);
        }
        let (created_at, number) = place.split_at(PLACE_LENGTH / 2);
        let integer = |half: &[u8]| i64::from_be_bytes(half.try_into().expect("half of 16 is 8"));
        Ok(Some(Place { created_at: integer(created_at), number: integer(number) }))
    }

    fn checksum(&self, place: &[u8]) -> [u8; 4] {
        let mut hasher = crc32fast::Hasher::new_with_initial(self.0);
        hasher.update(place);
        hasher.finalize().to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(filter: &str) -> List {
        List::new(&StoreId::parse("store-1").unwrap(), &filter)
    }

    fn after(token: PageToken) -> Page {
        Page { after: Some(token), size: 1 }
    }

    #[test]
    fn tokens_go_on_in_their_own_list_only() {
        let place = Place { created_at: -5, number: 7 };
        let token = list("a").token(place);
        assert_eq!(list("a").place(&after(token.clone())), Ok(Some(place)));
        assert_eq!(list("b").place(&after(token.clone())), Err(StoreError::PageToken));
        for index in 0..token.0.len() {
            let mut changed = token.clone();
            changed.0[index] ^= 1;
            assert_eq!(list("a").place(&after(changed)), Err(StoreError::PageToken));
        }
        assert_eq!(list("a").place(&after(PageToken(Vec::new()))), Err(StoreError::PageToken));
    }

    #[test]
    fn pages_have_a_size() {
        for (asked, size_given) in [(0, 1), (10, 10), (usize::MAX, SIZE_MAX)] {
            assert_eq!(size(&Page { after: None, size: asked }), size_given);
        }
    }
}
