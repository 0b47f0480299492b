//! Opening a data directory: nobody else has it, it is ours, and what an earlier process left
//! unfinished is due.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use payout::id::StoreId;
use payout::time::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use thiserror::Error;

use crate::continuity::Continuity;
use crate::epochs::Epochs;
use crate::hold::{Files, Hold};
use crate::log::{self, Log};
use crate::{claims, schema};

/// Why a data directory cannot be opened. Nothing in it was changed.
#[derive(Debug, Error)]
pub enum OpenError {
    /// A process has it open; the text says which and what to do.
    #[error(
        "{} is in use by another process{}; stop that one, or give this one a data directory \
         of its own",
        directory.display(),
        process.map_or_else(String::new, |id| format!(" (id {id})"))
    )]
    InUse {
        /// The data directory.
        directory: PathBuf,
        /// The process that has it, if it left its id.
        process: Option<u32>,
    },
    /// The directory or a file in it cannot be made, read or locked.
    #[error("{} cannot be used as a data directory", directory.display())]
    Directory {
        /// The data directory.
        directory: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is a database that is not a store of this program.
    #[error("{} is not a store of payoutd; give it a data directory of its own", .0.display())]
    NotAStore(PathBuf),
    /// The store was written by a later release.
    #[error(
        "{} has store version {found}, and this release knows version {} at most; run the release \
         that wrote it or a later one",
        directory.display(),
        schema::VERSION
    )]
    Version {
        /// The data directory.
        directory: PathBuf,
        /// The version found there.
        found: i64,
    },
    /// The database cannot be read.
    #[error("the database in {} cannot be opened", directory.display())]
    Database {
        /// The data directory.
        directory: PathBuf,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
}

/// The file by which an operator vouches for a store; it is removed when it is believed.
const VOUCHED: &str = "vouched";

/// Has the store in `directory` believed, when it is opened next, that it has never forgotten
/// anything: that it is the first of a new installation, or the very one that stopped last. Only a
/// person can know; a copy that was restored must not be vouched for. Blocks.
pub fn vouch(directory: &Path) -> io::Result<()> {
    make(directory)?;
    File::create(directory.join(VOUCHED))?.sync_all()?;
    sync(directory)
}

/// An opened data directory.
pub(crate) struct Opened {
    pub(crate) connection: Connection,
    pub(crate) hold: Hold,
    pub(crate) files: Files,
    pub(crate) log: Log,
    pub(crate) latest: i64,
    pub(crate) continuity: Continuity,
}

/// Opens `directory`, which is made if it is not there; `new_store_id` names a store that is made,
/// `epoch` the life of its log that begins. All claims end, and what was claimed is due `now`.
pub(crate) fn open(
    directory: &Path,
    now: Timestamp,
    new_store_id: &StoreId,
    epoch: u64,
) -> Result<Opened, OpenError> {
    let io_failed = |source| OpenError::Directory { directory: directory.to_path_buf(), source };
    let failed = |source| OpenError::Database { directory: directory.to_path_buf(), source };
    make(directory).map_err(io_failed)?;
    let hold = Hold::take(directory)?;
    let mut connection = schema::connect(directory).map_err(failed)?;
    let is_new = check(&connection, directory)?;
    schema::prepare_to_write(&mut connection, schema::LOG_PAGES_MAX).map_err(failed)?;
    let mark = file_mark(directory).map_err(io_failed)?;
    let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = begun.map_err(failed)?;
    if is_new {
        create(&transaction, now, new_store_id, mark).map_err(failed)?;
    }
    transaction.execute_batch(schema::ADD).map_err(failed)?;
    let vouched = directory.join(VOUCHED);
    let is_vouched = vouched.try_exists().map_err(io_failed)?;
    let continuity = match is_vouched {
        true => trust(&transaction, now, mark).map_err(failed)?,
        false => resume(&transaction, now, mark).map_err(failed)?,
    };
    claims::end_all(&transaction, now).map_err(failed)?;
    let latest = log::latest(&transaction).map_err(failed)?;
    let store = read_id(&transaction, directory)?;
    let epochs = Epochs::begin(&transaction, epoch, latest).map_err(failed)?;
    transaction.commit().map_err(failed)?;
    if is_vouched {
        // Left behind by a crash here, it would be believed once more, of the same store.
        fs::remove_file(&vouched).map_err(io_failed)?;
    }
    sync(directory).map_err(io_failed)?;
    let files = hold.files().map_err(io_failed)?;
    let log = Log { store, epochs };
    Ok(Opened { connection, hold, files, log, latest, continuity })
}

/// Makes the directory and what leads to it, for their owner only, and makes the names durable.
fn make(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let missing = directory.ancestors().take_while(|path| !path.as_os_str().is_empty());
    let missing: Vec<&Path> = missing.take_while(|path| !path.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    for path in missing {
        match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => sync(parent)?,
            Some(_) | None => sync(Path::new("."))?,
        }
    }
    Ok(())
}

/// Makes the names of the files in a directory durable.
fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Whether there is no store yet; if there is one, it is one that this program may write to. Only
/// looks: another program's database is not touched.
fn check(connection: &Connection, directory: &Path) -> Result<bool, OpenError> {
    let failed = |source| OpenError::Database { directory: directory.to_path_buf(), source };
    let application = pragma(connection, "application_id").map_err(failed)?;
    let version = pragma(connection, "user_version").map_err(failed)?;
    let sql = "SELECT count(*) FROM sqlite_schema";
    let tables: i64 = connection.query_row(sql, [], |row| row.get(0)).map_err(failed)?;
    match (application, version, tables) {
        (0, 0, 0) => Ok(true),
        (schema::APPLICATION_ID, schema::VERSION, _) => Ok(false),
        (schema::APPLICATION_ID, found, _) => {
            Err(OpenError::Version { directory: directory.to_path_buf(), found })
        }
        _ => Err(OpenError::NotAStore(directory.to_path_buf())),
    }
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

/// What tells the file from a copy of it, which may be older and so proves nothing about what was
/// forgotten. A copy has another inode or, where it was given that of a file deleted before, at
/// least another time of birth; some file systems do not keep that.
fn file_mark(directory: &Path) -> io::Result<i64> {
    let file = directory.join(schema::FILE_NAME).metadata()?;
    let born = file.created().ok().and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
    let nanos =
        born.map_or(0, |born| born.as_secs() * 1_000_000_000 + u64::from(born.subsec_nanos()));
    Ok((file.ino() ^ nanos).cast_signed())
}

fn create(
    transaction: &Transaction<'_>,
    now: Timestamp,
    id: &StoreId,
    file_mark: i64,
) -> rusqlite::Result<()> {
    transaction.execute_batch(schema::CREATE)?;
    transaction.pragma_update(None, "application_id", schema::APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", schema::VERSION)?;
    let sql = "INSERT INTO store (only, id, file_mark, continuous_since, seen_at)
        VALUES (1, ?1, ?2, ?3, ?3)";
    transaction.execute(sql, params![id.as_str(), file_mark, now.as_millis()])?;
    Ok(())
}

fn read_id(transaction: &Transaction<'_>, directory: &Path) -> Result<StoreId, OpenError> {
    let read = transaction.query_row("SELECT id FROM store", [], |row| row.get::<_, String>(0));
    match read {
        Ok(id) => StoreId::parse(&id).map_err(|_| OpenError::NotAStore(directory.to_path_buf())),
        Err(source) => Err(OpenError::Database { directory: directory.to_path_buf(), source }),
    }
}

fn trust(
    transaction: &Transaction<'_>,
    now: Timestamp,
    file_mark: i64,
) -> rusqlite::Result<Continuity> {
    let continuity = Continuity::vouched(now);
    transaction.execute("UPDATE store SET file_mark = ?1", [file_mark])?;
    continuity.write(transaction)?;
    Ok(continuity)
}

fn resume(
    transaction: &Transaction<'_>,
    now: Timestamp,
    file_mark: i64,
) -> rusqlite::Result<Continuity> {
    let (mut continuity, written_to) = Continuity::read(transaction)?;
    if written_to != file_mark {
        continuity = Continuity::from(now);
        transaction.execute("UPDATE store SET file_mark = ?1", [file_mark])?;
        continuity.write(transaction)?;
    } else if continuity.observe(now) {
        continuity.write(transaction)?;
    }
    Ok(continuity)
}
