//! Handles as they are kept: sealed together with the account at the provider that they are of. In
//! another account the same handle is somebody else's, or nobody's.

use payout::id::ProviderAccount;
use payout::port::Handle;
use zeroize::Zeroizing;

/// Stands between the two; no account's name holds it.
const SEPARATOR: u8 = 0;

/// What is sealed for a handle.
pub(crate) fn plain(account: &ProviderAccount, handle: &Handle) -> Zeroizing<Vec<u8>> {
    let (account, handle) = (account.as_str().as_bytes(), handle.reveal());
    let mut plain = Zeroizing::new(Vec::with_capacity(account.len() + 1 + handle.len()));
    plain.extend_from_slice(account);
    plain.push(SEPARATOR);
    plain.extend_from_slice(handle);
    plain
}

/// Reads what [`plain`] made.
pub(crate) fn read(plain: &[u8]) -> Option<(ProviderAccount, Handle)> {
    let at = plain.iter().position(|byte| *byte == SEPARATOR)?;
    let (account, handle) = plain.split_at(at);
    let account = ProviderAccount::parse(std::str::from_utf8(account).ok()?).ok()?;
    Some((account, Handle::new(handle.get(1..)?.to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_comes_back_with_its_account() {
        let account = ProviderAccount::parse("user@https://api.example/1").expect("an account");
        for bytes in [b"1234567890".as_slice(), b"", b"\0a\0b"] {
            let handle = Handle::new(bytes.to_vec());
            let read = read(&plain(&account, &handle));
            assert_eq!(read, Some((account.clone(), handle)));
        }
        assert_eq!(read(b"1234567890"), None);
        assert_eq!(read(b"\x001234567890"), None);
    }
}
