//! From a token and the way in which it came to a principal.
//!
//! The scheme has to fit the token, both ways. A bound token that is taken as a bearer
//! token is a binding overlooked (RFC 9449 §7.2); a bearer token of the scheme `DPoP` is
//! somebody who believes in a binding that is not there (§7.1: the binding is checked).

use std::time::Duration;

use super::{
    super::dpop::{About, Proofs, Shown, Unproved},
    Authenticator, Unauthenticated,
};
use crate::{
    bearer::{BearerToken, Credentials, Scheme},
    principal::{Accepted, AcceptedToken, BoundToken, Unacceptable},
};

impl Authenticator {
    /// Whether tokens that are bound to a key are accepted, with a proof of it.
    pub(crate) fn proofs(&self) -> Option<&Proofs> {
        self.proofs.as_ref()
    }

    /// Whether no others are.
    pub(crate) fn takes_only_bound(&self) -> bool {
        self.only_bound
    }

    /// Whether a request's credentials are somebody's. A proof is judged for each request,
    /// whatever is known of the token.
    pub(crate) async fn authenticate(
        &self,
        credentials: &Credentials,
        shown: &Shown<'_>,
    ) -> Result<AcceptedToken, Unauthenticated> {
        let token = &credentials.token;
        let judged = match (credentials.scheme, self.accept(token).await?) {
            (Scheme::Bearer, Accepted::Bearer(_)) if self.only_bound => Err(OTHER_SCHEME_NEEDED),
            (Scheme::Bearer, Accepted::Bearer(accepted)) => Ok(accepted),
            (Scheme::Bearer, Accepted::Bound(_)) => Err(match &self.proofs {
                Some(_) => Unauthenticated::OtherScheme {
                    description: "the token is bound to a key: send it by the scheme DPoP, with a proof of that key",
                },
                None => invalid(Unacceptable::Bound),
            }),
            (Scheme::Dpop, Accepted::Bearer(_)) => Err(invalid(Unacceptable::Unbound)),
            (Scheme::Dpop, Accepted::Bound(bound)) => match &self.proofs {
                Some(proofs) => prove(proofs, bound, token, shown),
                None => Err(invalid(Unacceptable::Bound)),
            },
        };
        if let Err(reason) = &judged {
            tracing::info!(?reason, "access token refused for want of possession");
        }
        judged
    }
}

const OTHER_SCHEME_NEEDED: Unauthenticated = Unauthenticated::OtherScheme {
    description: "this server takes only tokens that are bound to a key: ask for one with a DPoP proof",
};

fn prove(
    proofs: &Proofs,
    bound: BoundToken,
    token: &BearerToken,
    shown: &Shown<'_>,
) -> Result<AcceptedToken, Unauthenticated> {
    let about = About {
        token: Some(token),
        key: bound.key(),
    };
    let holder = bound.identity();
    match proofs.judge(shown, &about, &holder) {
        Ok(proved) => bound.proved_by(&proved).map_err(invalid),
        Err(Unproved::Invalid(description)) => Err(Unauthenticated::NoProof { description }),
        Err(Unproved::OtherKey) => Err(invalid(Unacceptable::BoundToAnotherKey)),
        Err(Unproved::WantsNonce) => Err(Unauthenticated::WantsNonce),
        Err(Unproved::NoRoom) => Err(Unauthenticated::Unavailable {
            retry_after: Duration::from_secs(30),
            description: "so many proofs have come that no more can be remembered; try again later",
        }),
    }
}

fn invalid(reason: Unacceptable) -> Unauthenticated {
    Unauthenticated::Invalid {
        description: reason.to_string().into(),
    }
}
