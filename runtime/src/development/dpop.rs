//! The key that a client binds its tokens to (RFC 9449 §5).
//!
//! Binding is optional. A client is public, so the key that it proves at the first request is
//! its only identification at later ones.

use std::{sync::Arc, time::Duration};

use axum::http::StatusCode;

use super::{Provider, Settings, json_response::OAuthError};
use crate::{
    caller::Thumbprint,
    issuer::Algorithm,
    verify::{DpopRequest, ProofError, ProofRequirements, Proofs},
};

/// How much the clock of a client on this machine may differ.
const LEEWAY: Duration = Duration::from_secs(30);

/// Builds the validator of proofs for the token endpoint.
pub(super) fn proofs(settings: &Settings) -> Proofs {
    Proofs::new(
        [format!("{}/development/token", settings.origin)],
        Algorithm::ALL.to_vec(),
        LEEWAY,
        None,
        Arc::clone(&settings.clock),
    )
}

/// Returns the key that this client has proved, or `None` for a bearer token.
pub(super) fn prove(
    provider: &Provider,
    shown: &DpopRequest<'_>,
    client: &str,
) -> Result<Option<Thumbprint>, OAuthError> {
    if !shown.has_proof() {
        return Ok(None);
    }
    let about = ProofRequirements {
        token: None,
        key: None,
    };
    match provider.proofs.verify(shown, &about, client) {
        Ok(proved) => Ok(Some(proved.thumbprint())),
        Err(ProofError::Invalid(fault)) => Err(OAuthError::new("invalid_dpop_proof", fault)),
        // Neither a key nor a nonce is required here.
        Err(ProofError::OtherKey | ProofError::WantsNonce) => Err(OAuthError::ours()),
        Err(ProofError::AtCapacity) => Err(OAuthError::new(
            "temporarily_unavailable",
            "too many proofs were sent and none can be stored; try again later",
        )
        .with_status(StatusCode::SERVICE_UNAVAILABLE)),
    }
}
