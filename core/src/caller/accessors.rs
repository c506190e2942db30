//! What a tool reads of its caller. Nothing here takes part in a decision.

use std::{fmt, sync::Arc};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Caller, VerifiedToken};
use crate::{
    claims::{Actor, ClaimsError},
    clock::UnixTime,
};

impl Caller {
    /// Returns the token as it was verified, for the record of a refusal.
    #[doc(hidden)]
    #[must_use]
    pub fn verified(&self) -> Arc<VerifiedToken> {
        Arc::clone(&self.0)
    }

    /// Returns the user on whose behalf the call is made (`sub`), or `None` if a program
    /// calls for itself.
    ///
    /// A subject is unique within its issuer only (RFC 7519 §4.1.2): store data of a user
    /// under [`issuer`](Self::issuer) and subject together.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.claims().subject()
    }

    /// Returns the issuer of the token (`iss`).
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.claims().issuer()
    }

    /// Returns the client program that sends the call (`client_id`, otherwise `azp`).
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.claims().client_id()
    }

    /// Returns the scopes of the token, in the token's order.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.claims().scopes()
    }

    /// Returns the roles of the token, sorted. Where they are read from depends on the issuer:
    /// see `toolgate::issuer::Issuer::with_role_claim`.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.claims().roles()
    }

    /// Returns the parties that act for the subject, the current actor first (`act`, RFC 8693 §4.1).
    /// The list is empty if the token was not exchanged. The earlier actors are for records only; no access depends
    /// on them.
    #[must_use]
    pub fn actors(&self) -> &[Actor] {
        self.claims().actors()
    }

    /// Returns whether the token shows that a person sends the call, directly or through a program.
    /// Returns `false` also if the token does not show it: see `toolgate::issuer::Issuer::with_person_claim`.
    #[must_use]
    pub fn acts_for_person(&self) -> bool {
        self.claims().acts_for_person()
    }

    /// Returns how strongly the caller has logged in, as the issuer names it (`acr`).
    #[must_use]
    pub fn acr(&self) -> Option<&str> {
        self.claims().acr()
    }

    /// Returns when the caller has logged in (`auth_time`), or `None` if the token does not
    /// say it.
    #[must_use]
    pub fn auth_time(&self) -> Option<UnixTime> {
        self.claims().auth_time()
    }

    /// Returns when the token expires (`exp`).
    #[must_use]
    pub fn expires_at(&self) -> UnixTime {
        self.claims().expires_at()
    }

    /// Returns a claim as JSON, or `None` if the token does not have it.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.claims().get(name)
    }

    /// Returns a claim as a type of your own, or `None` if the token does not have it.
    ///
    /// # Errors
    ///
    /// [`ClaimsError::WrongType`] if the claim exists and has another type. The error does
    /// not repeat its value.
    pub fn claim_as<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, ClaimsError> {
        self.claim(name)
            .map(T::deserialize)
            .transpose()
            .map_err(|_| ClaimsError::WrongType(name.to_owned().into()))
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Caller").field(self.claims()).finish()
    }
}
