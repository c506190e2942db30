//! The key that a client binds its tokens to (RFC 9449 §5).
//!
//! Binding is optional. A client is public, so the key that it proves at the first request is
//! its only identification at later ones.

use axum::http::{HeaderMap, StatusCode};

use crate::{
    embedding_server::{ProofError, Thumbprint},
    issuer_state::IssuerState,
    json_response::OAuthError,
};

/// Returns the key that this client has proved, or `None` for a bearer token.
pub(crate) fn prove(
    issuer: &IssuerState,
    headers: &HeaderMap,
    client: &str,
) -> Result<Option<Thumbprint>, OAuthError> {
    let proved = issuer.settings.server.verify_proof(headers, client);
    proved.map_err(|error| match error {
        ProofError::Invalid(description) => OAuthError::new("invalid_dpop_proof", description),
        ProofError::Internal => OAuthError::internal(),
        ProofError::NoCapacity => OAuthError::new(
            "temporarily_unavailable",
            "too many proofs were sent and none can be stored; try again later",
        )
        .with_status(StatusCode::SERVICE_UNAVAILABLE),
    })
}
