//! What a server shares with its replicas.

use std::sync::Arc;

use toolgate_store::{Replicas, Revocations, SealedStore};

use crate::{clock::Clock, config::ValidConfig, error::SetupErrors};

use super::Server;

impl<S> Server<S> {
    /// Lets a [`Revocations`](crate::store::Revocations) refuse tokens that their issuer still
    /// accepts.
    pub fn with_revocations(mut self, revocations: &Revocations) -> Self {
        self.policy.revocations = revocations.clone();
        self
    }
}

/// Returns what the server shares with its replicas, if it has a store, and attaches the list of
/// revocations. Without a state key, the settings have an error.
pub(super) fn share(
    settings: &ValidConfig,
    revocations: &Revocations,
    clock: &Arc<dyn Clock>,
    faults: &mut SetupErrors,
) -> Option<Arc<Replicas>> {
    let replicas = connect(settings, clock, faults);
    let store = replicas.as_deref().map(|replicas| &replicas.store);
    if !revocations.attach(store, Arc::clone(clock), settings.revocation_times()) {
        faults.add(
            "one `Revocations` was given to two servers",
            "create one `Revocations::new()` for each server",
        );
    }
    replicas
}

fn connect(
    settings: &ValidConfig,
    clock: &Arc<dyn Clock>,
    faults: &mut SetupErrors,
) -> Option<Arc<Replicas>> {
    let (store, key) = (settings.store()?, settings.state_key()?);
    let (other, resource) = (settings.previous_state_key(), settings.resource().as_str());
    let sealed = SealedStore::new(store, &key, other.as_ref(), resource, Arc::clone(clock));
    let sealed = sealed.map_err(|_| {
        faults.add(
            "the records of the shared store cannot be sealed",
            "run it where AES-GCM-SIV is available",
        );
    });
    Some(Arc::new(Replicas::new(sealed.ok()?)))
}
