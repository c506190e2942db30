//! Requests without a valid token, which must cost little memory and time (CWE-400).
//!
//! They are answered from the beginning of the message. It can only be refused by that, never
//! admitted: a message that may run without a token is read again as a whole and authorized
//! by the operation that then runs.

use http::{Method, request::Parts};

use crate::{
    authorization::{Decision, Denial},
    caller::VerifiedToken,
    operation::Operation,
    verify::AuthenticationError,
};

use super::{
    super::{
        Gate,
        audit::AuditContext,
        body::Received,
        decoded_size,
        message_head::MessageHead,
        refusal::{ProofFailure, Refusal, RefusedRequest},
        session::SessionAccess,
    },
    UNREADABLE,
};

impl Gate {
    /// Refuses a request without a valid token, unless its operation may need none.
    ///
    /// `failure` states why the token is not valid, or is `None` without a token.
    pub(super) fn refuse_unauthenticated(
        &self,
        parts: &Parts,
        session: Option<&str>,
        failure: Option<AuthenticationError>,
        body: &Received,
    ) -> Result<(), Box<RefusedRequest<'_>>> {
        let head = MessageHead::read(&body.bytes);
        let operation = match parts.method {
            Method::GET => Some(Operation::Stream),
            Method::DELETE => Some(Operation::EndSession),
            _ => head.operation(),
        };
        let rejected = match &failure {
            Some(AuthenticationError::Invalid { token, .. }) => token.clone(),
            _ => None,
        };
        let Some(refusal) = self.unauthenticated_refusal(operation, session, failure, body) else {
            return Ok(());
        };
        let context = AuditContext {
            operation,
            rejected: rejected.as_deref().map(VerifiedToken::claims),
            ..AuditContext::default()
        };
        Err(self.refuse(context, refusal, &parts.headers, head.response_envelope()))
    }

    fn unauthenticated_refusal(
        &self,
        operation: Option<Operation<'_>>,
        session: Option<&str>,
        failure: Option<AuthenticationError>,
        body: &Received,
    ) -> Option<Refusal> {
        if let Some(reason) = failure {
            return Some(self.unauthenticated(reason, operation));
        }
        if let Some(id) = session {
            match self.sessions.enter(id, None) {
                Ok(_) => {}
                Err(SessionAccess::NotFound) => return Some(Refusal::NoSession),
                Err(SessionAccess::AuthenticationRequired) => {
                    let challenge_scopes = self.rules.scopes_to_request(operation);
                    return Some(Refusal::NoToken { challenge_scopes });
                }
            }
        }
        let operation = operation.unwrap_or(UNREADABLE);
        match self.rules.decide(operation, None) {
            Decision::Deny(Denial::NoToken { challenge_scopes }, _) => {
                Some(Refusal::NoToken { challenge_scopes })
            }
            Decision::Admit(_) | Decision::Ask(_) | Decision::Deny(..)
                if decoded_size::is_small_without_token(&self.limits, body) =>
            {
                None
            }
            Decision::Admit(_) | Decision::Ask(_) | Decision::Deny(..) => {
                Some(Refusal::TooLargeWithoutToken {
                    limit: self.limits.unauthenticated_body,
                })
            }
        }
    }

    /// Maps an authentication failure to a refusal.
    fn unauthenticated(
        &self,
        reason: AuthenticationError,
        operation: Option<Operation<'_>>,
    ) -> Refusal {
        let challenge_scopes = self.rules.scopes_to_request(operation);
        let proof_failure = |failure| Refusal::ProofFailure {
            challenge_scopes,
            failure,
        };
        match reason {
            AuthenticationError::Invalid {
                reason,
                description,
                token: _,
            } => Refusal::InvalidToken {
                challenge_scopes,
                reason,
                description,
            },
            AuthenticationError::OtherScheme { description } => {
                proof_failure(ProofFailure::Scheme(description))
            }
            AuthenticationError::NoProof { description } => {
                proof_failure(ProofFailure::Proof(description))
            }
            AuthenticationError::WantsNonce => proof_failure(ProofFailure::Nonce),
            AuthenticationError::Unavailable {
                reason,
                retry_after,
                description,
            } => Refusal::Unavailable {
                reason,
                retry_after,
                description,
            },
        }
    }
}
