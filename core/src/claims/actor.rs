//! [`Actor`]: a party that acts for the subject of a token. No decision reads an actor.

/// A party that acts for the subject of a token (`act`, RFC 8693 §4.1), such as an agent that
/// has exchanged the token of its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub(super) subject: String,
    pub(super) issuer: Option<String>,
}

impl Actor {
    /// Builds the actor with this subject.
    #[must_use]
    pub fn new(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            issuer: None,
        }
    }

    /// Names the issuer of the actor's subject.
    #[must_use]
    pub fn with_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// Returns the subject of the actor (`sub`, otherwise `client_id`).
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Returns the issuer of the actor's subject (`iss`). Without it, the issuer of the token
    /// names the actor.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }
}
