//! [`ApprovalDesk`]: where pending approvals are stored, and where their decisions come from.

use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::caller::Identity;

/// Stores pending approvals, and waits for what users decide on the server's own page. An item
/// knows nothing else of that page.
pub(crate) trait ApprovalDesk: Send + Sync {
    /// Stores a request for an approval, and returns its page.
    ///
    /// # Errors
    ///
    /// The reason for the client why it is not stored.
    fn submit(&self, request: ApprovalRequest) -> Result<ApprovalPage, &'static str>;

    /// Waits a bounded time for the decision about a request of this caller. An approval is
    /// returned once, and forgotten with it.
    fn decision<'a>(&'a self, id: &'a str, caller: &'a Identity)
    -> BoxFuture<'a, ApprovalDecision>;

    /// Forgets a request of this caller.
    fn withdraw(&self, id: &str, caller: &Identity);
}

/// What a user is asked to approve.
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
    /// The scopes of the item, which the user signs in with. Empty if it requires none.
    pub(crate) scopes: Vec<&'static str>,
}

/// The page of one pending approval.
pub(crate) struct ApprovalPage {
    pub(crate) id: String,
    pub(crate) url: String,
    /// How long it is there.
    pub(crate) left: Duration,
}

/// Where an approval stands.
#[cfg_attr(
    not(feature = "approval"),
    expect(dead_code, reason = "only the page of approvals decides")
)]
pub(crate) enum ApprovalDecision {
    /// The user has approved it. It is forgotten now.
    Approved,
    /// The user has declined it.
    Declined,
    /// The user has not decided yet.
    Pending(ApprovalPage),
    /// It was used before, it has expired, or there never was one.
    Unknown,
}
