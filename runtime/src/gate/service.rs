//! The order of the checks, from a request's bytes to what may run.
//!
//! Each step consumes what the one before it made: a request reaches the service
//! behind the gate with an [`Admission`] in its extensions and without the
//! `Authorization` header, or it does not reach it.

use std::{
    borrow::Cow,
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts};
use rmcp::model::{ClientJsonRpcMessage, ErrorCode as RpcCode, GetMeta, JsonRpcMessage};
use tower::Service;

use crate::{
    admission::{Admission, Decision, Denial},
    bearer::{BearerFault, BearerToken},
    operation::Operation,
    principal::Principal,
    verify::Unauthenticated,
};

use super::{
    Gate,
    audit::{self, Subject},
    body, direct,
    ending::Ending,
    origin::Foreign,
    refusal::{Refusal, Voice, oauth_error},
    session::Standing,
};

const SESSION_ID: &str = "mcp-session-id";
/// The longest session id that is looked up; rmcp's have 36 characters.
const LONGEST_SESSION_ID: usize = 128;
/// The largest plain-text refusal of the service behind that is put into JSON.
const LARGEST_PLAIN_TEXT: usize = 4096;

/// A service behind the gate.
#[derive(Clone)]
pub(crate) struct GateService<I> {
    gate: Arc<Gate>,
    inner: I,
}

impl<I> GateService<I> {
    pub(crate) fn new(gate: Arc<Gate>, inner: I) -> Self {
        Self { gate, inner }
    }
}

impl<I, B> Service<Request<Body>> for GateService<I>
where
    I: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    I::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // The service behind is asked when a request has passed.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Self { gate, inner } = self.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            Ok(match gate.judge(&mut parts, body).await {
                Ok(passed) => gate.run(passed, parts, inner).await,
                Err(refusal) => refusal.into_response(gate.voice()),
            })
        })
    }
}

/// A request that was let in.
struct Passed {
    admission: Admission,
    body: Bytes,
    /// What the body says.
    message: Option<Box<ClientJsonRpcMessage>>,
    opens_session: bool,
    session: Option<String>,
}

/// What a request asks for, as far as that can be read.
enum Asked {
    /// A `GET` or a `DELETE`.
    Plain(Operation<'static>),
    Message(Box<ClientJsonRpcMessage>),
    /// No message at all.
    Unreadable,
}

impl Gate {
    /// From bytes to an admission, or to the reason why there is none.
    async fn judge(&self, parts: &mut Parts, body: Body) -> Result<Passed, Refusal> {
        self.judge_origin(parts)?;
        let token = self.read_token(parts)?;
        let session = read_session_id(&parts.headers)?;
        let (asked, body) = self.read_message(&parts.method, body).await?;
        let operation = match &asked {
            Asked::Plain(operation) => Ok(*operation),
            Asked::Message(message) => Operation::read(message).map_err(Some),
            Asked::Unreadable => Err(None),
        };
        let known = operation.ok();
        let mut subject = Subject {
            operation: known,
            principal: None,
        };
        let principal = match self.authenticate(token, known).await {
            Ok(principal) => principal,
            Err(refusal) => return Err(self.note(subject, refusal)),
        };
        subject.principal = principal.as_ref();

        if let Some(id) = &session {
            match self.sessions.standing(id, principal.as_ref()) {
                Standing::Owner => {}
                Standing::Stranger => return Err(self.note(subject, Refusal::NoSession)),
                Standing::MustSayWho => {
                    let wanted = self.rules.wanted(known);
                    return Err(self.note(subject, Refusal::NoToken { wanted }));
                }
            }
        }
        // What cannot be read is judged as what has no rule: without a token it is
        // worth a challenge, with one it is told what is wrong.
        let judged = known.unwrap_or(Operation::Unruled("unreadable"));
        let admission = match self.rules.decide(judged, principal.as_ref()) {
            Decision::Admit(admission) => admission,
            Decision::Deny(denial) => {
                let refusal = match denial {
                    Denial::NoToken { wanted } => Refusal::NoToken { wanted },
                    Denial::InsufficientScope { needed, granted } => Refusal::InsufficientScope {
                        asked: self.asked(needed, granted),
                        missing: needed.minus(granted),
                    },
                    Denial::Unruled => unruled(&asked),
                };
                return Err(self.note(subject, refusal));
            }
        };
        audit::admitted(subject);
        // No tool, and nothing that a tool calls, ever sees the token.
        parts.headers.remove(header::AUTHORIZATION);
        let opens_session = matches!(judged, Operation::Initialize);
        let is_call = matches!(judged, Operation::CallTool(_));
        Ok(Passed {
            admission,
            body,
            message: match asked {
                Asked::Message(message) if is_call => Some(message),
                _ => None,
            },
            opens_session,
            session,
        })
    }

    fn judge_origin(&self, parts: &Parts) -> Result<(), Refusal> {
        self.origins
            .judge(&parts.uri, &parts.headers)
            .map_err(|foreign: Foreign| {
                let subject = Subject {
                    operation: None,
                    principal: None,
                };
                self.note(subject, Refusal::Foreign(foreign))
            })
    }

    /// One token, none, or one that cannot be read.
    fn read_token(
        &self,
        parts: &Parts,
    ) -> Result<Result<Option<BearerToken>, BearerFault>, Refusal> {
        match BearerToken::read(&parts.headers, parts.uri.query()) {
            Err(fault @ (BearerFault::InQuery | BearerFault::Repeated)) => {
                let subject = Subject {
                    operation: None,
                    principal: None,
                };
                Err(self.note(subject, Refusal::Credentials(fault)))
            }
            read => Ok(read),
        }
    }

    async fn read_message(&self, method: &Method, body: Body) -> Result<(Asked, Bytes), Refusal> {
        match *method {
            Method::GET => return Ok((Asked::Plain(Operation::Stream), Bytes::new())),
            Method::DELETE => return Ok((Asked::Plain(Operation::EndSession), Bytes::new())),
            Method::POST => {}
            _ => return Err(Refusal::Method),
        }
        let body = body::read(body, self.body_limit, self.body_time)
            .await
            .map_err(Refusal::Body)?;
        // The very call by which rmcp reads the very bytes that it is given below.
        let asked = match serde_json::from_slice(&body) {
            Ok(message) => Asked::Message(Box::new(message)),
            Err(_) => Asked::Unreadable,
        };
        Ok((asked, body))
    }

    async fn authenticate(
        &self,
        token: Result<Option<BearerToken>, BearerFault>,
        operation: Option<Operation<'_>>,
    ) -> Result<Option<Principal>, Refusal> {
        let invalid = |description: Cow<'static, str>| Refusal::InvalidToken {
            wanted: self.rules.wanted(operation),
            description,
        };
        let token = match token {
            Ok(Some(token)) => token,
            Ok(None) => return Ok(None),
            Err(_) => return Err(invalid("the bearer token is malformed".into())),
        };
        match self.authenticator.authenticate(&token).await {
            Ok(principal) => Ok(Some(principal)),
            Err(Unauthenticated::Invalid { description }) => Err(invalid(description)),
            Err(Unauthenticated::Unavailable { retry_after }) => {
                Err(Refusal::Unavailable { retry_after })
            }
        }
    }

    /// Writes the audit line of a refusal.
    fn note(&self, subject: Subject<'_>, refusal: Refusal) -> Refusal {
        let (needed, missing) = refusal.scopes();
        audit::refused(
            subject,
            refusal.outcome(),
            needed,
            missing,
            self.rules.table(),
        );
        refusal
    }

    fn voice(&self) -> Voice<'_> {
        Voice {
            challenges: &self.challenges,
            table: self.rules.table(),
            hosts: self.origins.hosts(),
        }
    }

    /// Hands an admitted request over, and keeps the books of what comes back.
    async fn run<I, B>(&self, passed: Passed, mut parts: Parts, mut inner: I) -> Response<Body>
    where
        I: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Send,
        I::Future: Send,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let Passed {
            admission,
            body,
            message,
            opens_session,
            session,
        } = passed;
        if let (Some(direct), Some(message)) = (&self.direct, message)
            && session.is_none()
            && let Some(response) =
                direct::run(&**direct, &admission, &parts.headers, *message).await
        {
            return response;
        }
        let principal = admission.principal().cloned();
        let method = parts.method.clone();
        parts.extensions.insert(admission);
        let request = Request::from_parts(parts, Body::from(body));
        let response = respond(&mut inner, request).await;

        if opens_session && let Some(id) = response.headers().get(SESSION_ID) {
            let id = id.to_str().unwrap_or_default().to_owned();
            for surplus in self.sessions.open(id, principal.as_ref()) {
                close(&mut inner, &surplus).await;
            }
        }
        let ended = method == Method::DELETE && response.status().is_success();
        if let Some(id) = session
            && (ended || response.status() == StatusCode::NOT_FOUND)
        {
            self.sessions.forget(&id);
        }
        if method == Method::GET && response.status().is_success() {
            let life = principal.map(|principal| self.life_of(&principal));
            return response.map(|body| Body::new(Ending::new(body, life, self.stop.clone())));
        }
        in_json(response).await
    }

    /// How long a principal's token is good for, leeway not counted.
    fn life_of(&self, principal: &Principal) -> Duration {
        let expires_at = principal.claims().expires_at();
        Duration::from_secs(expires_at.since(self.clock.now()))
    }
}

/// The one session id of a request, or none.
fn read_session_id(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let mut ids = headers.get_all(SESSION_ID).iter();
    let id = match (ids.next(), ids.next()) {
        (None, _) => return Ok(None),
        (Some(id), None) => id,
        (Some(_), Some(_)) => return Err(Refusal::Header("the Mcp-Session-Id header is repeated")),
    };
    match id.to_str() {
        Ok(id) if id.len() <= LONGEST_SESSION_ID => Ok(Some(id.to_owned())),
        _ => Err(Refusal::NoSession),
    }
}

/// What a caller with a token is told about a request for which there is no rule.
fn unruled(asked: &Asked) -> Refusal {
    let Asked::Message(message) = asked else {
        return Refusal::Rpc {
            id: None,
            status: StatusCode::BAD_REQUEST,
            code: RpcCode::PARSE_ERROR,
            message: "the body is not one JSON-RPC message".to_owned(),
        };
    };
    let (id, per_request_version) = match message.as_ref() {
        JsonRpcMessage::Request(request) => (
            Some(request.id.clone()),
            request.request.get_meta().protocol_version().is_some(),
        ),
        _ => (None, false),
    };
    match Operation::read(message) {
        Err(malformed) => Refusal::Rpc {
            id,
            status: StatusCode::BAD_REQUEST,
            code: RpcCode::INVALID_PARAMS,
            message: malformed.to_string(),
        },
        Ok(_) => Refusal::Rpc {
            id,
            // A 404 is 2026-07-28's answer; to a session it would mean that it is gone.
            status: if per_request_version {
                StatusCode::NOT_FOUND
            } else {
                StatusCode::OK
            },
            code: RpcCode::METHOD_NOT_FOUND,
            message: "the server does not offer this method".to_owned(),
        },
    }
}

async fn respond<I, B>(inner: &mut I, request: Request<Body>) -> Response<B>
where
    I: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
{
    let ready = std::future::poll_fn(|cx| inner.poll_ready(cx)).await;
    match ready {
        Ok(()) => match inner.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        },
        Err(never) => match never {},
    }
}

/// Ends a session that had to make room for another.
async fn close<I, B>(inner: &mut I, session: &str)
where
    I: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
{
    let Ok(id) = HeaderValue::from_str(session) else {
        return;
    };
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::DELETE;
    request.headers_mut().insert(SESSION_ID, id);
    respond(inner, request).await;
}

/// Puts a plain-text refusal of the service behind into JSON, as all others are.
async fn in_json<B>(response: Response<B>) -> Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    let status = response.status();
    let is_typed = response.headers().contains_key(header::CONTENT_TYPE);
    if is_typed || !(status.is_client_error() || status.is_server_error()) {
        return response.map(Body::new);
    }
    let (parts, body) = response.into_parts();
    let told = body::read(body, LARGEST_PLAIN_TEXT, Duration::from_secs(1))
        .await
        .unwrap_or_default();
    let error = match status {
        StatusCode::NOT_FOUND => "session_not_found",
        status if status.is_server_error() => "server_error",
        _ => "invalid_request",
    };
    // What goes wrong inside is for the log, which the service behind has written.
    let description = if status.is_server_error() {
        "the server could not answer".into()
    } else {
        String::from_utf8_lossy(&told)
    };
    let mut refusal = oauth_error(status, error, &description, "");
    for (name, value) in &parts.headers {
        if *name != header::CONTENT_LENGTH {
            refusal.headers_mut().entry(name).or_insert(value.clone());
        }
    }
    refusal
}
