//! [`AuthorizeDenial`]: a denial of an item that a client can act on.

use super::{AuthorizeError, AuthorizeReason};
use crate::{caller::Caller, denial::ItemDenial, log_text::redaction, scope::Scope};

/// An [`AuthorizeError`] whose demands a client can meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AuthorizeDenial {
    /// The request also needs these scopes, which the item declares.
    NeedsScopes(Box<[Scope]>),
    /// No token would be sufficient.
    Denied(ItemDenial),
}

impl AuthorizeError {
    /// Compares a denial with the scopes that the item declares. Whether the item denies before
    /// it runs or while it runs, no challenge names any other scope.
    pub(crate) fn resolve(
        self,
        (noun, name): (&str, &str),
        declared: &[Scope],
        caller: Option<&Caller>,
    ) -> AuthorizeDenial {
        let demanded = match self.into_reason() {
            AuthorizeReason::Denied(denial) => return AuthorizeDenial::Denied(denial),
            AuthorizeReason::NeedsScopes(demanded) => demanded,
        };
        let find = |name: &str| declared.iter().find(|scope| scope.as_str() == name);
        let scopes: Option<Box<[Scope]>> =
            demanded.iter().map(|name| find(name).copied()).collect();
        let is_met = || {
            let has = |name: &str| caller.is_some_and(|caller| caller.has(name));
            demanded.iter().all(|name| has(name))
        };
        match scopes {
            Some(scopes) if !is_met() => AuthorizeDenial::NeedsScopes(scopes),
            _ => {
                tracing::error!(
                    target: "toolgate::tool",
                    noun,
                    name,
                    demanded = redaction::cut(&demanded.join(" "), 400),
                    "the item demands a scope that `authorize_scopes = […]` does not declare or that the caller has: the request was refused without a challenge"
                );
                AuthorizeDenial::Denied(ItemDenial::failed("the caller may not do this"))
            }
        }
    }
}
