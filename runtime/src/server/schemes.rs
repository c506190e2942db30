//! `securitySchemes` beside a tool's other members in `tools/list`.
//!
//! The OpenAI Apps SDK reads what a tool asks for there, and in `_meta` where a type of a
//! tool has no such member. rmcp's has none, so a list gets it when it is an answer
//! already: in a session on its way into the session's transport, which keeps what it
//! sends for replay; elsewhere in the body.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use futures_util::{Stream, future::BoxFuture};
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
        streamable_http_server::{SessionId, SessionManager, session::ServerSseMessage},
    },
};
use serde_json::Value;
use tower::{Service, ServiceExt};

use crate::{gate::ListsTools, tool::SCHEMES};

use super::sessions::LocalSessions;

/// Gives each tool of a list the member that its `_meta` has.
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

/// rmcp's service, whose lists of tools say what each asks for.
///
/// It is shared and copied for those requests only that come to it: a copy has all of its
/// settings, and most requests go the short way.
pub(super) struct Publishing<I>(pub(super) Arc<I>);

impl<I> Clone for Publishing<I> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<I, B> Service<Request<Body>> for Publishing<I>
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
        // The copy that gets the request is asked.
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
        // It breaks off before its client, as it would have without us.
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
    Body::from_stream(futures_util::stream::iter([Err::<Bytes, _>(error)]))
}

/// The sessions, with the same done to what they send.
#[derive(Debug, Default)]
pub(super) struct PublishingSessions(LocalSessions);

type Fault = <LocalSessions as SessionManager>::Error;
type Messages = Result<ServerJsonRpcMessage, Fault>;

impl SessionManager for PublishingSessions {
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

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Fault> {
        self.0.create_stream(id, message).await
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
        self.0.resume(id, last_event_id).await
    }
}

/// What a session sends through.
pub(super) struct Publisher<T>(T);

impl<T: Transport<RoleServer>> Transport<RoleServer> for Publisher<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), T::Error>> + Send + 'static {
        self.0.send(in_session(message))
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        self.0.receive().await
    }

    async fn close(&mut self) -> Result<(), T::Error> {
        self.0.close().await
    }
}

fn in_session(mut message: ServerJsonRpcMessage) -> ServerJsonRpcMessage {
    if let JsonRpcMessage::Response(response) = &mut message
        && let ServerResult::ListToolsResult(list) = &response.result
        && let Ok(mut list) = serde_json::to_value(list)
    {
        publish(&mut list);
        response.result = ServerResult::CustomResult(CustomResult::new(list));
    }
    message
}
