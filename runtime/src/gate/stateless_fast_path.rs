//! The fast path without a session: a tool call or the list of tools, without rmcp's machinery.
//!
//! The message that was authorized is the one that runs; nothing is read again, and the request
//! needs no task, channel or transport. [`ExecutionPath`](super::execution_path::ExecutionPath)
//! says which requests take it.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderValue, Response, header};
use rmcp::model::{CallToolResponse, JsonObject, RequestId, ServerJsonRpcMessage, ServerResult};

use crate::{
    authorization::{Permit, Target},
    item::AuthorizeError,
    observer::RunReport,
    scope::Scope,
};

use super::{
    chunked_body::ChunkedBody,
    fast_message::{FastMessage, FastRequest, Revision},
    message_limits,
    refusal::server_error,
    response_envelope::ResponseEnvelope,
};

/// Runs tools without rmcp's machinery.
pub(crate) trait StatelessFastPath: Send + Sync {
    /// Returns whether a tool needs nothing else. The answer depends only on the tool, never on
    /// the client.
    fn takes(&self, target: Target) -> bool;

    /// Returns the scopes that the code of an item can demand.
    fn authorize_scopes(&self, target: Target) -> &'static [Scope];

    /// Starts the tool of a permit. The outcome of its run is noted in `report`. Returns `None` if
    /// the tool does not take the fast path.
    fn call(
        &self,
        permit: &Permit,
        arguments: JsonObject,
        report: Option<&Arc<RunReport>>,
    ) -> Option<RunningCall>;

    /// Returns the first page of the list of tools for the caller of a permit, as JSON. Returns `None` if the
    /// permit is for another operation.
    fn list(&self, permit: &Permit) -> Option<Bytes>;
}

/// A tool that runs. The error is its own denial.
pub(crate) type RunningCall = BoxFuture<'static, Result<CallToolResponse, Box<AuthorizeError>>>;

/// A call that its tool has denied while it ran.
pub(super) struct DeniedDuringRun {
    pub(super) tool: String,
    pub(super) denial: AuthorizeError,
    pub(super) envelope: ResponseEnvelope,
}

impl DeniedDuringRun {
    pub(super) fn new(
        tool: String,
        denial: AuthorizeError,
        id: RequestId,
        revision: &Revision,
    ) -> Self {
        Self {
            tool,
            denial,
            envelope: ResponseEnvelope {
                id: message_limits::is_short_id(&id).then_some(id),
                is_call: true,
                marks_complete: *revision == Revision::Current,
            },
        }
    }
}

/// Runs a permitted message. Returns `None`, without an effect, if rmcp has to run it.
pub(super) async fn run(
    path: &dyn StatelessFastPath,
    permit: &Permit,
    message: FastMessage,
    report: Option<&Arc<RunReport>>,
) -> Result<Option<Response<Body>>, Box<DeniedDuringRun>> {
    let FastMessage {
        id,
        request,
        revision,
        traceparent: _,
    } = message;
    match request {
        FastRequest::Call { name, arguments } => {
            let Some(running) = path.call(permit, arguments, report) else {
                return Ok(None);
            };
            match running.await {
                Ok(response) => {
                    let message = call_message(id, response, &revision);
                    // The tool has run, so rmcp must not run it again.
                    Ok(Some(message.map_or_else(server_error, |message| {
                        json_response(message.into())
                    })))
                }
                Err(denial) => Err(Box::new(DeniedDuringRun::new(name, *denial, id, &revision))),
            }
        }
        FastRequest::List => Ok(path.list(permit).and_then(|list| list_response(&id, list))),
    }
}

/// Writes the answer of a list.
fn list_response(id: &RequestId, list: Bytes) -> Option<Response<Body>> {
    let mut head = br#"{"id":"#.to_vec();
    serde_json::to_writer(&mut head, id).ok()?;
    head.extend_from_slice(br#","jsonrpc":"2.0","result":"#);
    let chunks = [head.into(), list, Bytes::from_static(b"}")];
    Some(json_response(Body::new(ChunkedBody::new(chunks))))
}

/// Writes the answer of a call as rmcp writes it for the revision.
pub(super) fn call_message(
    id: RequestId,
    response: CallToolResponse,
    revision: &Revision,
) -> Option<Vec<u8>> {
    let mut result = ServerResult::from(response);
    if *revision != Revision::Current {
        result.strip_result_type_for_legacy_peer();
        result.strip_non_object_output_for_legacy_peer();
    }
    let message = ServerJsonRpcMessage::response(result, id);
    serde_json::to_vec(&message).ok()
}

fn json_response(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
