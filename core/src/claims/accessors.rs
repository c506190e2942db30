//! What is set and read of claims. Nothing here takes part in a decision.

use std::fmt;

use serde_json::{Map, Value};

use super::{Actor, Claims, split};
use crate::clock::UnixTime;

impl Claims {
    /// Builds claims from the two that every token must have.
    #[must_use]
    pub fn new(issuer: impl Into<String>, expires_at: UnixTime) -> Self {
        Self {
            issuer: issuer.into(),
            subject: None,
            audience: Vec::new(),
            expires_at,
            not_before: None,
            issued_at: None,
            client_id: None,
            scopes: Vec::new(),
            roles: Vec::new(),
            actors: Vec::new(),
            shows_person: false,
            all: Map::new(),
        }
    }

    /// Returns the party of the token: `subject` and its name, or `client` and its id if the token
    /// has no subject.
    #[doc(hidden)]
    pub fn party(&self) -> (&'static str, &str) {
        match &self.subject {
            Some(subject) => ("subject", subject),
            None => ("client", self.client_id.as_deref().unwrap_or_default()),
        }
    }

    /// Sets the subject (`sub`).
    #[must_use]
    pub fn with_subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Adds an audience (`aud`).
    #[must_use]
    pub fn with_audience(mut self, audience: impl Into<String>) -> Self {
        self.audience.push(audience.into());
        self
    }

    /// Sets the client (`client_id`).
    #[must_use]
    pub fn with_client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self
    }

    /// Adds the scopes of a scope string (RFC 6749 §3.3: separated by single spaces).
    #[must_use]
    pub fn with_scopes(mut self, scopes: &str) -> Self {
        self.scopes.extend(split(scopes));
        self
    }

    /// Adds a role.
    #[must_use]
    pub fn with_role(mut self, role: impl Into<String>) -> Self {
        let role = role.into();
        if let Err(place) = self.roles.binary_search(&role) {
            self.roles.insert(place, role);
        }
        self
    }

    /// Adds an actor: the current one first, then the one before it (`act`, RFC 8693 §4.1).
    #[must_use]
    pub fn with_actor(mut self, actor: Actor) -> Self {
        self.actors.push(actor);
        self
    }

    /// States that a person stands behind the token. Your own verifier calls it only if the
    /// token, or its issuer, shows that.
    #[must_use]
    pub fn with_person(mut self) -> Self {
        self.shows_person = true;
        self
    }

    /// Sets how strongly the caller has logged in (`acr`).
    #[must_use]
    pub fn with_acr(mut self, acr: impl Into<String>) -> Self {
        self.all.insert("acr".to_owned(), Value::String(acr.into()));
        self
    }

    /// Sets when the caller has logged in (`auth_time`).
    #[must_use]
    pub fn with_auth_time(mut self, auth_time: UnixTime) -> Self {
        let seconds = auth_time.seconds();
        self.all.insert("auth_time".to_owned(), seconds.into());
        self
    }

    /// Sets the time before which the token is not valid (`nbf`).
    #[must_use]
    pub fn with_not_before(mut self, not_before: UnixTime) -> Self {
        self.not_before = Some(not_before);
        self
    }

    /// Returns the issuer of the token (`iss`).
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns the subject of the token (`sub`).
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// Returns the audience of the token (`aud`), as an array even if the token has a
    /// string.
    #[must_use]
    pub fn audience(&self) -> &[String] {
        &self.audience
    }

    /// Returns when the token expires (`exp`).
    #[must_use]
    pub fn expires_at(&self) -> UnixTime {
        self.expires_at
    }

    /// Returns the time before which the token is not valid (`nbf`).
    #[must_use]
    pub fn not_before(&self) -> Option<UnixTime> {
        self.not_before
    }

    /// Returns when the token was issued (`iat`).
    #[must_use]
    pub fn issued_at(&self) -> Option<UnixTime> {
        self.issued_at
    }

    /// Returns the client that the token was issued to (`client_id`, otherwise `azp`).
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    /// Returns the granted scopes, in the token's order.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(String::as_str)
    }

    /// Returns the roles, sorted.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.roles.iter().map(String::as_str)
    }

    /// Returns the parties that act for the subject, the current actor first (`act`, RFC 8693 §4.1).
    #[must_use]
    pub fn actors(&self) -> &[Actor] {
        &self.actors
    }

    /// Returns any claim of the token by its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.all.get(name)
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The other claims may contain data that must not be logged.
        f.debug_struct("Claims")
            .field("issuer", &self.issuer)
            .field("subject", &self.subject)
            .field("audience", &self.audience)
            .field("expires_at", &self.expires_at)
            .field("client_id", &self.client_id)
            .field("scopes", &self.scopes)
            .field("roles", &self.roles)
            .field("actors", &self.actors)
            .finish_non_exhaustive()
    }
}
