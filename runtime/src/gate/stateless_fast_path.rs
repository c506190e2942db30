//! The short way: a request outside of a session that needs nothing of rmcp's machinery.
//!
//! What was judged is what is run; nothing is read again, and no task, channel or
//! transport is made for one request. Taken is a request only that is right in every
//! particular that rmcp looks at, and of tools those only that take no `Context`.
//! Whatever is odd about a request, it goes the long way and gets rmcp's own answer, so
//! there is no second set of rules that could differ from the first.

use axum::body::Body;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use rmcp::model::{CallToolResponse, JsonObject, RequestId, ServerJsonRpcMessage, ServerResult};

use crate::{
    authorization::{Permit, Target},
    operation::Operation,
    tool::AuthorizeDenial,
};

use super::{
    Gate,
    chunked_body::ChunkedBody,
    fast_message::{CURRENT, FastMessage, FastRequest, Revision},
    message_limits,
    session::SESSION_ID,
    session_fast_path::is_of_sessions,
};

pub(super) const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// Runs tools without rmcp's machinery.
pub(crate) trait StatelessFastPath: Send + Sync {
    /// Whether a tool needs no more than this way has. It depends on the tool alone, and
    /// never on what a client says.
    fn takes(&self, target: Target) -> bool;

    /// Asks the tool of an admission whether it may run with these arguments.
    fn authorize(
        &self,
        permit: &Permit,
        arguments: Option<&JsonObject>,
    ) -> Result<(), AuthorizeDenial>;

    /// Starts the tool of an admission; none when there is none that this way takes.
    fn call(
        &self,
        permit: &Permit,
        arguments: JsonObject,
    ) -> Option<BoxFuture<'static, CallToolResponse>>;

    /// The list of tools for the caller of an admission, as JSON; none if it is an admission
    /// to something else.
    fn list(&self, permit: &Permit) -> Option<Bytes>;
}

impl Gate {
    /// A request that goes the short way if it is let in; none for all others.
    pub(super) fn plain(&self, headers: &HeaderMap, body: &[u8]) -> Option<FastMessage> {
        if headers.contains_key(SESSION_ID) {
            return self.plain_in_session(headers, body);
        }
        let lane = self.stateless_fast_path.as_deref()?;
        let is_current = only(headers, &PROTOCOL_VERSION).is_some_and(|named| named == CURRENT);
        let is_ours = match is_current {
            true => headers.contains_key(&METHOD),
            // Where there are sessions, requests of their revisions belong into one.
            false => self.session_fast_path.is_none() && is_of_sessions(headers),
        };
        let is_plain = is_ours && is_plain_head(headers);
        let plain = is_plain.then(|| FastMessage::read(body))??;
        let is_plain = message_limits::is_plain_id(&plain.id)
            && match plain.form {
                Revision::Current => is_current && is_named(headers, &plain),
                // Older revisions have none of the headers that repeat what is asked.
                Revision::Older { .. } => !is_current,
            }
            && match &plain.asks {
                FastRequest::Call { name, .. } => self
                    .rules
                    .target(Operation::CallTool(name))
                    .is_some_and(|target| lane.takes(target)),
                FastRequest::List => is_current,
            };
        is_plain.then_some(plain)
    }
}

/// Whether a head says what a request of 2026-07-28 asks, as that revision has it.
fn is_named(headers: &HeaderMap, plain: &FastMessage) -> bool {
    only(headers, &METHOD).is_some_and(|method| method == plain.method())
        && match &plain.asks {
            // A name that looks like the escape of another, or that a header can have in no
            // other way, goes the long way.
            FastRequest::Call { name, .. } => {
                !name.starts_with("=?")
                    && name.is_ascii()
                    && only(headers, &NAME).is_some_and(|named| named == name)
            }
            FastRequest::List => !headers.contains_key(&NAME),
        }
}

/// Runs what was admitted, if it can go this way.
pub(super) async fn run(
    lane: &dyn StatelessFastPath,
    permit: &Permit,
    plain: FastMessage,
) -> Option<Response<Body>> {
    let FastMessage { id, asks, form } = plain;
    match asks {
        FastRequest::Call { arguments, .. } => {
            let response = lane.call(permit, arguments)?.await;
            answer(id, response, &form)
        }
        FastRequest::List => {
            let list = lane.list(permit)?;
            let mut head = br#"{"id":"#.to_vec();
            serde_json::to_writer(&mut head, &id).ok()?;
            head.extend_from_slice(br#","jsonrpc":"2.0","result":"#);
            let pieces = [head.into(), list, Bytes::from_static(b"}")];
            Some(in_json(Body::new(ChunkedBody::new(pieces))))
        }
    }
}

/// Whether a head says in the plainest way that its message is JSON.
pub(super) fn is_plain_head(headers: &HeaderMap) -> bool {
    only(headers, &header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json")
}

/// The one value of a header.
pub(super) fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// The answer as rmcp writes it for the revision.
fn answer(id: RequestId, response: CallToolResponse, form: &Revision) -> Option<Response<Body>> {
    let mut result = ServerResult::from(response);
    if *form != Revision::Current {
        result.strip_result_type_for_legacy_peer();
        result.strip_non_object_output_for_legacy_peer();
    }
    let message = ServerJsonRpcMessage::response(result, id);
    let body = serde_json::to_vec(&message).ok()?;
    Some(in_json(body.into()))
}

fn in_json(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
