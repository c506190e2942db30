//! Adds `securitySchemes` to each tool in `tools/list`.
//!
//! The OpenAI Apps SDK reads the access of a tool from this member, and from `_meta` if a
//! library's tool type has no such member. rmcp's type has none, so the member is added to
//! the serialized list: in a session before the message enters the session's transport, which
//! stores messages for replay; elsewhere in the response body.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use futures_util::{
    Stream, StreamExt,
    future::{BoxFuture, ready},
    stream,
};
use http::{Request, Response, header};
use http_body_util::BodyExt;
use rmcp::{
    RoleServer,
    model::{
        ClientJsonRpcMessage, CustomResult, JsonRpcMessage, ServerJsonRpcMessage, ServerResult,
    },
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::{
        Transport,
        streamable_http_server::{
            SessionId, SessionManager,
            session::{RestoreOutcome, ServerSseMessage},
        },
    },
};
use serde_json::Value;
use toolgate_store::{ResumePoint, StreamRecords};
use tower::{Service, ServiceExt};

use crate::{gate::ListsTools, item::SCHEMES};

use super::{
    local_sessions::LocalSessions,
    stream_events::{recorded, recording},
};

/// Copies the member from `_meta` to the top level of each tool in a list.
pub(super) fn publish(list: &mut Value) {
    let tools = list.get_mut("tools").and_then(Value::as_array_mut);
    for tool in tools.into_iter().flatten() {
        let schemes = tool.get("_meta").and_then(|meta| meta.get(SCHEMES));
        let schemes = schemes.cloned();
        if let (Some(schemes), Some(members)) = (schemes, tool.as_object_mut()) {
            members.insert(SCHEMES.to_owned(), schemes);
        }
    }
}

/// Wraps rmcp's service and adds `securitySchemes` to its lists of tools.
///
/// The service is shared and cloned only for requests that reach it: a clone copies all
/// settings, and most requests take the fast path.
pub(super) struct AddSecuritySchemes<I>(pub(super) Arc<I>);

impl<I> Clone for AddSecuritySchemes<I> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<I, B> Service<Request<Body>> for AddSecuritySchemes<I>
where
    I: Service<Request<Body>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    I::Future: Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // The clone that gets the request is polled for readiness.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let is_list = request.extensions().get::<ListsTools>().is_some();
        let answering = I::clone(&self.0).oneshot(request);
        Box::pin(async move {
            let response = answering.await?;
            let kind = response.headers().get(header::CONTENT_TYPE);
            let is_json = kind.is_some_and(|kind| kind == "application/json");
            Ok(match is_list && is_json {
                true => published(response).await,
                false => response.map(Body::new),
            })
        })
    }
}

async fn published<B>(response: Response<B>) -> Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    let (mut parts, body) = response.into_parts();
    let whole = match body.collect().await {
        Ok(whole) => whole.to_bytes(),
        // The client sees the body break off, as it would without this wrapper.
        Err(error) => return Response::from_parts(parts, broken(error.into())),
    };
    let answer = serde_json::from_slice(&whole).map(|mut answer: Value| {
        if let Some(list) = answer.get_mut("result") {
            publish(list);
        }
        answer.to_string()
    });
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, answer.map_or_else(|_| whole.into(), Body::from))
}

fn broken(error: axum::BoxError) -> Body {
    Body::from_stream(stream::iter([Err::<Bytes, _>(error)]))
}

/// Sessions that add `securitySchemes` to the messages that they send.
#[derive(Debug, Default)]
pub(super) struct SessionsWithSecuritySchemes(LocalSessions, Option<StreamRecords>);

impl SessionsWithSecuritySchemes {
    /// Creates sessions whose streams are recorded here, if replicas share a store.
    pub(super) fn new(records: Option<StreamRecords>) -> Self {
        Self(LocalSessions::default(), records)
    }

    /// Ends the service of an idle session.
    pub(super) async fn release(&self, id: &SessionId) {
        self.0.release(id).await;
    }
}

type Fault = <LocalSessions as SessionManager>::Error;
type Messages = Result<ServerJsonRpcMessage, Fault>;

impl SessionManager for SessionsWithSecuritySchemes {
    type Error = Fault;
    type Transport = Publisher<<LocalSessions as SessionManager>::Transport>;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Fault> {
        let (id, transport) = self.0.create_session().await?;
        Ok((id, Publisher(transport)))
    }

    async fn initialize_session(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Messages {
        self.0.initialize_session(id, message).await
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Fault> {
        self.0.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Fault> {
        self.0.close_session(id).await
    }

    async fn restore_session(
        &self,
        id: SessionId,
    ) -> Result<RestoreOutcome<Self::Transport>, Fault> {
        Ok(match self.0.restore_session(id).await? {
            RestoreOutcome::Restored(transport) => RestoreOutcome::Restored(Publisher(transport)),
            RestoreOutcome::AlreadyPresent => RestoreOutcome::AlreadyPresent,
            _ => RestoreOutcome::NotSupported,
        })
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Fault> {
        let records = self.1.as_ref();
        let recording = records.and_then(|records| recording(records, id, &message));
        let events = self.0.create_stream(id, message).await?;
        Ok(recorded(events, recording))
    }

    async fn accept_message(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<(), Fault> {
        self.0.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Fault> {
        self.0.create_standalone_stream(id).await
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Fault> {
        let event = ResumePoint::in_session(&last_event_id).to_owned();
        let resumed = self.0.resume(id, event).await;
        // A client that resumes the stream of a request must not wait for an answer forever.
        let point = self
            .1
            .as_ref()
            .and_then(|_| ResumePoint::parse(id, &last_event_id));
        let lost = point.and_then(|point| serde_json::from_value(point.lost()).ok());
        match (resumed, lost) {
            (Err(_), Some(lost)) => {
                let lost = ServerSseMessage::from_message(lost);
                Ok(stream::once(ready(lost)).left_stream())
            }
            (resumed, _) => resumed.map(StreamExt::right_stream),
        }
    }
}

/// The transport through which a session sends.
pub(super) struct Publisher<T>(T);

#[cfg(feature = "stdio")]
impl<T> Publisher<T> {
    pub(super) fn new(transport: T) -> Self {
        Self(transport)
    }
}

impl<T: Transport<RoleServer>> Transport<RoleServer> for Publisher<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), T::Error>> + Send + 'static {
        self.0.send(session_fast_path(message))
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        self.0.receive().await
    }

    async fn close(&mut self) -> Result<(), T::Error> {
        self.0.close().await
    }
}

fn session_fast_path(mut message: ServerJsonRpcMessage) -> ServerJsonRpcMessage {
    if let JsonRpcMessage::Response(response) = &mut message
        && let ServerResult::ListToolsResult(list) = &response.result
        && let Ok(mut list) = serde_json::to_value(list)
    {
        publish(&mut list);
        response.result = ServerResult::CustomResult(CustomResult::new(list));
    }
    message
}
