//! A token that is bound to a key.

use std::fmt;

use crate::dpop_proof::ProofKey;

/// A token and the key that it is bound to (RFC 9449 §6).
pub(crate) struct BoundToken {
    pub(crate) token: String,
    pub(crate) key: ProofKey,
}

impl fmt::Debug for BoundToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundToken").finish_non_exhaustive()
    }
}
