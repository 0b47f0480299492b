//! The connections that read: a few, each used by one reading at a time on a thread where it may
//! block. Readers see what is committed and never wait for the writer, nor it for them.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use payout::port::StoreError;
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::fault::Fault;
use crate::schema;

/// Readings that run at the same time; further ones wait. More gain nothing on a local disk.
const READERS_MAX: usize = 4;

/// The connections that read.
pub(crate) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn open(directory: &Path) -> rusqlite::Result<Self> {
        let mut idle = Vec::with_capacity(READERS_MAX);
        for _ in 0..READERS_MAX {
            idle.push(schema::connect_reader(directory)?);
        }
        let permits = Arc::new(Semaphore::new(READERS_MAX));
        Ok(Self { idle: Arc::new(Mutex::new(idle)), permits })
    }

    /// Runs `reading` on one state of the database, whatever is written meanwhile. Dropping the
    /// future loses the answer only.
    pub(crate) async fn read<T, F>(&self, reading: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let permits = self.permits.clone();
        let permit = permits.acquire_owned().await.expect("this semaphore is never closed");
        let mut lease = Lease::of(&self.idle, permit);
        let result = tokio::task::spawn_blocking(move || {
            let transaction = lease.connection().transaction()?;
            reading(&transaction)
        });
        match result.await {
            Ok(result) => Ok(result?),
            Err(error) => Err(StoreError::NotWritten(format!("a reading was ended: {error}"))),
        }
    }
}

/// A connection in use; goes back when dropped, whatever ended its use.
struct Lease {
    connection: Option<Connection>,
    idle: Arc<Mutex<Vec<Connection>>>,
    _permit: OwnedSemaphorePermit,
}

impl Lease {
    fn of(idle: &Arc<Mutex<Vec<Connection>>>, permit: OwnedSemaphorePermit) -> Self {
        let connection = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Self { connection, idle: idle.clone(), _permit: permit }
    }

    fn connection(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("there are as many connections as permits")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.extend(self.connection.take());
    }
}
