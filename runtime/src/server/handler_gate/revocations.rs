//! The tokens that a gate in front of a handler no longer accepts.

use toolgate_store::Revocations;

use super::HandlerGateBuilder;

impl HandlerGateBuilder {
    /// As [`Server::with_revocations`](crate::Server::with_revocations).
    pub fn with_revocations(mut self, revocations: &Revocations) -> Self {
        self.policy.revocations = revocations.clone();
        self
    }
}
