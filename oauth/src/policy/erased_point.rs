//! A decision point as a trait object.

use std::{future::Future, pin::Pin};

use super::{
    PolicyDecision, PolicyDecisionPoint, PolicyError, PolicyItem, PolicyRequest, PolicySetupError,
};

/// The future of answers.
type Answers<'a> =
    Pin<Box<dyn Future<Output = Result<Vec<PolicyDecision>, PolicyError>> + Send + 'a>>;

/// [`PolicyDecisionPoint`] with its type erased.
#[doc(hidden)]
pub trait ErasedDecisionPoint: Send + Sync {
    /// Decides about one operation, or about all.
    fn ask<'a>(&'a self, requests: &'a [PolicyRequest<'a>]) -> Answers<'a>;

    /// As [`PolicyDecisionPoint::start`].
    ///
    /// # Errors
    ///
    /// Returns everything that is wrong with the policies.
    fn begin(&self, items: &[PolicyItem]) -> Result<(), Vec<PolicySetupError>>;
}

impl<P: PolicyDecisionPoint> ErasedDecisionPoint for P {
    fn ask<'a>(&'a self, requests: &'a [PolicyRequest<'a>]) -> Answers<'a> {
        match requests {
            [one] => Box::pin(async move { Ok(vec![self.decide(one).await?]) }),
            _ => Box::pin(self.decide_all(requests)),
        }
    }

    fn begin(&self, items: &[PolicyItem]) -> Result<(), Vec<PolicySetupError>> {
        self.start(items)
    }
}
