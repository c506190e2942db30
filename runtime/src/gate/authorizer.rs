//! [`Authorizer`]: calls the `authorize` functions of items, within limits of time and number.

use std::{fmt, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use rmcp::model::JsonObject;
use tokio::time::timeout;

use crate::{
    authorization::Target,
    caller::Caller,
    item::{AuthorizeDenial, Authorized, Authorizing},
    resource::NO_SUCH_RESOURCE,
};

use super::pending_decisions::PendingDecisions;

/// How many items of one request are asked at the same time. A caller can therefore have `AT_ONCE`
/// functions running for each of its pending requests.
const AT_ONCE: usize = 8;

/// The items behind a gate that authorize requests themselves.
pub(crate) trait AuthorizingItems: Send + Sync {
    /// Returns whether an item has an `authorize` function.
    fn has_authorize(&self, target: Target) -> bool;

    /// Starts the `authorize` function of an item, if it has one. `requested` is the name or the
    /// URI of the request.
    fn authorize(
        &self,
        target: Target,
        requested: &str,
        arguments: &JsonObject,
        caller: Option<&Caller>,
    ) -> Option<Authorizing>;
}

/// Calls the `authorize` functions of the items behind a gate.
pub(crate) struct Authorizer {
    items: Arc<dyn AuthorizingItems>,
    timeout: Duration,
    pending: PendingDecisions,
}

/// The items of a request whose `authorize` functions are called, and the request.
pub(crate) struct AuthorizeQuestion<'q> {
    /// The items, with the name or the URI of the request.
    pub(crate) items: Vec<(Target, &'q str)>,
    pub(crate) arguments: Option<&'q JsonObject>,
    pub(crate) caller: Option<&'q Caller>,
    /// Whether the item runs, and so can answer with the error of a parameter.
    pub(crate) runs: bool,
}

/// Why an item does not authorize a request.
#[derive(Debug)]
pub(crate) enum NotAuthorized {
    /// The function denies it.
    Denied(AuthorizeDenial),
    /// The function has not decided in time.
    TooSlow,
    /// The caller waits for too many decisions.
    TooManyPending,
}

/// The reason for the audit log.
impl fmt::Display for NotAuthorized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(AuthorizeDenial::Denied(denial)) => {
                write!(f, "the item denies it: {}", denial.message)
            }
            Self::Denied(AuthorizeDenial::NeedsScopes(scopes)) => {
                f.write_str("the item also needs")?;
                scopes.iter().try_for_each(|scope| write!(f, " {scope}"))
            }
            Self::TooSlow => f.write_str("the item did not decide in time"),
            Self::TooManyPending => f.write_str("the caller waits for too many decisions"),
        }
    }
}

impl Authorizer {
    pub(crate) fn new(items: Arc<dyn AuthorizingItems>, timeout: Duration) -> Self {
        Self {
            items,
            timeout,
            pending: PendingDecisions::default(),
        }
    }

    /// Returns whether an item has an `authorize` function.
    pub(crate) fn has_authorize(&self, target: Target) -> bool {
        self.items.has_authorize(target)
    }

    /// Like [`authorize`](Self::authorize), for a request that arrives: a caller can wait for a
    /// limited number of decisions.
    pub(crate) async fn authorize_request(
        &self,
        question: AuthorizeQuestion<'_>,
    ) -> Result<Option<Authorized>, NotAuthorized> {
        let pending = self.pending.reserve(question.caller);
        let _pending = pending.ok_or(NotAuthorized::TooManyPending)?;
        self.authorize(question).await
    }

    /// Asks the items. All of them have to decide within the time. Returns the parameters of the
    /// last one, if it runs.
    ///
    /// # Errors
    ///
    /// Returns an error if one of them does not authorize the request.
    pub(crate) async fn authorize(
        &self,
        question: AuthorizeQuestion<'_>,
    ) -> Result<Option<Authorized>, NotAuthorized> {
        let decision = self.ask(question);
        let decision = timeout(self.timeout, decision).await;
        decision.unwrap_or_else(|_| {
            let seconds = self.timeout.as_secs_f32();
            tracing::warn!(target: "toolgate::tool", seconds, "an `authorize` function did not decide in time; the request was refused");
            Err(NotAuthorized::TooSlow)
        })
    }

    /// Asks several items at the same time: a client listens for up to 1024 resources, and they
    /// share the time of one decision.
    async fn ask(
        &self,
        question: AuthorizeQuestion<'_>,
    ) -> Result<Option<Authorized>, NotAuthorized> {
        let mut answers = Vec::with_capacity(question.items.len());
        for item in &question.items {
            answers.push(self.ask_one(*item, &question));
        }
        let mut answers = stream::iter(answers).buffered(AT_ONCE);
        let mut last = None;
        while let Some(answer) = answers.next().await {
            last = answer?.or(last);
        }
        Ok(last)
    }

    /// Asks one item. Returns its parameters, if it has a function and runs.
    async fn ask_one(
        &self,
        (target, requested): (Target, &str),
        question: &AuthorizeQuestion<'_>,
    ) -> Result<Option<Authorized>, NotAuthorized> {
        let none = JsonObject::new();
        let arguments = question.arguments.unwrap_or(&none);
        let caller = question.caller;
        let asked = self.items.authorize(target, requested, arguments, caller);
        let Some(authorizing) = asked else {
            return Ok(None);
        };
        let authorized = authorizing.await.map_err(NotAuthorized::Denied)?;
        // The function was not called, so it has not authorized anything.
        if !authorized.is_readable && !question.runs {
            let reason = NO_SUCH_RESOURCE.into();
            return Err(NotAuthorized::Denied(AuthorizeDenial::Denied(reason)));
        }
        Ok(question.runs.then_some(authorized))
    }
}

#[cfg(test)]
mod tests;
