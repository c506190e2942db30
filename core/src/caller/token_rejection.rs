//! [`TokenRejection`]: why an authentic token is not accepted.

use std::fmt;

use crate::denial::DenialReason;

/// Why an authentic token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRejection {
    /// This server does not trust its issuer.
    Issuer,
    /// It is for another audience.
    Audience,
    /// It names no audience.
    NoAudience,
    /// It has expired.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// It was issued in the future.
    IssuedInFuture,
    /// It is bound to a key, and this server does not support proofs of possession.
    Bound,
    /// It is bound to a client certificate, which this server does not check.
    BoundToCertificate,
    /// It is bound in a way that this server does not know.
    BoundOtherwise,
    /// It is bound to a key other than the one that was proved.
    BoundToAnotherKey,
    /// It is not bound to a key, but must be.
    Unbound,
    /// It names neither a subject nor a client.
    NoIdentity,
}

impl TokenRejection {
    /// Returns the code for the client and the audit log.
    pub fn denial_reason(self) -> DenialReason {
        match self {
            Self::Issuer => DenialReason::UntrustedIssuer,
            Self::Audience | Self::NoAudience => DenialReason::WrongAudience,
            Self::Expired => DenialReason::ExpiredToken,
            Self::NotYetValid | Self::IssuedInFuture => DenialReason::EarlyToken,
            Self::Bound
            | Self::BoundToCertificate
            | Self::BoundOtherwise
            | Self::BoundToAnotherKey
            | Self::Unbound => DenialReason::WrongBinding,
            Self::NoIdentity => DenialReason::NoIdentity,
        }
    }
}

impl fmt::Display for TokenRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Issuer => "the token's issuer is not trusted here",
            Self::Audience => "the token is meant for another audience",
            Self::NoAudience => "the token names no audience, so it could be meant for any server",
            Self::Expired => "the token has expired",
            Self::NotYetValid => "the token is not valid yet",
            Self::IssuedInFuture => "the token was issued in the future",
            Self::Bound => "the token is bound to a key, and this server does not verify keys",
            Self::BoundToCertificate => {
                "the token is bound to a client certificate, and this server does not verify certificates"
            }
            Self::BoundOtherwise => "the token is bound in a way that this server does not verify",
            Self::BoundToAnotherKey => "the proof is signed by another key than the token is bound to",
            Self::Unbound => "the token is not bound to a key",
            Self::NoIdentity => "the token names neither a subject nor a client",
        })
    }
}
