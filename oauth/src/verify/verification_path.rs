//! [`VerificationPath`]: how a token was verified, for metrics and traces.

/// How a token was verified, which explains the duration. No decision depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VerificationPath {
    /// Whether an earlier verification was still valid.
    pub is_cached: bool,
    /// The evidence for the token.
    pub kind: EvidenceKind,
}

/// The evidence for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EvidenceKind {
    /// Its signature. A token that is refused before its signature is checked counts here, too.
    #[default]
    Signature,
    /// The introspection at its issuer (RFC 7662).
    Introspection,
    /// The verifier of the program, whose results are not cached.
    Custom,
}

impl EvidenceKind {
    /// Returns the word for labels. It never changes its meaning.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Introspection => "introspection",
            Self::Custom => "custom",
        }
    }
}
