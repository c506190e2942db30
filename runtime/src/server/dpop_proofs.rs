//! The verification of the proofs that come with bound tokens.

use std::sync::Arc;

use toolgate_store::Replicas;

use crate::{clock::Clock, config::ValidConfig, error::SetupErrors, verify::Proofs};

/// Builds the validation of DPoP proofs: proofs must name this resource's own URLs, as
/// configured and published (RFC 9449 §4.3).
pub(super) fn proofs(
    settings: &ValidConfig,
    replicas: Option<&Replicas>,
    clock: &Arc<dyn Clock>,
    faults: &mut SetupErrors,
) -> Option<Proofs> {
    let dpop = settings.dpop();
    let nonces = dpop.nonces(settings.state_key(), faults);
    dpop.is_on().then(|| {
        Proofs::new(
            settings.resource().addresses(),
            dpop.algorithms().to_vec(),
            dpop.proof_times(settings.leeway()),
            nonces,
            Arc::clone(clock),
        )
        .with_shared_uses(replicas.map(|replicas| replicas.uses.clone()))
    })
}
