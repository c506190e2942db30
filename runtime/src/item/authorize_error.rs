//! [`AuthorizeError`]: why an item's `authorize` function denies a request.

use std::borrow::Cow;

/// Why the `authorize` function of a tool, a resource or a prompt denies a request.
///
/// The function, `async` or not, gets the caller and a reference to each parameter of the item, in
/// the same order: arguments, variables of the URI, [`State`](crate::State) and other extractors,
/// but not `Caller`, `Context` and `Round`. In a public item the caller is an `Option<&Caller>`.
///
/// It runs at the gate, after the scopes were checked and before anything else of the item runs.
/// The item runs with the very values that the function has authorized. A panic denies. A decision
/// that takes longer than
/// [`Config::with_authorize_timeout`](crate::Config::with_authorize_timeout) is answered by 503, and
/// a caller that waits for 16 decisions gets 429 for the next request. A function that is not
/// `async` runs on the server's own threads, so it must not block.
///
/// It is asked again in each further round of an [interaction](crate::interaction). A subscription
/// to a resource asks it as a read does, and each update asks it again before it is sent, at most
/// every 5 seconds for each client and URI. Completion does not ask it.
///
/// ```
/// use toolgate::{Caller, auth::AuthorizeError, mcp_tool};
///
/// fn check(caller: &Caller, path: &str) -> Result<(), AuthorizeError> {
///     if path.contains("..") {
///         return Err(AuthorizeError::denied("the path leaves the folder"));
///     }
///     if path.starts_with("/etc/") && !caller.has("files:admin") {
///         return Err(AuthorizeError::needs_scopes(["files:admin"]));
///     }
///     Ok(())
/// }
///
/// /// Reads a file.
/// #[mcp_tool(scope = "files:read", authorize = check, authorize_scopes = ["files:admin"])]
/// fn read_file(
///     /// Where it is.
///     path: String,
/// ) -> String {
///     path
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a denial has no effect unless it is returned"]
#[doc(alias = "403")]
pub struct AuthorizeError(AuthorizeReason);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AuthorizeReason {
    NeedsScopes(Vec<Box<str>>),
    Denied(Cow<'static, str>),
}

impl AuthorizeError {
    /// Demands further scopes: a 403 that names them, so that a client can request them.
    ///
    /// Declare each at the item, `authorize_scopes = ["files:admin"]`: a server must know at start-up
    /// which scopes it may request. A scope that is not declared, or that the caller already
    /// has, would make a client log in again and again. It is logged as an error, and the request
    /// is refused as by [`denied`](Self::denied).
    pub fn needs_scopes<T: AsRef<str>>(scopes: impl IntoIterator<Item = T>) -> Self {
        let scopes = scopes.into_iter().map(|scope| Box::from(scope.as_ref()));
        Self(AuthorizeReason::NeedsScopes(scopes.collect()))
    }

    /// Denies the request for a reason that no scope changes. The client gets the reason in a 403
    /// without a challenge, so that it does not log in again for nothing.
    pub fn denied(reason: impl Into<Cow<'static, str>>) -> Self {
        Self(AuthorizeReason::Denied(reason.into()))
    }
    pub(crate) fn into_reason(self) -> AuthorizeReason {
        self.0
    }
}
