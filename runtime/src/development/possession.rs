//! The key that a client wants its tokens bound to (RFC 9449 §5).
//!
//! Any client may bind its tokens, and none has to. It is public, so the key that it
//! proves at the first request is the only thing by which it is known at the next.

use std::sync::Arc;

use axum::http::StatusCode;

use super::{Provider, Settings, answer::OAuthError};
use crate::{
    issuer::Algorithm,
    principal::Thumbprint,
    verify::{About, Proofs, Shown, Unproved},
};

/// How many seconds the clock of a client on this machine may differ.
const LEEWAY: u64 = 30;

/// What judges the proofs of a token request: proofs for the token endpoint.
pub(super) fn proofs(settings: &Settings) -> Proofs {
    Proofs::new(
        [format!("{}/development/token", settings.origin)],
        Algorithm::ALL.to_vec(),
        LEEWAY,
        None,
        Arc::clone(&settings.clock),
    )
}

/// The key that this client has proved, or none when it wants a bearer token.
pub(super) fn prove(
    provider: &Provider,
    shown: &Shown<'_>,
    client: &str,
) -> Result<Option<Thumbprint>, OAuthError> {
    if !shown.has_proof() {
        return Ok(None);
    }
    let about = About {
        token: None,
        key: None,
    };
    match provider.proofs.judge(shown, &about, client) {
        Ok(proved) => Ok(Some(proved.thumbprint())),
        Err(Unproved::Invalid(fault)) => Err(OAuthError::new("invalid_dpop_proof", fault)),
        // Neither a key nor a nonce is asked for here.
        Err(Unproved::OtherKey | Unproved::WantsNonce) => Err(OAuthError::ours()),
        Err(Unproved::NoRoom) => Err(OAuthError::new(
            "temporarily_unavailable",
            "so many proofs have come that no more can be remembered; try again later",
        )
        .with_status(StatusCode::SERVICE_UNAVAILABLE)),
    }
}
