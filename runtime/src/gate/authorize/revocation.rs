//! The check that a token was not revoked.

use std::time::Duration;

use futures_util::{FutureExt, future::BoxFuture};
use toolgate_store::{Revocations, StaleRevocationsError, TokenNames};

use crate::{
    authorization::Permit, caller::Caller, denial::DenialReason, verify::AuthenticationError,
};

use super::super::{Gate, refusal::Refusal};

/// When to try again if the list of revocations is too old.
const RETRY_AFTER: Duration = Duration::from_secs(5);

impl Gate {
    /// Refuses a caller whose token was revoked, although its issuer would still accept it.
    ///
    /// # Errors
    ///
    /// If the token was revoked, or if the server cannot know whether it was.
    pub(super) fn check_revocation(&self, caller: &Caller) -> Result<(), AuthenticationError> {
        match is_revoked(&self.revocations, caller) {
            Ok(false) => Ok(()),
            Ok(true) => {
                tracing::info!(reason = "it was revoked", "access token refused");
                Err(AuthenticationError::Invalid {
                    reason: DenialReason::InvalidToken,
                    description: "the access token was revoked".into(),
                    token: Some(caller.verified()),
                })
            }
            Err(StaleRevocationsError) => Err(AuthenticationError::Unavailable {
                reason: DenialReason::StoreUnavailable,
                retry_after: RETRY_AFTER,
                description: "the server cannot know now whether the access token was revoked; try again later",
            }),
        }
    }

    /// Refuses a request without a token if the server cannot know whether the operator has switched
    /// its item off. A request with a token is refused earlier.
    pub(super) fn check_switches(&self, permit: &Permit) -> Result<(), Refusal> {
        let is_public = permit.caller().is_none() && permit.target().is_some();
        match is_public && self.revocations.freshness().is_err() {
            false => Ok(()),
            true => Err(Refusal::Unavailable {
                reason: DenialReason::StoreUnavailable,
                retry_after: RETRY_AFTER,
                description: "the server cannot know now whether this is switched off; try again later",
            }),
        }
    }

    /// Returns a future that ends when the token of a caller is revoked, or when the server can no
    /// longer know whether it was: an open stream must not outlive its authorization.
    pub(in crate::gate) fn until_revoked(&self, caller: &Caller) -> BoxFuture<'static, ()> {
        let (revocations, caller) = (self.revocations.clone(), caller.detached());
        let revoked = async move {
            let check = |list: &Revocations| is_revoked(list, &caller).unwrap_or(true);
            revocations.until_revoked(check).await;
        };
        revoked.boxed()
    }
}

/// Returns whether the token of a caller was revoked.
///
/// # Errors
///
/// If the list of revocations is too old to answer this.
pub(crate) fn is_revoked(
    revocations: &Revocations,
    caller: &Caller,
) -> Result<bool, StaleRevocationsError> {
    if !revocations.is_used() {
        return Ok(false);
    }
    let claims = caller.claims();
    revocations.revokes(TokenNames {
        issuer: claims.issuer(),
        subject: claims.subject(),
        client: claims.client_id(),
        jti: claims.get("jti").and_then(|jti| jti.as_str()),
    })
}
