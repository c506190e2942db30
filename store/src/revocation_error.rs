//! [`RevocationError`]: why the list of revocations was not changed.

use std::fmt;

use crate::StoreError;

/// Why a revocation was not added or lifted.
#[derive(Debug)]
#[non_exhaustive]
pub enum RevocationError {
    /// The server does not run yet.
    NotRunning,
    /// The list is full: 1024 revocations, or 128 KiB of names.
    Full,
    /// The list of the operator is full: 256 revocations and items, or 32 KiB of names.
    OperatorFull,
    /// The store does not work, so the other replicas would not know.
    Store(StoreError),
}

impl fmt::Display for RevocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotRunning => "nothing can be revoked before the server runs",
            Self::Full => "the list of revocations is full; lift one, or revoke the issuer",
            Self::OperatorFull => "the operator has set as many switches as fit; lift one first",
            Self::Store(_) => "the list of revocations in the shared store cannot be changed",
        })
    }
}

impl std::error::Error for RevocationError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            Self::NotRunning | Self::Full | Self::OperatorFull => None,
        }
    }
}

impl From<StoreError> for RevocationError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
