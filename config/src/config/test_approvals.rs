//! [`TestApprovals`]: decides about approvals in the tests of a server.

use std::sync::{Arc, Mutex, PoisonError};

use toolgate_approval::Approvals;

use super::Config;
use crate::caller::Caller;

/// Decides about pending approvals (`approve = "…"`) in a test, in place of the user on the page.
/// Requires the features `testing` and `approval`.
///
/// [`Config::test_approvals`] returns it. Start the server with a clone of the configuration, and
/// call [`decide`](Self::decide) with the URL that the server asks its client to open.
#[derive(Debug, Clone, Default)]
pub struct TestApprovals(Arc<Mutex<Option<Arc<Approvals>>>>);

impl TestApprovals {
    /// Approves or declines the request on this page, signed in as this caller. Returns whether the
    /// page belongs to this caller and had no decision before.
    #[must_use]
    pub fn decide(&self, url: &str, caller: &Caller, approves: bool) -> bool {
        let approvals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let approvals = approvals.as_ref();
        approvals.is_some_and(|all| all.decide_in_test(url, &caller.identity(), approves))
    }

    #[doc(hidden)]
    pub fn attach(&self, approvals: Arc<Approvals>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(approvals);
    }
}

impl Config {
    /// Returns the [`TestApprovals`] of the server that starts with this configuration or with a
    /// clone of it. Requires the features `testing` and `approval`.
    #[must_use]
    pub fn test_approvals(&self) -> TestApprovals {
        self.test_approvals.clone()
    }
}
