//! Authenticates credentials: a token and the scheme it was sent with.
//!
//! The scheme must match the token in both directions. Accepting a bound token as a bearer
//! token would ignore its binding (RFC 9449 §7.2); a bearer token with the scheme `DPoP`
//! comes from a client that expects a binding that does not exist (§7.1: the binding is
//! checked).

use std::time::Duration;

use http::{HeaderMap, Method};

use super::{
    super::{
        dpop::{DpopRequest, ProofError, ProofRequirements, Proofs, Recording},
        verification_path::VerificationPath,
    },
    AuthenticationError, Authenticator,
};
use crate::{
    caller::{Accepted, AcceptedToken, BoundToken, TokenRejection},
    credentials::{BearerToken, Credentials, Scheme},
    denial::DenialReason,
};

impl Authenticator {
    /// Returns the verifier of proofs, if tokens bound to a key are accepted.
    pub fn proofs(&self) -> Option<&Proofs> {
        self.proofs.as_ref()
    }

    /// Returns whether only bound tokens are accepted.
    pub fn takes_only_bound(&self) -> bool {
        self.only_bound
    }

    /// Authenticates a request's credentials. The proof is verified for each request, even
    /// if the token is cached. `path` is set even if the token is refused.
    pub async fn authenticate(
        &self,
        credentials: &Credentials,
        method: &Method,
        headers: &HeaderMap,
        path: &mut VerificationPath,
    ) -> Result<AcceptedToken, AuthenticationError> {
        let accepted = self.accept(&credentials.token, path).await?;
        let result = match self.check_possession(credentials, accepted, method, headers) {
            Ok((accepted, None)) => Ok(accepted),
            Ok((accepted, Some(recording))) => recording.await.map(|()| accepted).map_err(unproved),
            Err(refused) => Err(refused),
        };
        if let Err(reason) = &result {
            tracing::info!(?reason, "access token refused: possession not proved");
        }
        result
    }

    /// Checks that the scheme matches the token, and verifies the proof of a bound token.
    fn check_possession(
        &self,
        credentials: &Credentials,
        accepted: Accepted,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<(AcceptedToken, Option<Recording<'_>>), AuthenticationError> {
        let unbound = |accepted| (accepted, None);
        match (credentials.scheme, accepted) {
            (Scheme::Bearer, Accepted::Bearer(_)) if self.only_bound => Err(OTHER_SCHEME_NEEDED),
            (Scheme::Bearer, Accepted::Bearer(accepted)) => Ok(unbound(accepted)),
            (Scheme::Bearer, Accepted::Bound(_)) => Err(match &self.proofs {
                Some(_) => AuthenticationError::OtherScheme {
                    description: "the token is bound to a key: send it with the scheme DPoP and a proof of that key",
                },
                None => invalid(TokenRejection::Bound),
            }),
            (Scheme::Dpop, Accepted::Bearer(_)) => Err(invalid(TokenRejection::Unbound)),
            (Scheme::Dpop, Accepted::Bound(bound)) => match &self.proofs {
                Some(proofs) => {
                    let request = DpopRequest::from_request(method, headers);
                    prove(proofs, bound, &credentials.token, &request)
                }
                None => Err(invalid(TokenRejection::Bound)),
            },
        }
    }
}

const OTHER_SCHEME_NEEDED: AuthenticationError = AuthenticationError::OtherScheme {
    description: "this server accepts only tokens that are bound to a key: request one with a DPoP proof",
};

/// Verifies the proof of a request. The token is accepted only after the returned future, if there
/// is one, has recorded the proof at the other replicas.
fn prove<'p>(
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

fn unproved(error: ProofError) -> AuthenticationError {
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

fn invalid(reason: TokenRejection) -> AuthenticationError {
    AuthenticationError::Invalid {
        reason: reason.denial_reason(),
        description: reason.to_string().into(),
        token: None,
    }
}
