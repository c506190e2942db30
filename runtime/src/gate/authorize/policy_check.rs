//! The last checks of an admitted request: the rates that replicas share, its item, and then the
//! decision point.

use futures_util::{
    FutureExt,
    future::{BoxFuture, Either, OptionFuture, Ready, ready},
};
use http::HeaderMap;

use crate::denial::{DenialReason, ItemDenial};

use super::{
    super::{
        Gate,
        audit::AuditContext,
        decision_point::{Allowed, NotAllowed, PolicyFault, PolicyQuestion},
        refusal::{Refusal, RefusedRequest},
        session::SESSION_ID,
    },
    AuthorizedRequest, UNREADABLE,
    admitted::{Admission, AdmittedRequest},
};

/// A request with its permit, or its refusal.
type Settled<'g> = Result<Box<AuthorizedRequest>, Box<RefusedRequest<'g>>>;

impl Gate {
    /// Counts an admitted request at the other replicas, and asks its item and the decision point.
    /// If the server has none of them, this function executes only a few branches.
    ///
    /// # Errors
    ///
    /// Returns the refusal if one of them does not allow it.
    pub(in crate::gate) fn settle<'g: 'c, 'c>(
        &'g self,
        request: AdmittedRequest,
        headers: &'c HeaderMap,
    ) -> Either<Ready<Settled<'g>>, BoxFuture<'c, Settled<'g>>> {
        let counts_elsewhere = self.replicas.is_some() && self.throttle.is_some();
        let asks = counts_elsewhere || (self.authorizer.is_some() && self.asks_item(&request));
        match request.admission {
            Admission::Permitted(permit) if !asks => {
                let rest = (
                    request.execution_path,
                    request.message,
                    request.body,
                    request.session,
                );
                Either::Left(ready(Ok(AdmittedRequest::permitted(permit, None, rest))))
            }
            // Boxed: few requests ask, and the future of all others stays small.
            _ => Either::Right(self.ask(request, headers).boxed()),
        }
    }

    async fn ask<'g>(
        &'g self,
        mut request: AdmittedRequest,
        headers: &HeaderMap,
    ) -> Result<Box<AuthorizedRequest>, Box<RefusedRequest<'g>>> {
        if let Some(throttle) = self.throttle.as_deref() {
            let counting = self.limit_at_replicas(throttle, &request, headers);
            OptionFuture::from(counting).await.transpose()?;
        }
        let authorized = match self.check_items(&request, headers) {
            Some(check) => check.await?,
            None => None,
        };
        if let Some(authorized) = authorized {
            request.admission.extend(authorized);
        }
        let AdmittedRequest {
            admission,
            execution_path,
            message,
            body,
            session,
        } = request;
        let operation = message.operation();
        let question = PolicyQuestion {
            operation: operation.unwrap_or(UNREADABLE),
            arguments: message.arguments(),
            session: headers.get(SESSION_ID).and_then(|id| id.to_str().ok()),
        };
        let point = self.decision_point.as_deref();
        let decided = admission.decided(point, &self.rules, question).await;
        match decided {
            Ok(Allowed { permit, note }) => {
                let rest = (execution_path, message, body, session);
                Ok(AdmittedRequest::permitted(permit, note, rest))
            }
            Err(not_allowed) => {
                let NotAllowed { undecided, fault } = *not_allowed;
                let note = match &fault {
                    PolicyFault::Denied(note) => note.clone(),
                    _ => None,
                };
                let context = AuditContext::new(operation, undecided.caller());
                let context = context.with_policy(note.as_deref());
                let refusal = policy_refusal(&fault);
                Err(self.refuse(context, refusal, headers, message.response_envelope()))
            }
        }
    }
}

/// Returns the refusal of an operation that the decision point has not allowed. It omits the
/// reasons of the decision point, which can name other callers and resources.
pub(in crate::gate) fn policy_refusal(fault: &PolicyFault) -> Refusal {
    let forbidden = |reason, message: &'static str| Refusal::Forbidden {
        reason: ItemDenial::new(reason, message.into()),
    };
    match fault {
        PolicyFault::Denied(_) => forbidden(
            DenialReason::DeniedByPolicy,
            "the policy of this server does not allow it",
        ),
        PolicyFault::Failed => forbidden(
            DenialReason::PolicyFailed,
            "the request could not be authorized",
        ),
        PolicyFault::Unavailable { retry_after } => Refusal::Unavailable {
            reason: DenialReason::PolicyUnavailable,
            retry_after: *retry_after,
            description: "the request cannot be authorized now; try again later",
        },
        PolicyFault::TooManyPending => Refusal::TooManyPending,
    }
}
