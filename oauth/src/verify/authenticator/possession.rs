//! Proof of possession: the key that a token is bound to (RFC 9449).

use std::time::Duration;

use super::{
    super::dpop::{DpopRequest, ProofError, ProofRequirements, Proofs, Recording},
    AuthenticationError,
};
use crate::{
    caller::{AcceptedToken, BoundToken, TokenRejection},
    credentials::BearerToken,
    denial::DenialReason,
};

/// Verifies the proof of a request. The token is accepted only after the returned future, if there
/// is one, has recorded the proof at the other replicas.
pub(super) fn prove<'p>(
    proofs: &'p Proofs,
    bound: BoundToken,
    token: &BearerToken,
    request: &DpopRequest<'_>,
) -> Result<(AcceptedToken, Option<Recording<'p>>), AuthenticationError> {
    let requirements = ProofRequirements {
        token: Some(token),
        key: bound.key(),
    };
    let holder = bound.identity();
    let verified = proofs.verify_with_replicas(request, &requirements, &holder);
    let (proved, recording) = verified.map_err(unproved)?;
    let accepted = bound.proved_by(&proved).map_err(invalid)?;
    Ok((accepted, recording))
}

/// Returns the error of a request that has not proved the key.
pub(super) fn unproved(error: ProofError) -> AuthenticationError {
    match error {
        ProofError::Invalid(description) => AuthenticationError::NoProof { description },
        ProofError::OtherKey => invalid(TokenRejection::BoundToAnotherKey),
        ProofError::WantsNonce => AuthenticationError::WantsNonce,
        ProofError::AtCapacity => AuthenticationError::Unavailable {
            reason: DenialReason::ProofsExhausted,
            retry_after: Duration::from_secs(30),
            description: "so many proofs have come that no more can be remembered; try again later",
        },
        ProofError::StoreAway => AuthenticationError::Unavailable {
            reason: DenialReason::StoreUnavailable,
            retry_after: Duration::from_secs(1),
            description: "the proof cannot be recorded now; try again with a new proof",
        },
    }
}

/// Returns the error of a token that is not accepted.
pub(super) fn invalid(reason: TokenRejection) -> AuthenticationError {
    AuthenticationError::Invalid {
        reason: reason.denial_reason(),
        description: reason.to_string().into(),
        token: None,
    }
}
