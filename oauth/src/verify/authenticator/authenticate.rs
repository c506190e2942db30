//! Authenticates credentials: a token and the scheme it was sent with.
//!
//! The scheme must match the token in both directions. Accepting a bound token as a bearer
//! token would ignore its binding (RFC 9449 §7.2); a bearer token with the scheme `DPoP`
//! comes from a client that expects a binding that does not exist (§7.1: the binding is
//! checked).

use std::time::Duration;

use super::{
    super::{
        dpop::{DpopRequest, ProofError, ProofRequirements, Proofs},
        verification_path::VerificationPath,
    },
    Authenticator, Unauthenticated,
};
use crate::{
    bearer::{BearerToken, Credentials, Scheme},
    caller::{Accepted, AcceptedToken, BoundToken, TokenRejection},
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
        request: &DpopRequest<'_>,
        path: &mut VerificationPath,
    ) -> Result<AcceptedToken, Unauthenticated> {
        let token = &credentials.token;
        let result = match (credentials.scheme, self.accept(token, path).await?) {
            (Scheme::Bearer, Accepted::Bearer(_)) if self.only_bound => Err(OTHER_SCHEME_NEEDED),
            (Scheme::Bearer, Accepted::Bearer(accepted)) => Ok(accepted),
            (Scheme::Bearer, Accepted::Bound(_)) => Err(match &self.proofs {
                Some(_) => Unauthenticated::OtherScheme {
                    description: "the token is bound to a key: send it with the scheme DPoP and a proof of that key",
                },
                None => invalid(TokenRejection::Bound),
            }),
            (Scheme::Dpop, Accepted::Bearer(_)) => Err(invalid(TokenRejection::Unbound)),
            (Scheme::Dpop, Accepted::Bound(bound)) => match &self.proofs {
                Some(proofs) => prove(proofs, bound, token, request).await,
                None => Err(invalid(TokenRejection::Bound)),
            },
        };
        if let Err(reason) = &result {
            tracing::info!(?reason, "access token refused: possession not proved");
        }
        result
    }
}

const OTHER_SCHEME_NEEDED: Unauthenticated = Unauthenticated::OtherScheme {
    description: "this server accepts only tokens that are bound to a key: request one with a DPoP proof",
};

async fn prove(
    proofs: &Proofs,
    bound: BoundToken,
    token: &BearerToken,
    request: &DpopRequest<'_>,
) -> Result<AcceptedToken, Unauthenticated> {
    let requirements = ProofRequirements {
        token: Some(token),
        key: bound.key(),
    };
    let holder = bound.identity();
    let verified = proofs.verify_with_replicas(request, &requirements, &holder);
    match verified.await {
        Ok(proved) => bound.proved_by(&proved).map_err(invalid),
        Err(ProofError::Invalid(description)) => Err(Unauthenticated::NoProof { description }),
        Err(ProofError::OtherKey) => Err(invalid(TokenRejection::BoundToAnotherKey)),
        Err(ProofError::WantsNonce) => Err(Unauthenticated::WantsNonce),
        Err(ProofError::AtCapacity) => Err(Unauthenticated::Unavailable {
            reason: DenialReason::ProofsExhausted,
            retry_after: Duration::from_secs(30),
            description: "so many proofs have come that no more can be remembered; try again later",
        }),
        Err(ProofError::StoreAway) => Err(Unauthenticated::Unavailable {
            reason: DenialReason::StoreUnavailable,
            retry_after: Duration::from_secs(1),
            description: "the proof cannot be recorded now; try again with a new proof",
        }),
    }
}

fn invalid(reason: TokenRejection) -> Unauthenticated {
    Unauthenticated::Invalid {
        reason: reason.denial_reason(),
        description: reason.to_string().into(),
        token: None,
    }
}
