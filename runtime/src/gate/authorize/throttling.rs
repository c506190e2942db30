//! The limits of callers and of addresses.

use std::{
    collections::HashSet,
    net::{IpAddr, SocketAddr},
    ops::Deref,
    sync::Arc,
};

use axum::extract::ConnectInfo;
use http::{Extensions, HeaderMap, request::Parts};

use crate::{
    authorization::Target,
    caller::Caller,
    credentials::{BearerError, Credentials},
    denial::DenialReason,
    operation::Operation,
    scope::ScopeSet,
    throttle::{CallerKey, LimitExceeded, LimitedRequest, RateLimitKey, RunningItem, Throttle},
    verify::AuthenticationError,
};

use super::{
    super::{
        Gate,
        audit::AuditContext,
        message::IncomingMessage,
        refusal::{Refusal, RefusedRequest},
    },
    AdmittedRequest,
};

impl Gate {
    /// Authenticates a request, unless its address has reached a rate.
    ///
    /// Only the head is needed, so the body of a refused request is not read. A token that may need
    /// a request to its issuer counts as a failure until it is verified: otherwise concurrent
    /// requests could exceed the rate (CWE-367). A token that needs no such request is always
    /// verified, and the rate refuses it only if it is invalid. This protects other callers behind
    /// the same address. Once an address has used up its failures, it cannot make this server send
    /// requests to an issuer.
    pub(super) async fn authenticate_limited(
        &self,
        throttle: &Throttle,
        parts: &Parts,
        token: Result<Option<Credentials>, BearerError>,
    ) -> Result<Result<Option<Caller>, AuthenticationError>, Box<RefusedRequest<'_>>> {
        let Some(address) = throttle.address(&parts.headers, peer(&parts.extensions)) else {
            return Ok(self.authenticate(parts, token).await);
        };
        let is_counted = match &token {
            Ok(None) => false,
            Ok(Some(credentials)) => !self.authenticator.verifies_alone(&credentials.token),
            Err(_) => true,
        };
        let before = match &token {
            Ok(None) => throttle.count_unauthenticated(address),
            _ if is_counted => throttle.count_failure(address),
            _ => Ok(()),
        };
        before.map_err(|limited| self.refuse_limited(parts, limited))?;
        let authenticated = self.authenticate(parts, token).await;
        let ends = match &authenticated {
            Ok(_) => FailureCount::GivenBack,
            Err(failure) => FailureCount::of(failure),
        };
        let counted = match (is_counted, ends) {
            (false, FailureCount::Counts) => throttle.count_failure(address),
            (true, FailureCount::GivenBack) => {
                throttle.give_back_failure(address);
                Ok(())
            }
            _ => Ok(()),
        };
        if authenticated.is_err() {
            let counted = counted.and_then(|()| throttle.count_unauthenticated(address));
            counted.map_err(|limited| self.refuse_limited(parts, limited))?;
        }
        Ok(authenticated)
    }

    /// Refuses a request before its body is read.
    fn refuse_limited(&self, parts: &Parts, limited: LimitExceeded) -> Box<RefusedRequest<'_>> {
        let context = AuditContext::default().of_request(&parts.headers);
        self.audited(context, Refusal::LimitExceeded(limited))
            .into()
    }

    /// Counts a request of a caller with a valid token, before anything is decided about it: a
    /// caller who lacks a scope must not get an unlimited number of refusals, each with its record
    /// (CWE-400). Returns the key by which the caller's requests are counted.
    ///
    /// # Errors
    ///
    /// Returns the refusal if the rate of the caller is reached. It does not name the item, which
    /// the caller may not know.
    pub(in crate::gate) fn limit_caller(
        &self,
        caller: Option<&Caller>,
        message: &IncomingMessage,
        headers: &HeaderMap,
    ) -> Result<Option<CallerKey>, Box<RefusedRequest<'_>>> {
        let (Some(throttle), Some(caller)) = (self.throttle.as_deref(), caller) else {
            return Ok(None);
        };
        let key = throttle.key_of_caller(caller.claims());
        // A refused notification could not be sent again, and a refused reply would leave a
        // request waiting. A message that cannot be read is counted.
        if !message.is_request() && message.operation().is_some() {
            return Ok(Some(key));
        }
        throttle
            .count_caller(key)
            .map(|()| Some(key))
            .map_err(|limited| {
                let context = AuditContext::new(message.operation(), Some(caller));
                let refusal = Refusal::LimitExceeded(limited);
                let refused = self.refuse(context, refusal, headers, message.response_envelope());
                Box::new(RefusedRequest {
                    item: None,
                    needed: ScopeSet::EMPTY,
                    ..*refused
                })
            })
    }

    /// Counts a refused notification or reply for the rate of its caller; accepted ones are not
    /// counted. Returns `refusal`, or the refusal of the rate if it is used up.
    pub(super) fn limit_refusal(
        &self,
        caller: Option<&Caller>,
        message: &IncomingMessage,
        refusal: Refusal,
    ) -> Refusal {
        match (self.throttle.as_deref(), caller, message.operation()) {
            (Some(throttle), Some(caller), Some(_)) if !message.is_request() => {
                let counted = throttle.count_caller(throttle.key_of_caller(caller.claims()));
                counted.map_or_else(Refusal::LimitExceeded, |()| refusal)
            }
            _ => refusal,
        }
    }

    /// Counts a permitted request over HTTP. If its item limits running requests, a [`RunningItem`]
    /// in the extensions counts the request while it runs.
    pub(super) fn limit_use(
        &self,
        throttle: &Throttle,
        caller_key: Option<CallerKey>,
        request: &AdmittedRequest,
        parts: &mut Parts,
    ) -> Result<(), Box<RefusedRequest<'_>>> {
        let Parts {
            headers,
            extensions,
            ..
        } = &*parts;
        let rate_limit_key = || match caller_key {
            Some(key) => RateLimitKey::Caller(key),
            None => match throttle.address(headers, peer(extensions)) {
                Some(address) => RateLimitKey::Address(address),
                None => RateLimitKey::AllUnauthenticated,
            },
        };
        let running = self.begin_use(throttle, request, rate_limit_key, headers)?;
        if let Some(running) = running {
            parts.extensions.insert(running);
        }
        Ok(())
    }

    /// Returns the items of a request that have limits, each once, in the order of the request. A
    /// subscription is a read.
    pub(super) fn limited_targets(
        &self,
        throttle: &Throttle,
        request: &AdmittedRequest,
    ) -> LimitedTargets {
        let is_limited = |target: &Target| throttle.counts(*target);
        match request.message.operation() {
            Some(
                Operation::CallTool(_)
                | Operation::GetPrompt(_)
                | Operation::ReadResource(_)
                | Operation::Subscribe(_),
            ) => LimitedTargets::One(request.admission.target().filter(is_limited)),
            Some(Operation::Listen(uris)) => {
                let mut named = HashSet::new();
                let reads = uris.iter().map(|uri| Operation::ReadResource(uri));
                let targets = reads.filter_map(|read| self.rules.target(read));
                let targets = targets.filter(|target| is_limited(target) && named.insert(*target));
                LimitedTargets::Several(targets.collect())
            }
            _ => LimitedTargets::One(None),
        }
    }

    /// Counts a permitted request, before an `authorize` function or the item runs.
    ///
    /// # Errors
    ///
    /// Returns the refusal if a limit is reached. Then no limit has counted the request.
    pub(in crate::gate) fn begin_use(
        &self,
        throttle: &Throttle,
        request: &AdmittedRequest,
        rate_limit_key: impl FnOnce() -> RateLimitKey,
        headers: &HeaderMap,
    ) -> Result<Option<Arc<RunningItem>>, Box<RefusedRequest<'_>>> {
        let message = &request.message;
        // Notifications and replies could not be sent again, so they are not limited.
        if !message.is_request() {
            return Ok(None);
        }
        let operation = message.operation();
        let targets = self.limited_targets(throttle, request);
        if targets.is_empty() {
            return Ok(None);
        }
        let used = LimitedRequest {
            rate_limit_key: rate_limit_key(),
            targets: &targets,
            runs: matches!(
                operation,
                Some(Operation::CallTool(_) | Operation::GetPrompt(_) | Operation::ReadResource(_))
            ),
            continues: message.continues_rounds(),
        };
        throttle.begin(&used).map_err(|limited| {
            let context = AuditContext::new(operation, request.admission.caller());
            let refusal = Refusal::LimitExceeded(limited);
            self.refuse(context, refusal, headers, message.response_envelope())
        })
    }
}

/// The items of a request that have limits. Nearly every request has at most one.
pub(super) enum LimitedTargets {
    One(Option<Target>),
    Several(Vec<Target>),
}

impl Deref for LimitedTargets {
    type Target = [Target];

    fn deref(&self) -> &[Target] {
        match self {
            Self::One(target) => target.as_slice(),
            Self::Several(targets) => targets,
        }
    }
}

/// Whether a token counts as a failure of its address.
#[derive(Clone, Copy)]
enum FailureCount {
    Counts,
    /// It counts only if it was counted before its verification.
    Stays,
    GivenBack,
}

impl FailureCount {
    /// The tokens of every client expire or need a nonce, and no client is responsible for an
    /// issuer that does not answer. But a token that has caused a request to an issuer stays
    /// counted until it is known to be valid: otherwise there is no limit for an attacker who keeps
    /// the issuer busy with invented tokens.
    fn of(failure: &AuthenticationError) -> Self {
        match failure {
            AuthenticationError::Invalid {
                reason: DenialReason::ExpiredToken,
                ..
            }
            | AuthenticationError::WantsNonce => Self::GivenBack,
            AuthenticationError::Invalid { .. }
            | AuthenticationError::OtherScheme { .. }
            | AuthenticationError::NoProof { .. } => Self::Counts,
            AuthenticationError::Unavailable { .. } => Self::Stays,
        }
    }
}

/// Returns the address of the peer, if the application passes it on.
fn peer(extensions: &Extensions) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map(|peer| peer.0.ip())
}
