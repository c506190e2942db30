//! The short way: a stateless call of a tool that needs nothing of rmcp's machinery.
//!
//! The message that was judged is the message that is run; nothing is read again, and
//! no task, channel or transport is made for one request. Taken is a request only that
//! is right in every particular that rmcp looks at. Whatever is odd about a request,
//! it goes the long way and gets rmcp's own answer, so there is no second set of rules
//! that could differ from the first.

use axum::body::Body;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Response, header};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ClientJsonRpcMessage, ClientRequest, GetMeta,
    JsonObject, JsonRpcMessage, ProtocolVersion, RequestId, ServerJsonRpcMessage, ServerResult,
};

use crate::{admission::Admission, tool::Refused};

const PROTOCOL_VERSION: &str = "mcp-protocol-version";

/// Runs tools without rmcp's machinery.
pub(crate) trait Direct: Send + Sync {
    /// Asks the tool of an admission whether it may run with these arguments.
    fn authorize(
        &self,
        admission: &Admission,
        arguments: Option<&JsonObject>,
    ) -> Result<(), Refused>;

    /// Starts the tool of an admission. None when that tool needs more than this way has.
    fn call(
        &self,
        admission: &Admission,
        call: CallToolRequestParams,
    ) -> Option<BoxFuture<'static, CallToolResponse>>;
}

/// Runs a call the short way, if it can go there.
pub(super) async fn run(
    lane: &dyn Direct,
    admission: &Admission,
    headers: &HeaderMap,
    message: ClientJsonRpcMessage,
) -> Option<Response<Body>> {
    let (id, call) = plain_call(headers, message)?;
    let response = lane.call(admission, call)?.await;
    answer(id, response)
}

/// The id and the parameters of a call that is right in every particular.
fn plain_call(
    headers: &HeaderMap,
    message: ClientJsonRpcMessage,
) -> Option<(RequestId, CallToolRequestParams)> {
    let JsonRpcMessage::Request(request) = message else {
        return None;
    };
    let meta = request.request.get_meta();
    let is_current = meta.protocol_version() == Some(ProtocolVersion::V_2026_07_28)
        && meta.client_capabilities().is_some();
    let ClientRequest::CallToolRequest(call) = request.request else {
        return None;
    };
    let call = call.params;
    let is_plain = is_current
        && only(headers, PROTOCOL_VERSION) == Some(ProtocolVersion::V_2026_07_28.as_str())
        && only(headers, "mcp-method") == Some("tools/call")
        // A name that looks like the escape of another goes the long way.
        && !call.name.starts_with("=?")
        && only(headers, "mcp-name") == Some(&*call.name)
        && only(headers, "content-type") == Some("application/json")
        && accepts_both(headers)
        && call.input_responses.is_none()
        && call.request_state.is_none();
    is_plain.then_some((request.id, call))
}

/// The one value of a header.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// Whether both media types of the transport are accepted, told in the plainest way.
fn accepts_both(headers: &HeaderMap) -> bool {
    let Some(accepted) = only(headers, "accept") else {
        return false;
    };
    let has = |kind: &str| accepted.split(',').any(|part| part.trim() == kind);
    has("application/json") && has("text/event-stream")
}

/// The answer as rmcp writes it.
fn answer(id: RequestId, response: CallToolResponse) -> Option<Response<Body>> {
    let message = ServerJsonRpcMessage::response(ServerResult::from(response), id);
    let body = serde_json::to_vec(&message).ok()?;
    let mut response = Response::new(Body::from(body));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    Some(response)
}
