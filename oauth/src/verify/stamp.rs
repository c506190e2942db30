//! [`Stamp`]: the evidence for a verified token, for the cache of verifications.

use tokio::time::Instant;

use super::verification_path::VerificationKind;

/// The evidence for a verified token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Stamp {
    /// The position of the issuer in the list of the verifier.
    pub(super) issuer: usize,
    /// The generation of the keys, if keys were used.
    pub(super) generation: Option<u64>,
    /// When the introspection response expires, if there was one.
    pub(super) until: Option<Instant>,
}

impl Stamp {
    /// Returns the kind of the evidence.
    pub(super) fn kind(self) -> VerificationKind {
        match self.until {
            Some(_) => VerificationKind::Introspection,
            None => VerificationKind::Signature,
        }
    }
}
