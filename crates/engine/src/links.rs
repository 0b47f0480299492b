//! Letting customers choose an account with the provider. What is chosen becomes a destination,
//! which is recorded before the provider is called: word of it may be here before the answer.

use payout::destination::{Destination, DestinationState, Link, Origin, Summary};
use payout::id::{DestinationId, Merchant, ProviderAccount, ProviderReference};
use payout::identity::link_id;
use payout::input::ProviderWords;
use payout::link::LinkRequest;
use payout::port::{
    Adapter, DestinationWrite, DestinationWritten, LinkNews, LinkStart, Receipt, Resolved,
};
use payout::queue::ProviderCall;
use payout::reason::Reason;
use payout::seal::{Place, open, seal};
use zeroize::Zeroizing;

use crate::Engine;
use crate::destinations::{DestinationError, STALE_RETRIES_MAX, destination_place};
use crate::engine::field;
use crate::handles;
use crate::receive::ReceiveError;

/// What to do about word of a link that this store does not know.
const NOT_HERE: &str = "is linked at the provider and not here; if the store is an old copy, start \
    another link for the customer";

/// A link that was started, or ended at once.
pub struct Linked {
    /// What is linked.
    pub destination: Destination,
    /// Where the customer goes, as long as there is something to choose.
    pub url: Option<Zeroizing<String>>,
    /// Whether the key was known before this call.
    pub replayed: bool,
}

impl Engine {
    /// Starts a link, or finds the one that was started under this key. Nothing is lost when it is
    /// repeated or dropped.
    pub async fn start_link(&self, request: &LinkRequest) -> Result<Linked, DestinationError> {
        let adapter = self.adapter(&request.merchant)?;
        let id = link_id(&self.parts().keys, &request.merchant, &request.idempotency_key)?;
        let mut replayed = true;
        let known = match self.known_link(&id, request).await? {
            Some(known) => known,
            None => {
                adapter.check_link(request)?;
                replayed = false;
                self.record_link(&id, request).await?
            }
        };
        let waits = known.state == DestinationState::Linking && url_of(&known).is_none();
        let destination = match waits {
            true => self.call_for_link(adapter, known, request).await?,
            false => known,
        };
        let url = self.open_url(&destination)?;
        Ok(Linked { destination, url, replayed })
    }

    async fn known_link(
        &self,
        id: &DestinationId,
        request: &LinkRequest,
    ) -> Result<Option<Destination>, DestinationError> {
        let Some(found) = self.store().load_destination(id).await? else { return Ok(None) };
        let Some(link) = &found.link else { return Ok(Some(found)) };
        let fields = request.differences(&self.parts().keys, &link.fingerprint)?;
        match fields.is_empty() {
            true => Ok(Some(found)),
            false => Err(DestinationError::KeyReused { destination: found.id, fields }),
        }
    }

    async fn record_link(
        &self,
        id: &DestinationId,
        request: &LinkRequest,
    ) -> Result<Destination, DestinationError> {
        let now = self.now();
        let account = self.adapter(&request.merchant)?.account().clone();
        let fingerprint = request.fingerprint(&self.parts().keys);
        let made = Destination {
            id: id.clone(),
            merchant: request.merchant.clone(),
            customer: request.customer.clone(),
            origin: Origin::Linked,
            summary: unknown_account(),
            state: DestinationState::Linking,
            handle: None,
            link: Some(Link { fingerprint, account, url: None, provider_reference: None }),
            cause: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        if self.write_destination(&made).await? {
            return Ok(made);
        }
        // Somebody else was quicker: with the same contents, or with others.
        self.known_link(id, request).await?.ok_or(DestinationError::Contended)
    }

    async fn call_for_link(
        &self,
        adapter: &dyn Adapter,
        known: Destination,
        request: &LinkRequest,
    ) -> Result<Destination, DestinationError> {
        let id = known.id;
        match adapter.start_link(&id, request).await {
            LinkStart::Started { url, reference } => {
                self.let_in(&request.merchant).await;
                self.keep_url(&id, &url, reference).await
            }
            LinkStart::Refused(reason, words) => {
                self.let_in(&request.merchant).await;
                self.change_link(&id, |link| abandoned(link, reason, &words)).await
            }
            LinkStart::NoAccess(reason, words) => {
                let call = ProviderCall::Link;
                Err(self.not_let_in(&request.merchant, call, reason, &words).await)
            }
            LinkStart::Unknown(reason) => Err(DestinationError::Unanswered(reason)),
        }
    }

    /// Keeps where the customer goes, for repeats of the call. Nobody watches for that.
    async fn keep_url(
        &self,
        id: &DestinationId,
        url: &str,
        reference: Option<ProviderReference>,
    ) -> Result<Destination, DestinationError> {
        for _ in 0..STALE_RETRIES_MAX {
            let found = self.store().load_destination(id).await?;
            let mut found = found.ok_or(DestinationError::NotFound)?;
            if found.state != DestinationState::Linking || url_of(&found).is_some() {
                return Ok(found);
            }
            let sealed = seal(&self.parts().keys, url_place(&found), url.as_bytes());
            let Some(link) = &mut found.link else { return Ok(found) };
            link.url = Some(sealed);
            link.provider_reference = reference.clone();
            found.version += 1;
            let write = DestinationWrite { destination: found.clone(), event: None };
            if self.store().write_destination(&write).await? == DestinationWritten::Yes {
                return Ok(found);
            }
        }
        Err(DestinationError::Contended)
    }

    /// Applies what a notification says of a destination that is being linked. What is not here
    /// cannot be completed, as nobody knows for whom: the provider repeats it.
    pub(crate) async fn receive_link(
        &self,
        merchant: &Merchant,
        receipt: &Receipt,
        news: &LinkNews,
    ) -> Result<(), ReceiveError> {
        let Ok(id) = DestinationId::parse(receipt.names.as_str()) else {
            return Err(ReceiveError::Unrelated);
        };
        match self.destination(merchant, &id).await {
            Ok(_) => {}
            Err(DestinationError::NotFound) => {
                return Err(ReceiveError::NotRecorded(format!("{id} {NOT_HERE}")));
            }
            Err(error) => return Err(ReceiveError::NotRecorded(error.to_string())),
        }
        let change = |found: &Destination| match news {
            LinkNews::Chosen(resolved) => self.chosen(found, resolved),
            LinkNews::Abandoned(reason) => abandoned(found, *reason, &receipt.input.words),
            LinkNews::Remarked => None,
        };
        match self.change_link(&id, change).await {
            Ok(after) => {
                let (state, method) = (after.state, &receipt.method);
                tracing::info!(destination = %id, %merchant, method, ?state, "word of a link");
                Ok(())
            }
            Err(error) => Err(ReceiveError::NotRecorded(error.to_string())),
        }
    }

    /// Writes what becomes of a destination, with its event; as it is, if nothing does.
    async fn change_link(
        &self,
        id: &DestinationId,
        change: impl Fn(&Destination) -> Option<Destination>,
    ) -> Result<Destination, DestinationError> {
        for _ in 0..STALE_RETRIES_MAX {
            let found = self.store().load_destination(id).await?;
            let found = found.ok_or(DestinationError::NotFound)?;
            let Some(mut changed) = change(&found) else { return Ok(found) };
            changed.version += 1;
            changed.updated_at = self.now();
            if self.write_destination(&changed).await? {
                return Ok(changed);
            }
        }
        Err(DestinationError::Contended)
    }

    /// The destination with the account that was chosen. An account that comes after the end is
    /// the customer's all the same; one that the merchant has deleted stays deleted.
    fn chosen(&self, found: &Destination, resolved: &Resolved) -> Option<Destination> {
        let account = &found.link.as_ref()?.account;
        match found.state {
            DestinationState::Linking | DestinationState::Abandoned => {}
            DestinationState::Deleted => return None,
            DestinationState::Active => {
                if !self.has_handle(found, account, resolved) {
                    tracing::error!(
                        destination = %found.id,
                        "the provider names a second account for one link; the first is kept"
                    );
                }
                return None;
            }
        }
        let mut changed = found.clone();
        changed.state = DestinationState::Active;
        changed.summary = resolved.summary.clone();
        changed.cause = None;
        changed.link = changed.link.map(|link| Link { url: None, ..link });
        let place = destination_place(found);
        let plain = handles::plain(account, &resolved.handle);
        changed.handle = Some(seal(&self.parts().keys, place, &plain));
        Some(changed)
    }

    fn has_handle(
        &self,
        found: &Destination,
        account: &ProviderAccount,
        resolved: &Resolved,
    ) -> bool {
        let Some(sealed) = &found.handle else { return false };
        let plain = open(&self.parts().keys, destination_place(found), sealed);
        plain.is_ok_and(|plain| plain == handles::plain(account, &resolved.handle))
    }

    fn open_url(&self, of: &Destination) -> Result<Option<Zeroizing<String>>, DestinationError> {
        let Some(sealed) = url_of(of) else { return Ok(None) };
        let plain = open(&self.parts().keys, url_place(of), sealed)?;
        Ok(String::from_utf8(plain.to_vec()).ok().map(Zeroizing::new))
    }
}

/// The destination without an account and without hope for one, if it had hope.
fn abandoned(found: &Destination, reason: Reason, words: &ProviderWords) -> Option<Destination> {
    if found.state != DestinationState::Linking {
        return None;
    }
    let mut changed = found.clone();
    changed.state = DestinationState::Abandoned;
    changed.cause = Some((reason, words.clone()));
    changed.link = changed.link.map(|link| Link { url: None, ..link });
    Some(changed)
}

fn unknown_account() -> Summary {
    Summary { masked: String::new(), bank_name: None, country: None, holder_verified: false }
}

fn url_of(destination: &Destination) -> Option<&payout::seal::Sealed> {
    destination.link.as_ref()?.url.as_ref()
}

fn url_place(destination: &Destination) -> Place<'_> {
    let record = destination.id.as_str();
    Place { merchant: &destination.merchant, record, field: field::LINK_URL }
}
