//! The limits of callers and of addresses.

use std::{collections::HashSet, sync::Arc};

use http::{HeaderMap, request::Parts};

use crate::{
    authorization::Target,
    bearer::{BearerError, Credentials},
    caller::Caller,
    denial::DenialReason,
    operation::Operation,
    verify::Unauthenticated,
};

use super::{
    super::{
        Gate,
        audit::Subject,
        refusal::{Refusal, RefusedRequest},
        throttle::{Limited, Principal, RunningItem, Throttle, Use},
    },
    AuthorizedRequest,
};

impl Gate {
    /// Authenticates a request as far as its address may send requests without a valid token.
    ///
    /// This is decided from the head: a refused request costs no body and no verification. One
    /// rule protects the callers behind the same address, whose tokens are valid: if a token can be
    /// verified without a request to its issuer, it is verified in any case, and only its failure
    /// is refused. An address without failures left cannot make this server send requests to an
    /// issuer.
    pub(super) async fn authenticate_limited(
        &self,
        throttle: &Throttle,
        parts: &Parts,
        token: Result<Option<Credentials>, BearerError>,
    ) -> Result<Result<Option<Caller>, Unauthenticated>, Box<RefusedRequest<'_>>> {
        let Some(address) = throttle.address(&parts.headers, &parts.extensions) else {
            return Ok(self.authenticate(parts, token).await);
        };
        let before = match &token {
            Ok(None) => throttle.count_unauthenticated(address),
            Ok(Some(credentials)) if self.authenticator.verifies_alone(&credentials.token) => {
                Ok(())
            }
            Ok(Some(_)) | Err(_) => throttle.check_failures(address),
        };
        before.map_err(|limited| self.refuse_limited(limited))?;
        let authenticated = self.authenticate(parts, token).await;
        if let Err(failure) = &authenticated {
            let counted = match is_attempt(failure) {
                true => throttle.count_failure(address),
                false => Ok(()),
            };
            let counted = counted.and_then(|()| throttle.count_unauthenticated(address));
            counted.map_err(|limited| self.refuse_limited(limited))?;
        }
        Ok(authenticated)
    }

    /// Refuses a request by its head.
    fn refuse_limited(&self, limited: Limited) -> Box<RefusedRequest<'_>> {
        self.audited(Subject::default(), Refusal::Limited(limited))
            .into()
    }

    /// Counts a permitted request of HTTP. Its extensions keep its item counted while it runs.
    pub(super) fn limit_use(
        &self,
        throttle: &Throttle,
        request: &AuthorizedRequest,
        parts: &mut Parts,
    ) -> Result<(), Box<RefusedRequest<'_>>> {
        let Parts {
            headers,
            extensions,
            ..
        } = &*parts;
        let principal = || match request.permit.caller() {
            Some(caller) => Principal::Caller(caller.identity()),
            None => match throttle.address(headers, extensions) {
                Some(address) => Principal::Address(address),
                None => Principal::Strangers,
            },
        };
        let running = self.begin_use(throttle, request, principal, headers)?;
        if let Some(running) = running {
            parts.extensions.insert(running);
        }
        Ok(())
    }

    /// Counts a permitted request, before an `authorize` function or the item runs.
    ///
    /// # Errors
    ///
    /// Returns the refusal if a limit is reached. Then no limit has counted the request.
    pub(in crate::gate) fn begin_use(
        &self,
        throttle: &Throttle,
        request: &AuthorizedRequest,
        principal: impl FnOnce() -> Principal,
        headers: &HeaderMap,
    ) -> Result<Option<Arc<RunningItem>>, Box<RefusedRequest<'_>>> {
        let message = &request.message;
        // A refused notification could not be sent again, and a refused reply would leave a
        // request waiting.
        if !message.is_request() {
            return Ok(None);
        }
        let operation = message.operation();
        let mut targets = self.used_items(operation, request.permit.target());
        targets.retain(|target| throttle.counts(*target));
        if targets.is_empty() && !throttle.limits_callers() {
            return Ok(None);
        }
        let used = Use {
            principal: principal(),
            targets: &targets,
            runs: matches!(
                operation,
                Some(Operation::CallTool(_) | Operation::GetPrompt(_) | Operation::ReadResource(_))
            ),
            continues: message.continues_rounds(),
        };
        throttle.begin(&used).map_err(|limited| {
            let subject = Subject::new(operation, request.permit.caller());
            let refusal = Refusal::Limited(limited);
            self.refuse(subject, refusal, headers, message.response_envelope())
        })
    }

    /// Returns the items that a request uses, each once. A subscription is a read.
    fn used_items(
        &self,
        operation: Option<Operation<'_>>,
        permitted: Option<Target>,
    ) -> Vec<Target> {
        match operation {
            Some(
                Operation::CallTool(_)
                | Operation::GetPrompt(_)
                | Operation::ReadResource(_)
                | Operation::Subscribe(_),
            ) => permitted.into_iter().collect(),
            Some(Operation::Listen(uris)) => {
                let reads = uris.iter().map(|uri| Operation::ReadResource(uri));
                let targets: HashSet<Target> =
                    reads.filter_map(|read| self.rules.target(read)).collect();
                targets.into_iter().collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Returns whether a failure is an attempt with a wrong token. Every client has a token that
/// expires or needs a nonce, and none is responsible for an issuer that does not answer.
fn is_attempt(failure: &Unauthenticated) -> bool {
    match failure {
        Unauthenticated::Invalid { reason, .. } => *reason != DenialReason::ExpiredToken,
        Unauthenticated::OtherScheme { .. } | Unauthenticated::NoProof { .. } => true,
        Unauthenticated::WantsNonce | Unauthenticated::Unavailable { .. } => false,
    }
}
