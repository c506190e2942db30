//! [`PolicyDecisionPoint`]: the engine of a program.

use std::{future::Future, sync::Arc};

use super::{PolicyDecision, PolicyError, PolicyItem, PolicyRequest, PolicySetupError};

/// An engine that decides about each operation, after the scopes, the roles, the sign-in and the
/// item's own `authorize` function. It can only deny: the server does not ask it about a request
/// that one of these checks refuses.
///
/// Every fault denies: after an error, a panic, or an answer later than
/// [`Config::with_authorize_timeout`], the server refuses the request.
///
/// ```
/// use toolgate::policy::{
///     Effect, PolicyDecision, PolicyDecisionPoint, PolicyError, PolicyRequest,
/// };
///
/// /// Lets agents read, and only persons write.
/// struct OnlyPersonsWrite;
///
/// impl PolicyDecisionPoint for OnlyPersonsWrite {
///     async fn decide(&self, request: &PolicyRequest<'_>) -> Result<PolicyDecision, PolicyError> {
///         let is_agent = request.claims().is_some_and(|claims| !claims.actors().is_empty());
///         let writes = request.resource().item().starts_with("write_");
///         Ok(PolicyDecision::new(match is_agent && writes {
///             true => Effect::Deny,
///             false => Effect::Allow,
///         }))
///     }
/// }
///
/// let server = toolgate::Server::new("notes").with_decision_point(OnlyPersonsWrite);
/// ```
///
/// [`Config::with_authorize_timeout`]: https://docs.rs/toolgate/latest/toolgate/struct.Config.html#method.with_authorize_timeout
pub trait PolicyDecisionPoint: Send + Sync + 'static {
    /// Decides about one operation.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no decision. The request is refused.
    fn decide(
        &self,
        request: &PolicyRequest<'_>,
    ) -> impl Future<Output = Result<PolicyDecision, PolicyError>> + Send;

    /// Decides about several operations, in their order: a list, or a subscription to several
    /// resources. All share the time of one decision. The default decides about one after the
    /// other.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no decision about one of them. The server then refuses the
    /// whole request. It also refuses the request if the number of decisions differs.
    fn decide_all(
        &self,
        requests: &[PolicyRequest<'_>],
    ) -> impl Future<Output = Result<Vec<PolicyDecision>, PolicyError>> + Send {
        async move {
            let mut decisions = Vec::with_capacity(requests.len());
            for request in requests {
                decisions.push(self.decide(request).await?);
            }
            Ok(decisions)
        }
    }

    /// Gets the items of the server, once, before it serves. The default accepts them.
    ///
    /// # Errors
    ///
    /// Returns everything that is wrong with the policies. Then the server does not start.
    fn start(&self, _items: &[PolicyItem]) -> Result<(), Vec<PolicySetupError>> {
        Ok(())
    }
}

/// A decision point that the program also keeps, for example to load its policies again.
impl<P: PolicyDecisionPoint> PolicyDecisionPoint for Arc<P> {
    async fn decide(&self, request: &PolicyRequest<'_>) -> Result<PolicyDecision, PolicyError> {
        P::decide(self, request).await
    }

    async fn decide_all(
        &self,
        requests: &[PolicyRequest<'_>],
    ) -> Result<Vec<PolicyDecision>, PolicyError> {
        P::decide_all(self, requests).await
    }

    fn start(&self, items: &[PolicyItem]) -> Result<(), Vec<PolicySetupError>> {
        P::start(self, items)
    }
}
