//! [`VerificationEvidence`]: the evidence for a verified token, for the cache of verifications.

use tokio::time::Instant;

use super::verification_path::EvidenceKind;

/// The evidence for a verified token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct VerificationEvidence {
    /// The position of the issuer in the list of the verifier.
    pub(super) issuer: usize,
    /// The generation of the keys, if keys were used.
    pub(super) generation: Option<u64>,
    /// When the introspection response expires, if there was one.
    pub(super) until: Option<Instant>,
}

impl VerificationEvidence {
    /// Returns the kind of the evidence.
    pub(super) fn kind(self) -> EvidenceKind {
        match self.until {
            Some(_) => EvidenceKind::Introspection,
            None => EvidenceKind::Signature,
        }
    }
}
