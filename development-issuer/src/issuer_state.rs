//! The state that the endpoints share.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    client_id_metadata::Documents,
    grant_store::GrantStore,
    identity_provider_state::IdentityProviderState,
    json_response::OAuthError,
    sealed_values::Seal,
    settings::{OFFLINE_ACCESS, Settings},
    signing_key::SigningKey,
};

/// The settings, the keys and the memory of an issuer.
pub(crate) struct IssuerState {
    pub(crate) settings: Settings,
    pub(crate) key: SigningKey,
    pub(crate) identity_provider: IdentityProviderState,
    pub(crate) seal: Seal,
    pub(crate) memory: Mutex<GrantStore>,
    pub(crate) documents: Documents,
}

impl IssuerState {
    /// Returns the seconds since the start of 1970.
    pub(crate) fn now(&self) -> u64 {
        self.settings.server.now()
    }

    /// Quotes text from a client or a person for a log line.
    pub(crate) fn quoted(&self, text: &str) -> String {
        self.settings.server.quote_for_log(text)
    }

    /// Locks the memory. The lock is never held across an await, because the guard is not
    /// `Send`.
    pub(crate) fn memory(&self) -> MutexGuard<'_, GrantStore> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the roles that a person can have.
    pub(crate) fn roles(&self) -> impl Iterator<Item = &str> {
        self.settings.roles.iter().map(String::as_str)
    }

    /// Returns the scopes to grant to a request without a consent page: those that it names, or the
    /// default (RFC 6749 §3.3).
    pub(crate) fn scopes_to_grant(
        &self,
        requested: Option<&str>,
    ) -> Result<Vec<String>, OAuthError> {
        let named = requested.unwrap_or_default().split(' ');
        let mut named = named
            .filter(|scope| !scope.is_empty() && *scope != OFFLINE_ACCESS)
            .peekable();
        if named.peek().is_none() {
            let defaults = self.settings.default_scopes.iter();
            return Ok(self.grantable_scopes(defaults.map(String::as_str)));
        }
        match self.grantable_scopes(named) {
            none if none.is_empty() => Err(OAuthError::new(
                "invalid_scope",
                "the issuer does not know any of the scopes",
            )),
            known => Ok(known),
        }
    }

    /// Returns the requested scopes that can be granted, each once, in the order of the
    /// settings. Unknown scopes are dropped (RFC 6749 §3.3).
    pub(crate) fn grantable_scopes<'a>(
        &'a self,
        requested: impl Iterator<Item = &'a str>,
    ) -> Vec<String> {
        let requested: BTreeSet<&str> = requested.collect();
        let offered = self.settings.scopes.iter().map(|(name, _)| name);
        offered
            .filter(|name| requested.contains(name.as_str()))
            .cloned()
            .collect()
    }
}
