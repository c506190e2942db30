//! [`StoreError`]: why a store has not answered.

use std::{error::Error, fmt};

/// Why an operation of a store failed. Its effect is unknown: a store can have done what was
/// requested and lost the answer.
#[derive(Debug)]
pub struct StoreError {
    what: &'static str,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl StoreError {
    /// The store cannot be reached, or has answered with an error.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            what: "the store is not available",
            source: Some(source.into()),
        }
    }

    /// The store has not answered before the deadline.
    pub(crate) fn too_slow() -> Self {
        Self::because("the store has not answered in time")
    }

    /// The store has answered with a record that is not genuine, or that has expired.
    pub(crate) fn not_genuine() -> Self {
        Self::because(
            "the store has returned a record that this server has not sealed for this key",
        )
    }

    pub(crate) fn because(what: &'static str) -> Self {
        Self { what, source: None }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
