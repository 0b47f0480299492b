//! Destinations: registered from bank details, imported as handles, read, listed and deleted. Their
//! ids derive from their contents, so a repeat finds what the first call made.

use payout::bank::{Account, BankDetails, Holder};
use payout::destination::{Destination, DestinationEvent, DestinationState, Link, Origin};
use payout::fingerprint::CompareError;
use payout::id::{Customer, DestinationId, Merchant, ProviderAccount};
use payout::identity::destination_id;
use payout::input::ProviderWords;
use payout::keys::KeyError;
use payout::order::{Order, RawHandle, TargetRequest};
use payout::port::{
    Adapter, DestinationFilter, DestinationWrite, DestinationWritten, Handle, Page, PageToken,
    Resolution, Resolved, StoreError, Unfit,
};
use payout::queue::ProviderCall;
use payout::reason::Reason;
use payout::record::Payout;
use payout::seal::{OpenError, Place, open, seal};
use thiserror::Error;

use crate::Engine;
use crate::create::CreateError;
use crate::engine::field;
use crate::handles;
use crate::query::QueryError;

/// How often a write is tried again because somebody else wrote the same destination first.
pub(crate) const STALE_RETRIES_MAX: usize = 8;

/// A destination to be made.
#[derive(Clone, Debug)]
pub struct NewDestination {
    /// Whose destination.
    pub merchant: Merchant,
    /// Who is paid there.
    pub customer: Customer,
    /// What it is made of.
    pub contents: Contents,
}

/// What a destination is made of.
#[derive(Clone, Debug)]
pub enum Contents {
    /// Bank details, to be registered with the provider.
    BankAccount(BankDetails),
    /// A handle the merchant already has from the provider.
    ProviderHandle(RawHandle),
}

/// Why there is no destination.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DestinationError {
    /// Nothing can be read for this merchant.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The contents cannot be taken.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// There is no such destination of this merchant.
    #[error("there is no such destination of this merchant")]
    NotFound,
    /// The provider will not have it.
    #[error("the provider refused the destination ({reason:?})")]
    Refused {
        /// Why, in neutral words.
        reason: Reason,
        /// The provider's own.
        words: ProviderWords,
    },
    /// The provider did not answer in a way that can be trusted. Nothing was recorded.
    #[error("the provider did not answer ({0:?}); repeat the call")]
    Unanswered(Reason),
    /// The provider does not let us in: at all, or to this function. Nothing was recorded.
    #[error("{}", why_no_access(*.0))]
    NoAccess(Reason),
    /// The key was used for another link.
    #[error("the key was used for {destination} with other contents; they differ in {fields:?}")]
    KeyReused {
        /// The destination that the key names.
        destination: DestinationId,
        /// The paths of the fields that differ.
        fields: Vec<String>,
    },
    /// The contents cannot be compared with those of the first call.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// What was sealed does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The destination changes too fast to be written.
    #[error("the destination is being changed at this moment; repeat the call")]
    Contended,
    /// A key of the installation is missing.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Makes a destination, or finds the one that was made of the same contents. Nothing is lost
    /// when it is repeated or dropped.
    pub async fn make_destination(
        &self,
        new: &NewDestination,
    ) -> Result<Destination, DestinationError> {
        let adapter = self.adapter(&new.merchant)?;
        let is_asked = adapter.check_target(&TargetRequest::from(new))?.is_none();
        let id = self.id_of(new, adapter)?;
        if let Some(found) = self.store().load_destination(&id).await?
            && found.state == DestinationState::Active
        {
            return Ok(found);
        }
        let (resolution, origin) = match &new.contents {
            Contents::BankAccount(details) => {
                (adapter.register(&new.customer, details).await, Origin::Registered)
            }
            Contents::ProviderHandle(handle) => {
                (adapter.import(&new.customer, handle).await, Origin::Imported)
            }
        };
        match &resolution {
            Resolution::Resolved(_) | Resolution::Unusable(..) | Resolution::Refused(..) => {
                if is_asked {
                    self.let_in(&new.merchant).await;
                }
            }
            Resolution::NoAccess(..) | Resolution::Unknown(_) => {}
        }
        match resolution {
            Resolution::Resolved(resolved) => {
                self.store_destination(id, new, origin, resolved).await
            }
            Resolution::Unusable(_, reason, words) | Resolution::Refused(reason, words) => {
                Err(DestinationError::Refused { reason, words })
            }
            Resolution::NoAccess(reason, words) => {
                let call = ProviderCall::Destination;
                Err(self.not_let_in(&new.merchant, call, reason, &words).await)
            }
            Resolution::Unknown(reason) => Err(DestinationError::Unanswered(reason)),
        }
    }

    /// A destination of this merchant.
    pub async fn destination(
        &self,
        merchant: &Merchant,
        id: &DestinationId,
    ) -> Result<Destination, DestinationError> {
        self.adapter(merchant)?;
        match self.store().load_destination(id).await? {
            Some(found) if found.merchant == *merchant => Ok(found),
            _ => Err(DestinationError::NotFound),
        }
    }

    /// Destinations that fit a filter, newest first.
    pub async fn list_destinations(
        &self,
        filter: &DestinationFilter,
        page: &Page,
    ) -> Result<(Vec<Destination>, Option<PageToken>), DestinationError> {
        self.adapter(&filter.merchant)?;
        Ok(self.store().list_destinations(filter, page).await?)
    }

    /// Deletes a destination and erases its handle. Payouts that were created with it go on. A
    /// repeat finds it deleted.
    pub async fn delete_destination(
        &self,
        merchant: &Merchant,
        id: &DestinationId,
    ) -> Result<Destination, DestinationError> {
        for _ in 0..STALE_RETRIES_MAX {
            let found = self.destination(merchant, id).await?;
            if found.state == DestinationState::Deleted {
                return Ok(found);
            }
            let deleted = Destination {
                state: DestinationState::Deleted,
                handle: None,
                link: found.link.clone().map(|link| Link { url: None, ..link }),
                version: found.version + 1,
                updated_at: self.now(),
                ..found
            };
            if self.write_destination(&deleted).await? {
                return Ok(deleted);
            }
        }
        Err(DestinationError::Contended)
    }

    async fn store_destination(
        &self,
        id: DestinationId,
        new: &NewDestination,
        origin: Origin,
        resolved: Resolved,
    ) -> Result<Destination, DestinationError> {
        let adapter = self.adapter(&new.merchant)?;
        for _ in 0..STALE_RETRIES_MAX {
            let earlier = self.store().load_destination(&id).await?;
            if let Some(found) = &earlier
                && found.state == DestinationState::Active
            {
                return Ok(found.clone());
            }
            let now = self.now();
            let mut made = Destination {
                id: id.clone(),
                merchant: new.merchant.clone(),
                customer: new.customer.clone(),
                origin,
                summary: resolved.summary.clone(),
                state: DestinationState::Active,
                handle: None,
                link: None,
                cause: None,
                version: earlier.as_ref().map_or(1, |earlier| earlier.version + 1),
                created_at: earlier.as_ref().map_or(now, |earlier| earlier.created_at),
                updated_at: now,
            };
            let place = destination_place(&made);
            let plain = handles::plain(adapter.account(), &resolved.handle);
            made.handle = Some(seal(&self.parts().keys, place, &plain));
            if self.write_destination(&made).await? {
                return Ok(made);
            }
        }
        Err(DestinationError::Contended)
    }

    /// Writes a destination with its event; false if somebody else wrote it first.
    pub(crate) async fn write_destination(
        &self,
        made: &Destination,
    ) -> Result<bool, DestinationError> {
        let event = DestinationEvent {
            merchant: made.merchant.clone(),
            destination: made.id.clone(),
            customer: made.customer.clone(),
            version: made.version,
            state: made.state,
            recorded_at: made.updated_at,
        };
        let write = DestinationWrite { destination: made.clone(), event: Some(event) };
        Ok(self.store().write_destination(&write).await? == DestinationWritten::Yes)
    }

    /// The handle of an account that was registered before, for this customer, with the account at
    /// the provider that is used now.
    pub(crate) async fn known_handle(
        &self,
        order: &Order,
        details: &BankDetails,
    ) -> Result<Option<Handle>, CreateError> {
        let Ok(adapter) = self.adapter(&order.merchant) else {
            return Err(CreateError::UnknownMerchant);
        };
        let new = of_payout(order, details);
        let id = self.id_of(&new, adapter).map_err(OpenError::Key)?;
        let Some(found) = self.store().load_destination(&id).await? else { return Ok(None) };
        let handle = self.handle_in(&found, adapter.account());
        // What is of another account is registered again in this one.
        Ok(handle.ok())
    }

    /// A destination's handle, if it is of this account at the provider.
    pub(crate) fn handle_in(
        &self,
        found: &Destination,
        account: &ProviderAccount,
    ) -> Result<Handle, CreateError> {
        let Some(sealed) = &found.handle else {
            return Err(CreateError::DestinationNotUsable(found.state));
        };
        let plain = open(&self.parts().keys, destination_place(found), sealed)?;
        match handles::read(&plain) {
            Some((of, handle)) if of == *account => Ok(handle),
            Some(_) | None => Err(CreateError::DestinationOfOtherAccount),
        }
    }

    /// Keeps what was registered for a payout, so that the same details need not be registered
    /// again. Nothing depends on it: the payout has its own copy of the handle.
    pub(crate) async fn keep_registered(
        &self,
        payout: &Payout,
        details: &BankDetails,
        resolved: Resolved,
    ) {
        let Ok(adapter) = self.adapter(&payout.order.merchant) else { return };
        let new = of_payout(&payout.order, details);
        let Ok(id) = self.id_of(&new, adapter) else { return };
        if let Err(error) = self.store_destination(id, &new, Origin::Registered, resolved).await {
            tracing::warn!(payout = %payout.id, %error, "a registered account is not remembered");
        }
    }

    fn id_of(
        &self,
        new: &NewDestination,
        adapter: &dyn Adapter,
    ) -> Result<DestinationId, KeyError> {
        // A handle means something else, or somebody else, in another account at the provider.
        let mut parts =
            vec![adapter.account().as_str().as_bytes(), new.customer.as_str().as_bytes()];
        match &new.contents {
            Contents::BankAccount(BankDetails { account, holder, particulars }) => {
                match account {
                    Account::Iban(iban) => parts.push(iban.reveal().as_bytes()),
                    Account::Local { country, bank_number, account_number } => {
                        parts.push(country.as_str().as_bytes());
                        parts.push(bank_number.reveal().as_bytes());
                        parts.push(account_number.reveal().as_bytes());
                    }
                }
                match holder {
                    Holder::Person { first_name, last_name } => {
                        parts.push(first_name.reveal().as_bytes());
                        parts.push(last_name.reveal().as_bytes());
                    }
                    Holder::Organisation { name } => parts.push(name.reveal().as_bytes()),
                }
                for (path, value) in particulars.given() {
                    parts.extend([path.as_bytes(), value.as_bytes()]);
                }
            }
            Contents::ProviderHandle(handle) => parts.push(handle.reveal().as_bytes()),
        }
        destination_id(&self.parts().keys, &new.merchant, &parts)
    }
}

/// The destination that a payout to bank details leaves behind.
fn of_payout(order: &Order, details: &BankDetails) -> NewDestination {
    NewDestination {
        merchant: order.merchant.clone(),
        customer: order.customer.clone(),
        contents: Contents::BankAccount(details.clone()),
    }
}

impl From<&NewDestination> for TargetRequest {
    fn from(new: &NewDestination) -> Self {
        match &new.contents {
            Contents::BankAccount(details) => Self::BankAccount(details.clone()),
            Contents::ProviderHandle(handle) => Self::ProviderHandle(handle.clone()),
        }
    }
}

/// Where the handle of a destination belongs.
pub(crate) fn destination_place(destination: &Destination) -> Place<'_> {
    let record = destination.id.as_str();
    Place { merchant: &destination.merchant, record, field: field::HANDLE }
}

fn why_no_access(reason: Reason) -> &'static str {
    match reason {
        Reason::NotEnabled => {
            "the merchant's contract with the provider does not have this function; have it \
             enabled, then repeat the call, under a new key where it has one"
        }
        _ => "the provider refuses our access; have an operator mend it, then repeat the call",
    }
}

/// What to do about a destination that cannot be paid to.
pub(crate) fn why_not_usable(state: DestinationState) -> &'static str {
    match state {
        DestinationState::Linking => {
            "the customer has not chosen an account yet; wait for the destination to be ACTIVE"
        }
        DestinationState::Abandoned => {
            "the customer has chosen no account; start another link under a new key"
        }
        DestinationState::Active | DestinationState::Deleted => {
            "the destination was deleted; register or import it again"
        }
    }
}
