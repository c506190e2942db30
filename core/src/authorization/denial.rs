//! [`Denial`]: why an operation is denied.

use crate::{access::Conditions, scope::ScopeSet};

/// Why an operation is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// The operation needs a token and the request has none.
    NoToken {
        /// The scopes to request.
        challenge_scopes: ScopeSet,
    },
    /// The token lacks a scope.
    InsufficientScope {
        /// Every scope that the operation needs.
        needed: ScopeSet,
        /// The needed scopes that the token neither names nor implies.
        missing: ScopeSet,
        /// The scopes of this server that the token names.
        held: ScopeSet,
    },
    /// The token does not show that a person stands behind it.
    NoPerson,
    /// The caller lacks a role.
    MissingRole {
        /// The set of which the caller lacks the fewest roles.
        needed: &'static [&'static str],
    },
    /// The caller has not logged in strongly or recently enough (RFC 9470).
    InsufficientAuthentication {
        /// What the login must satisfy.
        conditions: Conditions,
        /// Every scope that the operation needs.
        needed: ScopeSet,
        /// The scopes of this server that the token names.
        held: ScopeSet,
    },
    /// The operation has no rule.
    Unruled,
}

/// The operation that is about to run is not the admitted one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotPermittedError;
