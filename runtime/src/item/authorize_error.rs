//! [`AuthorizeError`]: why an item's `authorize` function denies a request.

use std::{borrow::Cow, error::Error, fmt};

use crate::denial::{DenialReason, ItemDenial, Remedy};

/// Why the `authorize` function of a tool, a resource or a prompt denies a request.
///
/// The function, `async` or not, gets the caller and a reference to each parameter of the item, in
/// the same order: arguments, variables of the URI, [`State`](crate::State) and other extractors,
/// but not `Caller`, `Context` and `Round`. In a public item the caller is an `Option<&Caller>`.
///
/// It runs at the gate, after the scopes were checked and before anything else of the item runs.
/// The item runs with exactly the values that the function authorized. A panic denies. A decision
/// that takes longer than
/// [`Config::with_authorize_timeout`](crate::Config::with_authorize_timeout) is answered with 503.
/// A caller that waits for 16 decisions gets 429 for the next request. A function that is not
/// `async` runs on the server's own threads, so it must not block.
///
/// The server calls it again in each further round of an [interaction](crate::interaction). It
/// calls it for a subscription to a resource as for a read, and again before it sends an update, at
/// most every 5 seconds for each client and URI. It does not call it for a completion.
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
///
/// # Denials while an item runs
///
/// The body of a tool, a prompt or a resource can find out late that it must deny, for example
/// because an API behind the server refuses. Return this error with `?`:
///
/// ```
/// use toolgate::{ToolError, auth::{AuthorizeError, Remedy}, mcp_tool};
/// # async fn fetch(_: &str) -> Result<Option<String>, ToolError> { Ok(None) }
///
/// /// Reads a document.
/// #[mcp_tool(scope = "documents:read")]
/// async fn read_document(
///     /// Its name.
///     name: String,
/// ) -> Result<String, ToolError> {
///     let Some(text) = fetch(&name).await? else {
///         return Err(AuthorizeError::denied("the document is not shared with you")
///             .with_remedy(Remedy::AskOwner))?;
///     };
///     Ok(text)
/// }
/// ```
///
/// Declare the scopes that the body demands: `authorize_scopes = ["documents:admin"]`, with or
/// without an `authorize` function.
///
/// An error of yours that has an `AuthorizeError` as its `source()` denies, too. An `anyhow::Error`
/// without a context hides the error in it, so convert the denial before it becomes one.
///
/// If the status of the answer was not sent yet, the client gets the same 401 or 403 as from an
/// `authorize` function. Otherwise a tool returns a failed result, and a prompt or a resource an
/// error, with the same code, remedy and challenge. The status is sent with the first message of
/// the item (a progress report, a log message, a question) or after the time of
/// [`Config::with_stream_after`](crate::Config::with_stream_after). In a session it is sent after
/// 10 milliseconds, or after 2 seconds if the item declares `authorize_scopes`. A denial does not
/// undo what the item has done before.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a denial has no effect unless it is returned"]
#[doc(alias = "403")]
pub struct AuthorizeError(AuthorizeReason);

/// The description of a confirmation that may have been used at another replica.
pub(crate) const NOT_RECORDED: &str =
    "the server cannot record now that the confirmation is used, so nothing was done; start again";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AuthorizeReason {
    NeedsScopes(Vec<Box<str>>),
    Denied(ItemDenial),
}

impl AuthorizeError {
    /// Demands further scopes: a 403 that names them, so that a client can request them.
    ///
    /// Declare each at the item, `authorize_scopes = ["files:admin"]`: a server must know at
    /// start-up which scopes it may request. A scope that is not declared, or that the caller
    /// already has, would make a client sign in repeatedly. It is logged as an error, and the
    /// request is refused as by [`denied`](Self::denied).
    pub fn needs_scopes<T: AsRef<str>>(scopes: impl IntoIterator<Item = T>) -> Self {
        let scopes = scopes.into_iter().map(|scope| Box::from(scope.as_ref()));
        Self(AuthorizeReason::NeedsScopes(scopes.collect()))
    }

    /// Denies the request for a reason that no scope changes. The client gets the reason in a 403
    /// without a challenge, so that it does not sign in again without effect.
    pub fn denied(reason: impl Into<Cow<'static, str>>) -> Self {
        Self(AuthorizeReason::Denied(reason.into().into()))
    }

    /// Sets what would help, in place of [`Remedy::None`]: `remedy` in the body, and a sentence
    /// in the message. [`needs_scopes`](Self::needs_scopes) has its own remedy and ignores this.
    ///
    /// ```
    /// use toolgate::auth::{AuthorizeError, Remedy};
    ///
    /// let denial = AuthorizeError::denied("this note is another user's")
    ///     .with_remedy(Remedy::AskOwner)
    ///     .with_code("not_owner");
    /// assert_eq!(denial.to_string(), "this note is another user's");
    /// ```
    pub fn with_remedy(mut self, remedy: Remedy) -> Self {
        if let AuthorizeReason::Denied(denial) = &mut self.0 {
            denial.remedy = remedy;
        }
        self
    }

    /// Sets your own stable code for a denial, such as `not_owner`: `detail` in the body and in
    /// the audit log. [`needs_scopes`](Self::needs_scopes) ignores it.
    pub fn with_code(mut self, code: &'static str) -> Self {
        if let AuthorizeReason::Denied(denial) = &mut self.0 {
            denial.detail = Some(code);
        }
        self
    }

    /// Denies a request that its user has not confirmed.
    pub(super) fn not_confirmed(message: &'static str) -> Self {
        Self::for_reason(DenialReason::NotConfirmed, message)
    }

    /// Denies a request that its user has not approved.
    pub(super) fn not_approved(message: &'static str) -> Self {
        Self::for_reason(DenialReason::NotApproved, message)
    }

    /// Denies a request whose confirmation cannot be recorded in the store of all replicas.
    pub(super) fn not_recorded() -> Self {
        Self::for_reason(DenialReason::StoreUnavailable, NOT_RECORDED)
    }

    fn for_reason(reason: DenialReason, message: &'static str) -> Self {
        Self(AuthorizeReason::Denied(ItemDenial::new(
            reason,
            message.into(),
        )))
    }

    pub(crate) fn into_reason(self) -> AuthorizeReason {
        self.0
    }
}

impl fmt::Display for AuthorizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            AuthorizeReason::Denied(denial) => f.write_str(&denial.message),
            AuthorizeReason::NeedsScopes(scopes) => {
                write!(f, "this needs the scopes {}", scopes.join(", "))
            }
        }
    }
}

/// It is an `Error`, so that `?` converts it to the error of a tool, a prompt or a resource.
impl Error for AuthorizeError {}
