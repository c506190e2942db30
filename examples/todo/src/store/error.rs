//! The errors of a list.

use std::{error::Error, fmt, path::Path};

use redb::DatabaseError;

use super::{LIST_LIMIT, TITLE_LIMIT};

/// Why a list could not be read or changed. `Display` is for the caller, `source()` for the log.
pub(crate) enum StoreError {
    /// The owner has no item with this id.
    Missing(u64),
    /// The title is empty, or contains a control character.
    Title,
    /// The title is too long.
    TooLong,
    /// The list is full.
    Full,
    /// The file cannot be opened.
    Open(String, Box<redb::Error>),
    /// The file cannot be read or written.
    Storage(Box<dyn Error + Send + Sync>),
}

impl StoreError {
    pub(super) fn open(path: &Path, error: DatabaseError) -> Self {
        let hint = match error {
            DatabaseError::DatabaseAlreadyOpen => "; another server uses it",
            _ => "; TODO_DATABASE names the file",
        };
        let path = path.display();
        Self::Open(
            format!("{path} cannot be opened: {error}{hint}"),
            Box::new(error.into()),
        )
    }

    pub(super) fn aborted(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Storage(Box::new(error))
    }
}

impl<E: Into<redb::Error>> From<E> for StoreError {
    fn from(error: E) -> Self {
        Self::Storage(Box::new(error.into()))
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(id) => write!(f, "there is no item {id} on your list"),
            Self::Title => f.write_str("a title must be one line that is not empty"),
            Self::TooLong => write!(f, "a title can have at most {TITLE_LIMIT} characters"),
            Self::Full => write!(f, "your list has {LIST_LIMIT} items; delete one first"),
            Self::Open(told, _) => f.write_str(told),
            Self::Storage(_) => f.write_str("the list is unavailable now; try again later"),
        }
    }
}

/// Prints the same as `Display`, for `main`, and the error of the store, for the log.
impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Storage(error) => write!(f, "{self}: {error}"),
            _ => fmt::Display::fmt(self, f),
        }
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Open(_, error) => Some(error),
            Self::Storage(error) => Some(&**error),
            _ => None,
        }
    }
}
