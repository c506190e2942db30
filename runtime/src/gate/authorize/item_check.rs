//! The check of a request by the `authorize` function of its item.

use std::{collections::HashSet, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use http::HeaderMap;

use crate::{
    authorization::Target,
    caller::Caller,
    denial::DenialReason,
    item::{AuthorizeDenial, Authorized, NOT_RECORDED},
    operation::Operation,
    scope::ScopeSet,
};

use super::{
    super::{
        Gate,
        audit::AuditContext,
        authorizer::{AuthorizeQuestion, Authorizer, NotAuthorized},
        refusal::{Refusal, RefusedRequest},
    },
    AdmittedRequest,
};

/// When to try again if an item has not decided in time.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// When to try again if a confirmation could not be recorded.
const STORE_RETRY_AFTER: Duration = Duration::from_secs(1);

impl Gate {
    /// Calls the `authorize` functions of the items of a permitted request, before anything runs.
    /// Returns `None` if there are none.
    ///
    /// # Errors
    ///
    /// Returns the refusal if an item does not authorize the request.
    pub(in crate::gate) fn check_items<'g: 'c, 'c>(
        &'g self,
        request: &'c AdmittedRequest,
        headers: &'c HeaderMap,
    ) -> Option<BoxFuture<'c, Result<Option<Authorized>, Box<RefusedRequest<'g>>>>> {
        let authorizer = self.authorizer.as_deref()?;
        let question = self.question(authorizer, request)?;
        let check = async move {
            let refused = match authorizer.authorize_request(question).await {
                Ok(authorized) => return Ok(authorized),
                Err(refused) => refused,
            };
            let message = &request.message;
            let context = AuditContext::new(message.operation(), request.admission.caller());
            let refusal = self.item_refusal(refused, context);
            Err(self.refuse(context, refusal, headers, message.response_envelope()))
        };
        Some(check.boxed())
    }

    /// Returns whether an item of the request has an `authorize` function.
    pub(super) fn asks_item(&self, request: &AdmittedRequest) -> bool {
        let authorizer = self.authorizer.as_deref();
        authorizer.is_some_and(|authorizer| self.question(authorizer, request).is_some())
    }

    /// Returns what to ask, if an item of the request has an `authorize` function. A subscription
    /// is authorized like a read.
    fn question<'q>(
        &self,
        authorizer: &Authorizer,
        request: &'q AdmittedRequest,
    ) -> Option<AuthorizeQuestion<'q>> {
        let operation = request.message.operation()?;
        let with_function = |(target, requested): (Option<Target>, &'q str)| {
            let target = target.filter(|target| authorizer.has_authorize(*target))?;
            Some((target, requested))
        };
        let permitted = request.admission.target();
        let items: Vec<_> = match operation {
            Operation::CallTool(requested)
            | Operation::GetPrompt(requested)
            | Operation::ReadResource(requested)
            | Operation::Subscribe(requested) => {
                vec![with_function((permitted, requested))?]
            }
            Operation::Listen(uris) => {
                // One question for each URI, however often a client names it.
                let mut named = HashSet::new();
                let uris = uris.iter().filter(move |uri| named.insert(uri.as_str()));
                let reads = uris.map(|uri| {
                    let read = Operation::ReadResource(uri);
                    (self.rules.target(read), &**uri)
                });
                reads.filter_map(with_function).collect()
            }
            _ => return None,
        };
        let is_subscription = matches!(operation, Operation::Subscribe(_) | Operation::Listen(_));
        (!items.is_empty()).then(|| AuthorizeQuestion {
            items,
            arguments: request.message.arguments(),
            caller: request.admission.caller(),
            runs: !is_subscription,
        })
    }

    pub(in crate::gate) fn item_refusal(
        &self,
        refused: NotAuthorized,
        context: AuditContext<'_>,
    ) -> Refusal {
        let demanded = match refused {
            NotAuthorized::Denied(AuthorizeDenial::NeedsScopes(scopes)) => scopes,
            NotAuthorized::Denied(AuthorizeDenial::Denied(denial))
                if denial.reason == DenialReason::StoreUnavailable =>
            {
                return Refusal::Unavailable {
                    reason: denial.reason,
                    retry_after: STORE_RETRY_AFTER,
                    description: NOT_RECORDED,
                };
            }
            NotAuthorized::Denied(AuthorizeDenial::Denied(reason)) => {
                return Refusal::Forbidden { reason };
            }
            NotAuthorized::TooSlow => {
                return Refusal::Unavailable {
                    reason: DenialReason::AuthorizeTimeout,
                    retry_after: RETRY_AFTER,
                    description: "the request could not be authorized in time; try again later",
                };
            }
            NotAuthorized::TooManyPending => return Refusal::TooManyPending,
        };
        let (operation, caller) = (context.operation, context.caller);
        let table = self.rules.table();
        let granted = caller.map_or(ScopeSet::EMPTY, Caller::granted);
        let demanded = table.held(demanded.iter().map(|scope| scope.as_str()));
        let needed = operation.map_or(ScopeSet::EMPTY, |of| self.rules.needed(of, granted));
        let needed = needed.union(demanded);
        match caller {
            None => Refusal::NoToken {
                challenge_scopes: needed,
            },
            Some(caller) => Refusal::InsufficientScope {
                challenged: self.challenged_scopes(needed, caller.held()),
                needed,
                missing: needed.minus(granted),
            },
        }
    }
}
