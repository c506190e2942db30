//! A denial as a tool's result, for hosts that look for a challenge there.
//!
//! The OpenAI Apps SDK shows its login when a result has `_meta["mcp/www_authenticate"]`
//! with a challenge that has an `error` and an `error_description`. Everybody else needs
//! the real status, so a server says whom it answers like this. The tool runs in neither
//! case, so what a caller says of itself may choose the form.

use std::fmt;

use http::{HeaderMap, HeaderValue, StatusCode, header::USER_AGENT};
use rmcp::model::RequestId;
use serde_json::json;

use crate::caller::Caller;

use super::response_cache::PreparedResponse;

/// The member of `_meta` that holds challenges, as a list.
const CHALLENGES: &str = "mcp/www_authenticate";

/// Says of a denied call whether the denial is a result.
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
    /// The client as its token names it (`client_id`, else `azp`); none where there is no
    /// token, or one that was refused.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.caller.and_then(|caller| caller.claims().client_id())
    }

    /// The client as it calls itself in `User-Agent`, which proves nothing.
    #[must_use]
    pub fn user_agent(&self) -> Option<&str> {
        self.headers.get(USER_AGENT)?.to_str().ok()
    }
}

impl fmt::Debug for DeniedCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the headers: the token is one of them.
        f.debug_struct("DeniedCall")
            .field("client_id", &self.client_id())
            .finish_non_exhaustive()
    }
}

/// The call that a denial answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ToolResultEnvelope {
    pub(super) id: RequestId,
    /// Whether the revision is one that marks results as complete.
    pub(super) marks_complete: bool,
}

/// The result of a call that was denied.
pub(super) fn result(
    call: &ToolResultEnvelope,
    challenge: &HeaderValue,
    told: &str,
) -> PreparedResponse {
    let challenge = challenge.to_str().unwrap_or("Bearer");
    let mut body = json!({
        "jsonrpc": "2.0",
        "id": call.id,
        "result": {
            "content": [{"type": "text", "text": told}],
            "isError": true,
            "_meta": {CHALLENGES: [challenge]},
        },
    });
    if call.marks_complete {
        body["result"]["resultType"] = "complete".into();
    }
    PreparedResponse::new(StatusCode::OK, &body)
}
