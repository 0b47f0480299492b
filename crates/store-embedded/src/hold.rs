//! What a process has of its data directory, and whether it has it still. The names of files can be
//! deleted, moved and given to others while their open handles go on working: what is written then
//! is gone at the next start.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::open::OpenError;
use crate::schema;

/// The file whose lock says that a process has the directory, with the process's id.
const LOCK_FILE_NAME: &str = "lock";

/// Files that nobody else has: one of each directory at a time, whatever becomes of its name.
pub(crate) struct Hold {
    directory: PathBuf,
    lock: File,
    // Closed only after every connection: closing any handle of the file ends SQLite's own locks.
    database: File,
}

impl Hold {
    /// Takes the directory, making its files if they are not there. The lock is on the database
    /// too: without the name of the lock file, which anybody may delete, it is still ours.
    pub(crate) fn take(directory: &Path) -> Result<Self, OpenError> {
        let mut lock = lock_file(directory, LOCK_FILE_NAME)?;
        let database = lock_file(directory, schema::FILE_NAME)?;
        leave_process_id(&mut lock).map_err(|source| failed(directory, source))?;
        Ok(Self { directory: directory.to_path_buf(), lock, database })
    }

    /// Remembers which files these are, once the write-ahead log is there.
    pub(crate) fn files(&self) -> io::Result<Files> {
        let log = self.directory.join(schema::LOG_FILE_NAME);
        let log_is = Identity::of(&log.metadata()?);
        let files = vec![
            (self.directory.join(LOCK_FILE_NAME), Identity::of(&self.lock.metadata()?)),
            (self.directory.join(schema::FILE_NAME), Identity::of(&self.database.metadata()?)),
            (log, log_is),
        ];
        Ok(Files { files })
    }

    /// Lets go of everything. Said, not only dropped: a process that is just being forked holds a
    /// copy.
    pub(crate) fn release(self) {
        for file in [&self.database, &self.lock] {
            if let Err(why) = file.unlock() {
                tracing::warn!(%why, "the data directory stays locked until the process ends");
            }
        }
    }
}

fn failed(directory: &Path, source: io::Error) -> OpenError {
    OpenError::Directory { directory: directory.to_path_buf(), source }
}

/// The operating system lets go of the lock when the process ends, however it ends.
fn lock_file(directory: &Path, name: &str) -> Result<File, OpenError> {
    let mut file = open_own(&directory.join(name)).map_err(|source| failed(directory, source))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let process = if name == LOCK_FILE_NAME { read_process_id(&mut file) } else { None };
            Err(OpenError::InUse { directory: directory.to_path_buf(), process })
        }
        Err(TryLockError::Error(source)) => Err(failed(directory, source)),
    }
}

/// Opens a file, which is made for its owner only if it is not there. SQLite gives its other files
/// the permissions of the first.
fn open_own(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600).open(file)
}

fn leave_process_id(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(std::process::id().to_string().as_bytes())
}

fn read_process_id(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(20).read_to_string(&mut text).ok()?;
    text.parse().ok()
}

/// Which files a process writes to.
pub(crate) struct Files {
    files: Vec<(PathBuf, Identity)>,
}

impl Files {
    /// Fails if a file is no longer where the next start will look for it, or another one is; the
    /// text says which and what to do. Costs about a microsecond for each file.
    pub(crate) fn check(&self) -> Result<(), String> {
        for (path, identity) in &self.files {
            let why = match path.metadata() {
                Ok(found) if Identity::of(&found) == *identity => continue,
                Ok(_) => "another file is in its place".to_owned(),
                Err(error) => error.to_string(),
            };
            return Err(format!(
                "{} was deleted, moved or replaced while it was in use ({why}); put the data \
                 directory back as it was, if it still exists, and restart the process",
                path.display()
            ));
        }
        Ok(())
    }
}

/// What tells a file from any other: its number is not given again while somebody has it open.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    fn of(file: &Metadata) -> Self {
        Self { device: file.dev(), inode: file.ino() }
    }
}
