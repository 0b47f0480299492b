//! Where the server listens, and under which address the provider reaches it.

use std::net::SocketAddr;

use super::Mistakes;
use super::file::{File, Server};

/// Where the server listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listen {
    pub(crate) grpc: SocketAddr,
    pub(crate) webhooks: SocketAddr,
    pub(crate) admin: SocketAddr,
}

/// Where it listens instead of where the file says.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ListenInstead {
    pub(crate) grpc: Option<SocketAddr>,
    pub(crate) webhooks: Option<SocketAddr>,
    pub(crate) admin: Option<SocketAddr>,
}

impl Listen {
    pub(super) fn of(server: &Server, instead: ListenInstead) -> Self {
        Self {
            grpc: instead.grpc.unwrap_or(server.grpc),
            webhooks: instead.webhooks.unwrap_or(server.webhooks),
            admin: instead.admin.unwrap_or(server.admin),
        }
    }
}

/// Notes what is wrong with the ports and with the address that is given out.
pub(super) fn check(listen: &Listen, file: &File, mistakes: &mut Mistakes) {
    let Listen { grpc, webhooks, admin } = *listen;
    for (path, address, other, taken) in [
        ("server.webhooks", webhooks, "server.grpc", grpc),
        ("server.admin", admin, "server.grpc", grpc),
        ("server.admin", admin, "server.webhooks", webhooks),
    ] {
        if collide(address, taken) {
            mistakes.add(path, format!("has the port of {other}; give it another one"));
        }
    }
    let why = match &file.server.public_url {
        Some(url) => check_https(url).err().map(str::to_owned),
        None => needs_public_url(listen, file),
    };
    if let Some(why) = why {
        mistakes.add("server.public_url", why);
    }
}

/// Whether two addresses cannot be listened on at the same time. Port 0 stands for any free one.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    let same_machine =
        one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() != 0 && one.port() == other.port() && same_machine
}

/// Without a public address, the address that is listened on is given out: only a provider on this
/// machine reaches that.
fn needs_public_url(listen: &Listen, file: &File) -> Option<String> {
    const WRITE: &str = "write the address under which the provider reaches server.webhooks, such \
        as \"https://payouts.example.com\"";
    if !listen.webhooks.ip().is_loopback() {
        return Some(format!("is missing; {WRITE}"));
    }
    let elsewhere = |(_, merchant): &(&String, &super::file::Merchant)| {
        let europe = merchant.trustly_europe.as_ref().map(|account| &account.url);
        let americas = merchant.trustly_americas.as_ref().map(|account| &account.url);
        europe.or(americas).is_some_and(|url| !is_loopback_http(url))
    };
    let (name, _) = file.merchants.iter().find(elsewhere)?;
    Some(format!("is missing; merchant {name} has a provider elsewhere: {WRITE}"))
}

/// Whether an address, ours or the provider's, can be used: money and credentials go there, so it
/// is encrypted, unless it is on this machine, and without an end that what is appended would
/// change.
pub(super) fn check_https(url: &str) -> Result<(), &'static str> {
    if url.ends_with('/') || url.contains(['?', '#', ' ', '@']) {
        return Err("must not end in a slash nor hold a query, a blank or a user's name");
    }
    let host = url.strip_prefix("https://").and_then(|rest| rest.split(['/', ':']).next());
    match host.is_some_and(|host| !host.is_empty()) || is_loopback_http(url) {
        true => Ok(()),
        false => Err("must begin with https:// and a host (http:// only for this machine)"),
    }
}

/// Whether an address is plain http to this very machine.
pub(super) fn is_loopback_http(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    (host == "localhost" || host == "127.0.0.1") && !rest.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_collide_on_one_machine_only() {
        let at = |text: &str| text.parse().unwrap();
        for (one, other, collides) in [
            ("127.0.0.1:1", "127.0.0.1:1", true),
            ("0.0.0.0:1", "127.0.0.1:1", true),
            ("127.0.0.1:1", "[::]:1", true),
            ("127.0.0.1:1", "127.0.0.2:1", false),
            ("127.0.0.1:1", "127.0.0.1:2", false),
            ("127.0.0.1:0", "127.0.0.1:0", false),
        ] {
            assert_eq!(collide(at(one), at(other)), collides, "{one} {other}");
        }
    }

    #[test]
    fn addresses_are_encrypted_or_of_this_machine() {
        for good in ["https://a.example", "https://a:8443/x", "http://127.0.0.1:1/x"] {
            assert_eq!(check_https(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "https://",
            "https://:1",
            "http://a.example",
            "http://127.0.0.1:80@a.example",
            "https://a/",
            "https://a?b",
            "ftp://a",
        ] {
            assert!(check_https(bad).is_err(), "{bad}");
        }
    }
}
