//! The sign-ins at the identity provider, between its page and its token endpoint, and its key.

use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::error::Unspecified;

use crate::{
    expiring_map::ExpiringMap,
    grant_store::{CODE_LIFE, Login, digest},
    signing_key::SigningKey,
};

/// The key of the identity provider, and the sign-ins whose code was not redeemed yet.
pub(crate) struct IdentityProviderState {
    pub(crate) key: SigningKey,
    sign_ins: Mutex<SignInStore>,
}

impl IdentityProviderState {
    pub(crate) fn generate() -> Result<Self, Unspecified> {
        Ok(Self {
            key: SigningKey::generate()?,
            sign_ins: Mutex::default(),
        })
    }

    pub(crate) fn sign_ins(&self) -> MutexGuard<'_, SignInStore> {
        self.sign_ins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a person has signed in to.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) client: String,
    pub(crate) subject: String,
    pub(crate) login: Login,
    pub(crate) roles: Vec<String>,
    /// The client's text against replay (OpenID Connect Core §3.1.2.1).
    pub(crate) nonce: Option<String>,
    pub(crate) redirect: Option<String>,
    pub(crate) challenge: String,
}

/// The codes of sign-ins, by digest. Each is used once and expires.
pub(crate) struct SignInStore(ExpiringMap<[u8; 32], SignedIn>);

impl Default for SignInStore {
    fn default() -> Self {
        Self(ExpiringMap::new(2_000))
    }
}

impl SignInStore {
    pub(crate) fn store(&mut self, code: &str, sign_in: SignedIn, now: u64) {
        let ends = now.saturating_add(CODE_LIFE);
        self.0.insert(digest(code), sign_in, ends, now);
    }

    /// Removes a code, valid or not, so that it cannot be used again.
    pub(crate) fn take(&mut self, code: &str, now: u64) -> Option<SignedIn> {
        let code = digest(code);
        let found = self.0.get(&code, now).cloned();
        self.0.remove(&code);
        found
    }
}
