//! [`AuthorizeError`]: why an item's `authorize` function denies a request.

use std::borrow::Cow;

/// Why a tool's `authorize` function denies a call.
///
/// The function gets the caller and a reference to each argument of the tool, in the tool's
/// order. In a public tool the caller is an `Option<&Caller>`. The function runs at the gate, and
/// the tool runs with the very values that it authorized. It runs again where the gate does not:
/// in each further round of an [interaction](crate::interaction). So it must be fast, must not
/// block, and must decide the same each time.
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
    /// Declare each at the tool, `authorize_scopes = ["files:admin"]`: a server must know at start-up
    /// which scopes it may request. A scope that is not declared, or that the caller already
    /// has, would make a client log in again and again. It is logged as an error, and the call
    /// is refused as by [`denied`](Self::denied).
    pub fn needs_scopes<T: AsRef<str>>(scopes: impl IntoIterator<Item = T>) -> Self {
        let scopes = scopes.into_iter().map(|scope| Box::from(scope.as_ref()));
        Self(AuthorizeReason::NeedsScopes(scopes.collect()))
    }

    /// Denies the call for a reason that no scope changes. The client gets the reason in a 403
    /// without a challenge, so that it does not log in again for nothing.
    pub fn denied(reason: impl Into<Cow<'static, str>>) -> Self {
        Self(AuthorizeReason::Denied(reason.into()))
    }
    pub(crate) fn into_reason(self) -> AuthorizeReason {
        self.0
    }
}
