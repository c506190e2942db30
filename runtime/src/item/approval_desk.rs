//! [`ApprovalDesk`]: the interface to the store of pending approvals and to their decisions.

use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::caller::Identity;

/// Stores pending approvals, and waits for the decisions of users on the server's own page. An item
/// has no other access to that page.
pub(crate) trait ApprovalDesk: Send + Sync {
    /// Stores a request for an approval, and returns its page.
    ///
    /// # Errors
    ///
    /// The reason why it is not stored, for the client.
    fn submit(&self, request: ApprovalRequest) -> Result<ApprovalPage, &'static str>;

    /// Waits a bounded time for the decision about a request of this caller. A decision is returned
    /// once, and removed with it.
    fn decision<'a>(&'a self, id: &'a str, caller: &'a Identity)
    -> BoxFuture<'a, ApprovalDecision>;

    /// Waits until the user has decided about a request of this caller, and leaves the decision in
    /// place. Returns `None` if there is no such request.
    fn until_decided(&self, id: &str, caller: &Identity) -> Option<BoxFuture<'static, ()>>;

    /// Removes a request of this caller.
    fn withdraw(&self, id: &str, caller: &Identity);
}

/// A request for an approval.
#[cfg_attr(
    not(feature = "approval"),
    expect(dead_code, reason = "only the page of approvals reads it")
)]
pub(crate) struct ApprovalRequest {
    /// The caller, who has to approve it.
    pub(crate) caller: Identity,
    /// The issuer of the caller's token, where the user signs in.
    pub(crate) issuer: String,
    /// The subject of the caller's token, for the log.
    pub(crate) subject: String,
    /// The kind and the name of the item.
    pub(crate) item: String,
    /// The question, with all arguments.
    pub(crate) question: String,
    /// The scopes of the item, for the sign-in of the user. Empty if it requires no scope.
    pub(crate) scopes: Vec<&'static str>,
}

/// The page of one pending approval.
pub(crate) struct ApprovalPage {
    pub(crate) id: String,
    pub(crate) url: String,
    /// The time until the approval expires.
    pub(crate) left: Duration,
}

/// The state of an approval.
#[cfg_attr(
    not(feature = "approval"),
    expect(dead_code, reason = "only the page of approvals decides")
)]
pub(crate) enum ApprovalDecision {
    /// The user has approved it. It is removed now.
    Approved,
    /// The user has declined it.
    Declined,
    /// The user has not decided yet.
    Pending(ApprovalPage),
    /// It was used before, it has expired, or it never existed.
    Unknown,
}
