//! Whether tokens can be verified, and how old the keys are.

use std::time::Duration;

use super::{
    super::{IssuerVerifier, ReadinessError},
    Authenticator,
};

impl Authenticator {
    /// Starts loading the issuers' keys, if called within a tokio runtime.
    pub fn start(&self) {
        if let Some(issuers) = self.verifier.as_issuers() {
            issuers.start();
        }
    }

    /// Returns why tokens cannot be verified, if they cannot.
    pub fn readiness(&self) -> Result<(), ReadinessError> {
        self.verifier
            .as_issuers()
            .map_or(Ok(()), IssuerVerifier::readiness)
    }

    /// Returns why tokens of some issuers cannot be verified now.
    pub fn issuer_errors(&self) -> Vec<String> {
        let issuers = self.verifier.as_issuers();
        issuers.map_or_else(Vec::new, IssuerVerifier::issuer_errors)
    }

    /// Returns how old the keys of each issuer are, except for fixed keys.
    pub fn key_ages(&self) -> Vec<(String, Duration)> {
        let issuers = self.verifier.as_issuers();
        issuers.map_or_else(Vec::new, IssuerVerifier::key_ages)
    }
}
