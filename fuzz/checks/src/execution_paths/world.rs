//! The server, its open sessions, and how requests reach it.

use std::{collections::BTreeMap, fmt, future::poll_fn, pin::pin, task::Poll};

use axum::{Router, body::Body};
use http::{
    HeaderValue, Request, Response,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
    request::Builder,
};
use http_body::Body as _;
use tokio::runtime::Runtime;
use toolgate::Server;
use tower::ServiceExt;

use crate::{challenge_parser::Challenge, json_parser::Node};

use super::{
    SESSIONS, Tally,
    callers::{self, Holder},
    case::{Case, Era},
    confirmations::Confirmations,
    may_run::{self, Caller},
    tools::{self, Run, Runs},
};

/// How often all ready tasks are polled before a response counts as complete. A call in a
/// session passes through about six tasks.
const PATIENCE: usize = 64;

const METADATA: &str = "http://127.0.0.1:8000/.well-known/oauth-protected-resource/mcp";
const SCOPES: [&str; 5] = [
    "desk:admin",
    "desk:read",
    "desk:root",
    "desk:write",
    "files:admin",
];

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"V","capabilities":{},"clientInfo":{"name":"fuzz","version":"1"}}}"#;
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

/// A server without a socket.
pub(super) struct World {
    runtime: Runtime,
    router: Router,
    /// The same server without sessions.
    sessionless: Router,
    runs: Runs,
    sessions: [Option<Session>; SESSIONS.len()],
    pub(super) confirmations: Confirmations,
    pub(super) tally: Tally,
}

/// An open session and its owner, as far as the test knows.
struct Session {
    id: HeaderValue,
    owner: Option<Holder>,
}

/// The response, and the runs.
#[derive(PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    headers: BTreeMap<String, Vec<Vec<u8>>>,
    body: Vec<u8>,
    pub(super) runs: Vec<Run>,
    /// Whether a session was opened.
    pub(super) opened: bool,
}

impl World {
    pub(super) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        let runs = Runs::default();
        let (router, sessionless) = {
            let _within = runtime.enter();
            (
                // One of the sessions is opened without a token.
                tools::router(&runs, Server::with_open_handshake),
                tools::router(&runs, Server::without_sessions),
            )
        };
        Self {
            runtime,
            router,
            sessionless,
            runs,
            sessions: [const { None }; SESSIONS.len()],
            confirmations: Confirmations::default(),
            tally: Tally::default(),
        }
    }

    /// Returns the owner of the request's session. Opens the session if there is none.
    pub(super) fn owner(&mut self, case: &Case) -> Option<Holder> {
        let Era::Session(number) = case.era else {
            return None;
        };
        if self.sessions[number].is_none() {
            self.sessions[number] = Some(self.open(number));
        }
        self.sessions[number]
            .as_ref()
            .and_then(|session| session.owner)
    }

    fn open(&self, number: usize) -> Session {
        let (version, opener) = SESSIONS[number];
        let token = opener.map(|number| &callers::tokens()[number]);
        let request = |body: String| {
            let request = Request::post("/mcp")
                .header("host", "127.0.0.1:8000")
                .header("content-type", "application/json")
                .header("accept", "application/json, text/event-stream");
            let request = match token {
                Some(token) => request.header("authorization", format!("Bearer {}", token.text)),
                None => request,
            };
            (request, Body::from(body))
        };
        let (opening, body) = request(INITIALIZE.replace("\"V\"", &format!("{version:?}")));
        let opened = self.answer(&self.router, opening.body(body).expect("a request"));
        let id = opened.headers.get("mcp-session-id").expect("a session");
        let id = HeaderValue::from_bytes(&id[0]).expect("its id");
        let (opened, body) = request(INITIALIZED.to_owned());
        let opened = opened
            .header("mcp-session-id", &id)
            .header("mcp-protocol-version", version);
        let answer = self.answer(&self.router, opened.body(body).expect("a request"));
        assert_eq!(answer.status, 202, "{answer:?}");
        Session {
            id,
            owner: token.and_then(|token| token.holder),
        }
    }

    /// Sends a request, with another media type if one is given.
    pub(super) fn send(&mut self, case: &Case, kind: Option<&'static str>) -> Answer {
        self.tally.sent += 1;
        self.tally.in_session += u64::from(matches!(case.era, Era::Session(_)));
        self.tally.sessionless += u64::from(matches!(case.era, Era::Sessionless(_)));
        let mut request = Request::builder().method(&case.method).uri(case.uri);
        for (name, value) in &case.headers {
            let value = match (*name, kind) {
                ("content-type", Some(kind)) => kind.as_bytes(),
                _ => value,
            };
            request = request.header(*name, value);
        }
        // Without this header, each answer has a random id.
        request = request.header("x-request-id", "1");
        request = self.in_session(case, request);
        let request = request.body(Body::from(case.body.clone()));
        let router = match case.era {
            Era::Sessionless(_) => &self.sessionless,
            Era::Stateless | Era::Session(_) => &self.router,
        };
        let answer = self.answer(router, request.expect("a request"));
        self.tally.ran += answer.runs.len() as u64;
        answer
    }

    fn in_session(&self, case: &Case, request: Builder) -> Builder {
        match case.era {
            Era::Stateless | Era::Sessionless(_) => request,
            Era::Session(number) => match &self.sessions[number] {
                Some(session) => request.header("mcp-session-id", &session.id),
                None => request,
            },
        }
    }

    /// Records what a response says about the session and about confirmations.
    pub(super) fn learn(&mut self, case: &Case, answer: &Answer) {
        self.learn_confirmation(case, answer);
        let Era::Session(number) = case.era else {
            return;
        };
        let caller = match may_run::caller(case) {
            Caller::Holder(holder) => Some(holder),
            Caller::Anonymous | Caller::Refused => None,
        };
        if let Some(session) = &mut self.sessions[number]
            && session.owner.is_none()
            && !answer.runs.is_empty()
        {
            session.owner = caller;
        }
        // The session has ended, or was evicted. An anonymous request sees the same status.
        if case.method != "POST" || answer.status == 404 || answer.opened {
            self.sessions[number] = None;
        }
    }

    fn learn_confirmation(&mut self, case: &Case, answer: &Answer) {
        let policy = ["edit", "pay", "erase"];
        let ran = |run: &Run| policy.contains(&run.tool);
        self.tally.with_policy += u64::from(answer.runs.iter().any(ran));
        if answer.runs.iter().any(|run| run.tool == "erase") {
            self.tally.confirmed += 1;
            self.confirmations.use_state(case);
        }
        // Only the server with this key opens the states.
        if case.call.name == "erase" && !matches!(case.era, Era::Sessionless(_)) {
            let asked = self.confirmations.learn(case, &answer.body);
            self.tally.asked += u64::from(asked);
        }
        if self.confirmations.is_worn() {
            let tally = self.tally;
            *self = Self::new();
            self.tally = tally;
        }
    }

    fn answer(&self, router: &Router, request: Request<Body>) -> Answer {
        let router = router.clone();
        self.runtime.block_on(async {
            let response = match router.oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            let (parts, body) = response.into_parts();
            let kind = parts.headers.get(CONTENT_TYPE);
            let is_stream = kind.is_some_and(|kind| kind == "text/event-stream");
            let mut headers = BTreeMap::<_, Vec<_>>::new();
            for (name, value) in &parts.headers {
                // Whether a stream was complete when it was written differs between two equal
                // responses.
                if name == CONTENT_LENGTH && is_stream {
                    continue;
                }
                let values = headers.entry(name.to_string()).or_default();
                values.push(value.as_bytes().to_vec());
            }
            let body = without_resumption(patiently(Response::new(body)).await);
            Answer {
                status: parts.status.as_u16(),
                opened: headers.contains_key("mcp-session-id"),
                headers,
                body,
                runs: self.runs.take(),
            }
        })
    }
}

/// Reads a body until it ends, or until nothing more happens: some streams stay open.
async fn patiently(response: Response<Body>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut body = pin!(response.into_body());
    let mut idle = 0;
    while idle < PATIENCE {
        let frame = poll_fn(|cx| match body.as_mut().poll_frame(cx) {
            Poll::Ready(frame) => Poll::Ready(Some(frame)),
            Poll::Pending => Poll::Ready(None),
        });
        match frame.await {
            None => {
                idle += 1;
                tokio::task::yield_now().await;
            }
            Some(None) => break,
            Some(Some(frame)) => {
                idle = 0;
                if let Ok(data) = frame.expect("a body without faults").into_data() {
                    bytes.extend_from_slice(&data);
                }
            }
        }
    }
    bytes
}

/// Removes the ids of events and the priming event. A session numbers its events, so their ids
/// differ between two equal responses. Only the response of a slow call has a priming event.
fn without_resumption(bytes: Vec<u8>) -> Vec<u8> {
    let is_id = |line: &[u8]| {
        let number = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
        let id = line.strip_prefix(b"id: ");
        let mut parts = id.into_iter().flat_map(|id| id.split(|&byte| byte == b'/'));
        parts.next().is_some_and(number) && parts.next().is_some_and(number)
    };
    let lines: Vec<_> = bytes.split(|&byte| byte == b'\n').collect();
    let kept: Vec<_> = lines.into_iter().filter(|line| !is_id(line)).collect();
    let text = kept.join(&b'\n');
    match text.strip_prefix(PRIMING) {
        Some(rest) => rest.to_vec(),
        None => text,
    }
}

/// The event without a message that a resumable stream begins with.
const PRIMING: &[u8] = b"data: \nretry: 3000\n\n";

impl Answer {
    /// Checks what the contract requires of every response.
    pub(super) fn judge(&self, case: &Case) -> Result<(), String> {
        if self.status >= 500 {
            return Err("a client error caused a 5xx".to_owned());
        }
        if self.status != 200 && !self.runs.is_empty() {
            return Err("a tool ran, but the response says otherwise".to_owned());
        }
        let challenges = self
            .headers
            .get("www-authenticate")
            .map_or(&[][..], Vec::as_slice);
        let challenge = match challenges {
            [] if self.status == 401 => return Err("a 401 without a challenge".to_owned()),
            [] => None,
            [one] => Some(Challenge::read(one)?),
            // A request with the scheme `DPoP` also gets a `DPoP` challenge, after `Bearer`.
            [one, other] if case.tries_dpop() => {
                let (one, other) = (Challenge::read(one)?, Challenge::read_dpop(other)?);
                let is_alike = one.scopes() == other.scopes()
                    && one.get("resource_metadata") == other.get("resource_metadata");
                if !is_alike || other.get("algs").is_none_or(str::is_empty) {
                    return Err(format!("two challenges that differ: {one:?} {other:?}"));
                }
                Some(one)
            }
            _ => return Err("two challenges".to_owned()),
        };
        if let Some(challenge) = challenge {
            let error = challenge.get("error");
            let fits = match self.status {
                400 => error == Some("invalid_request"),
                401 if error == Some("insufficient_user_authentication") => {
                    let asks = (challenge.get("acr_values"), challenge.get("max_age"));
                    asks == (Some(callers::MFA), Some("300"))
                }
                401 => matches!(error, None | Some("invalid_token")),
                403 => error == Some("insufficient_scope") && !challenge.scopes().is_empty(),
                _ => false,
            };
            let is_ours = challenge
                .scopes()
                .iter()
                .all(|scope| SCOPES.contains(scope))
                && challenge.get("resource_metadata") == Some(METADATA);
            if !fits || !is_ours {
                return Err(format!("the challenge is wrong: {challenge:?}"));
            }
        }
        // At other paths the application responds, and a response to `HEAD` has no body.
        let is_ours = case.uri.starts_with("/mcp") && case.method != "HEAD";
        if self.status >= 400 && is_ours && Node::read(&self.body).is_none() {
            return Err("a refusal has a body that is not JSON".to_owned());
        }
        if let Some(token) = callers::tokens()
            .iter()
            .find(|token| self.tells(&token.text))
        {
            return Err(format!("the response contains the token {:?}", token.text));
        }
        Ok(())
    }

    fn tells(&self, token: &str) -> bool {
        let mut values = self.headers.values().flatten().chain([&self.body]);
        token.len() > 20
            && values.any(|value| {
                value
                    .windows(token.len())
                    .any(|part| part == token.as_bytes())
            })
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers: Vec<_> = self
            .headers
            .iter()
            .flat_map(|(name, values)| values.iter().map(move |value| (name, text(value))))
            .collect();
        write!(
            f,
            "{} {headers:?} {:?} {:?}",
            self.status,
            text(&self.body),
            self.runs
        )
    }
}
