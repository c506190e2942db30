//! A denial as a tool result, for hosts that look for a challenge there.
//!
//! The OpenAI Apps SDK shows its login when a result has `_meta["mcp/www_authenticate"]`
//! with a challenge that has an `error` and an `error_description`. All other clients need
//! the real status, so the server's author chooses which clients get this form. The tool
//! does not run in either case, so unverified claims of a client may choose the form.

use std::fmt;

use http::{HeaderMap, HeaderValue, header::USER_AGENT};
use rmcp::{
    ErrorData,
    model::{JsonObject, RequestId},
};
use serde_json::{Value, json};

use crate::caller::Caller;

/// The member of `_meta` that holds challenges, as a list.
const CHALLENGES: &str = "mcp/www_authenticate";

/// The member of `_meta` that holds the members of the refusal's body.
const DENIAL: &str = "toolgate/denial";

/// Returns whether a denied call is answered by a tool result.
pub(crate) type DenialsAsToolResults = dyn Fn(&DeniedCall<'_>) -> bool + Send + Sync;

/// A call of a tool that was denied, for
/// [`Server::denials_as_tool_results`](crate::Server::denials_as_tool_results) to choose the form of
/// its answer.
#[derive(Clone, Copy)]
pub struct DeniedCall<'a> {
    pub(super) headers: &'a HeaderMap,
    pub(super) caller: Option<&'a Caller>,
}

impl DeniedCall<'_> {
    /// Returns the client that the token names (`client_id`, otherwise `azp`), or `None` without a
    /// valid token.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.caller.and_then(|caller| caller.claims().client_id())
    }

    /// Returns the client's `User-Agent`, which is not verified.
    #[must_use]
    pub fn user_agent(&self) -> Option<&str> {
        self.headers.get(USER_AGENT)?.to_str().ok()
    }
}

impl fmt::Debug for DeniedCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the headers, which include the token.
        f.debug_struct("DeniedCall")
            .field("client_id", &self.client_id())
            .finish_non_exhaustive()
    }
}

/// A denial in the forms that a message can hold.
pub(crate) struct DeniedAnswer {
    /// `_meta` of a failed tool result.
    pub(crate) meta: JsonObject,
    /// The error for everything else. Its message is the text of the tool result.
    pub(crate) error: ErrorData,
}

impl DeniedAnswer {
    /// Creates the answer with this error, and with the challenge that a refusal would have.
    pub(super) fn new(challenge: Option<&HeaderValue>, error: ErrorData) -> Self {
        let mut meta = JsonObject::new();
        if let Some(challenge) = challenge {
            let challenge = challenge.to_str().unwrap_or("Bearer");
            meta.insert(CHALLENGES.to_owned(), json!([challenge]));
        }
        if let Some(members) = &error.data {
            meta.insert(DENIAL.to_owned(), members.clone());
        }
        Self { meta, error }
    }

    /// Returns the result of the denied call with this id.
    pub(super) fn into_tool_result(self, id: &RequestId, marks_complete: bool) -> Value {
        let mut body = json!({
            "jsonrpc": "2.0",
            "id": id,
            "result": {
                "content": [{"type": "text", "text": self.error.message}],
                "isError": true,
                "_meta": self.meta,
            },
        });
        if marks_complete {
            body["result"]["resultType"] = "complete".into();
        }
        body
    }
}
