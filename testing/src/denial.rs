//! [`Denial`]: why a request was not answered with a result.

use std::{fmt, time::Duration};

use serde_json::Value;
use toolgate::auth::{DenialReason, Remedy};

use crate::Challenge;

/// A refusal of a request: by the gate (401, 403, 429 and others), or an error of the protocol
/// (200 with `error`, for example for an unknown tool).
#[derive(Debug, Clone, PartialEq)]
pub struct Denial {
    pub(crate) status: u16,
    pub(crate) challenges: Vec<Challenge>,
    // Boxed: with some features of `serde_json` a value is large.
    pub(crate) body: Box<Value>,
    /// The scopes of the token.
    pub(crate) held: Vec<String>,
}

impl Denial {
    /// Returns the HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns whether a token would help that has more scopes (403, `insufficient_scope`).
    #[must_use]
    pub fn is_insufficient_scope(&self) -> bool {
        self.status == 403 && self.error() == Some("insufficient_scope")
    }

    /// Returns whether the request needs a valid token (401).
    #[must_use]
    pub fn is_unauthenticated(&self) -> bool {
        self.status == 401
    }

    /// Returns whether a stronger or more recent login would help (401,
    /// `insufficient_user_authentication`, RFC 9470 §3).
    #[must_use]
    pub fn is_insufficient_authentication(&self) -> bool {
        self.status == 401 && self.error() == Some("insufficient_user_authentication")
    }

    /// Returns the `acr_values` of the challenge, the preferred one first.
    #[must_use]
    pub fn acr_values(&self) -> Vec<&str> {
        let values = self.challenge().and_then(|one| one.get("acr_values"));
        values.unwrap_or_default().split_whitespace().collect()
    }

    /// Returns how long ago the caller may have logged in, as the challenge says it.
    #[must_use]
    pub fn max_age(&self) -> Option<Duration> {
        let seconds = self.challenge()?.get("max_age")?.parse().ok()?;
        Some(Duration::from_secs(seconds))
    }

    /// Returns the first challenge, which is all that many clients read.
    #[must_use]
    pub fn challenge(&self) -> Option<&Challenge> {
        self.challenges.first()
    }

    /// Returns the challenge of a scheme, such as `DPoP`.
    #[must_use]
    pub fn challenge_of(&self, scheme: &str) -> Option<&Challenge> {
        self.challenges.iter().find(|one| one.scheme == scheme)
    }

    /// Returns `error` of the challenge: `insufficient_scope`, `invalid_token`, or `None` if the
    /// request had no token.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.challenge()?.get("error")
    }

    /// Returns the scopes of the challenge: what a client requests next. For a token that lacks a
    /// scope these are also the scopes that it already has.
    #[must_use]
    pub fn challenged_scopes(&self) -> Vec<&str> {
        let scope = self.challenge().and_then(|one| one.get("scope"));
        scope.unwrap_or_default().split_whitespace().collect()
    }

    /// Returns the scopes that the operation needs and the token does not have.
    #[must_use]
    pub fn needed_scopes(&self) -> Vec<&str> {
        let held: Vec<&str> = self.held.iter().map(String::as_str).collect();
        let mut needed = self.challenged_scopes();
        needed.retain(|scope| !held.contains(scope));
        needed
    }

    /// Returns the stable code of a 401, a 403, a 429 or a 503.
    ///
    /// ```
    /// # use serde_json::json;
    /// # use toolgate::{Server, auth::{DenialReason, Remedy}, mcp_tool, tools};
    /// # use toolgate_testing::TestServer;
    /// # /// Erases everything.
    /// # #[mcp_tool(scope = "disk:erase")]
    /// # fn erase() {}
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let server = TestServer::new(Server::new("disk").tools(tools![erase]));
    /// let caller = server.as_caller("alice").with_scopes(["disk:read"]);
    /// let denial = caller.call("erase", json!({})).await.unwrap_err();
    /// assert_eq!(denial.reason(), Some(DenialReason::MissingScope));
    /// assert_eq!(denial.remedy(), Some(Remedy::Authorize));
    /// assert_eq!(denial.remedy_details()["scopes"], json!(["disk:erase"]));
    /// # });
    /// ```
    #[must_use]
    pub fn reason(&self) -> Option<DenialReason> {
        DenialReason::from_code(self.data()["reason"].as_str()?)
    }

    /// Returns what would help.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        Remedy::from_action(self.remedy_details()["action"].as_str()?)
    }

    /// Returns the member `remedy` of the body: `action`, and the data of the action, such as
    /// `scopes` or `retry_after`. It is `null` if the body has none.
    #[must_use]
    pub fn remedy_details(&self) -> &Value {
        &self.data()["remedy"]
    }

    /// Returns the author's own code, which `AuthorizeError::with_code` sets.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.data()["detail"].as_str()
    }

    /// Returns the members of the error, in either form of the body.
    fn data(&self) -> &Value {
        match self.body.get("jsonrpc") {
            Some(_) => &self.body["error"]["data"],
            None => &self.body,
        }
    }

    /// Returns the message that a client shows.
    #[must_use]
    pub fn message(&self) -> &str {
        let error = &self.body["error"];
        let message = error["message"].as_str();
        let description = || self.body["error_description"].as_str();
        message.or_else(description).unwrap_or_default()
    }

    /// Returns the whole body.
    #[must_use]
    pub fn body(&self) -> &Value {
        &self.body
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}: {}", self.status, self.message())
    }
}

impl std::error::Error for Denial {}
