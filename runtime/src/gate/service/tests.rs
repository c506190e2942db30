//! The gate alone: what the service behind it gets.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use http::{StatusCode, header, request::Parts};
use http_body_util::BodyExt;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use toolgate_store::Revocations;
use tower::{ServiceExt, service_fn};

use super::*;
use crate::{
    access::ResolvedAccess,
    authorization::{Permit, ProtectedItems, Rules, Target},
    caller::TokenPolicy,
    claims::Claims,
    clock::{Clock, UnixTime},
    credentials::{BearerToken, Credentials, Scheme},
    error::SetupErrors,
    gate::{
        ChallengeScopes, Challenges, ItemNames, OpenStreams, OriginRules, PendingBodies,
        RefusalCache, RequestLimits, SessionLimits, Sessions,
    },
    scope::{Scope, ScopeSet, ScopeTable},
    verify::{Authenticator, TokenError, TokenVerifier, VerificationPath},
};

const READ: Scope = Scope::new("read");

/// Accepts any token as alice's, with the text of the token as her scopes.
struct TextIsScopes;

impl TokenVerifier for TextIsScopes {
    async fn verify(&self, token: &BearerToken) -> Result<Claims, TokenError> {
        Ok(Claims::new("i", UnixTime::from_seconds(9))
            .with_subject("alice")
            .with_audience("a")
            .with_scopes(token.as_str()))
    }
}

struct AtOne;

impl Clock for AtOne {
    fn now(&self) -> UnixTime {
        UnixTime::from_seconds(1)
    }
}

fn gate() -> Gate {
    let table = ScopeTable::with_hierarchy([READ], &[]).unwrap();
    let read = ResolvedAccess::Scopes([table.required()].into());
    let protected_items = ProtectedItems {
        tools: vec![
            ("ping".into(), ResolvedAccess::Public),
            ("read".into(), read),
        ],
        ..ProtectedItems::default()
    };
    let challenge_scopes = [table.required(), ScopeSet::EMPTY];
    let metadata = "http://localhost/.well-known/oauth-protected-resource";
    let mut faults = SetupErrors::default();
    let challenges = Challenges::new(metadata, "", &table, challenge_scopes, &mut faults);
    Gate {
        replicas: None,
        revocations: Revocations::new(),
        shared_sessions: None,
        throttle: None,
        is_local: false,
        authorizer: None,
        decision_point: None,
        challenges: faults.finish(challenges).unwrap(),
        refusal_cache: RefusalCache::default(),
        authenticator: Arc::new(Authenticator::new(
            TextIsScopes,
            TokenPolicy::new(["i"], ["a"]),
            Arc::new(table.clone()),
            Arc::new(AtOne),
        )),
        item_names: ItemNames::of(&protected_items),
        rules: Arc::new(Rules::new(
            table,
            protected_items,
            challenge_scopes[0],
            true,
        )),
        challenge_scopes: ChallengeScopes::default(),
        denials_as_tool_results: None,
        origins: OriginRules::new(vec!["localhost".to_owned()], Vec::new(), true),
        clock: Arc::new(AtOne),
        observation: None,
        limits: RequestLimits {
            body: 1024,
            unauthenticated_body: 1024,
            body_time: Duration::from_secs(1),
            ..RequestLimits::default()
        },
        pending_bodies: PendingBodies::new(1024),
        stop: CancellationToken::new(),
        open_streams: OpenStreams::default(),
        sessions: Sessions::new(SessionLimits::default(), None),
        has_sessions: true,
        stateless_fast_path: None,
        session_fast_path: None,
    }
}

/// A forwarded request with its body.
type Seen = (Parts, Bytes);

/// Sends a request through a gate. Returns the status and what the service behind it got.
async fn pass(gate: Gate, request: Request<Body>) -> (StatusCode, Option<Seen>) {
    let seen = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&seen);
    let behind = service_fn(move |request: Request<Body>| {
        let keep = Arc::clone(&keep);
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            *keep.lock().unwrap_or_else(PoisonError::into_inner) = Some((parts, body));
            Ok::<_, Infallible>(Response::new(Body::empty()))
        }
    });
    let answer = GateService::new(Arc::new(gate), behind).oneshot(request);
    let status = answer.await.unwrap().status();
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner).take();
    (status, seen)
}

fn request(method: &str) -> http::request::Builder {
    Request::builder()
        .method(method)
        .uri("/mcp")
        .header(header::HOST, "localhost")
        .header("x-kept", "kept")
}

fn call(tool: &str) -> Body {
    let params = json!({"name": tool, "arguments": {}});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    // Unusual white space, to show that the bytes are not serialized again.
    Body::from(format!(" {message}\n"))
}

#[test]
fn the_future_of_a_request_is_less_than_a_kilobyte() {
    let behind = service_fn(async |_: Request<Body>| Ok(Response::new(Body::empty())));
    let answer = answer(Arc::new(gate()), behind, Request::new(Body::empty()));
    // The wrappers around it have their share of the kilobyte.
    assert!(size_of_val(&answer) <= 960, "{}", size_of_val(&answer));
}

#[tokio::test]
async fn no_token_is_forwarded() {
    for (method, scopes, tool) in [
        ("POST", "read", Some("read")),
        ("POST", "none", Some("ping")),
        ("GET", "read", None),
        ("DELETE", "read", None),
    ] {
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let request =
                request(method).header(header::AUTHORIZATION, format!("{scheme} {scopes}"));
            let body = tool.map_or_else(Body::empty, call);
            let (status, seen) = pass(gate(), request.body(body).unwrap()).await;
            // The end of a session is 204, whatever the service behind the gate answers.
            let ended = method == "DELETE";
            let expected = if ended {
                StatusCode::NO_CONTENT
            } else {
                StatusCode::OK
            };
            assert_eq!(status, expected, "{method}");
            let (parts, _) = seen.expect("it is forwarded");
            assert!(
                !parts.headers.contains_key(header::AUTHORIZATION),
                "{method}"
            );
            assert_eq!(parts.headers["x-kept"], "kept");
            let text = format!("{:?}", parts.headers);
            assert!(!text.to_lowercase().contains("bearer"), "{text}");
        }
    }
}

#[tokio::test]
async fn a_forwarded_request_has_its_permit_and_its_exact_bytes() {
    let request = request("POST").header(header::AUTHORIZATION, "Bearer read");
    let (_, seen) = pass(gate(), request.body(call("read")).unwrap()).await;
    let (parts, body) = seen.expect("it is forwarded");
    let permit = parts.extensions.get::<Permit>().expect("a permit");
    assert_eq!(permit.target(), Some(Target::Tool(1)));
    let caller = permit.caller().expect("a caller");
    assert_eq!(caller.claims().subject(), Some("alice"));
    let sent = call("read").collect().await.unwrap().to_bytes();
    assert_eq!(body, sent);
}

#[tokio::test]
async fn a_permit_that_a_request_brings_is_ignored() {
    let gate = gate();
    let credentials = Credentials {
        scheme: Scheme::Bearer,
        token: BearerToken::new("read").unwrap(),
    };
    let caller = gate
        .authenticator
        .authenticate(
            &credentials,
            &http::Method::POST,
            &HeaderMap::new(),
            &mut VerificationPath::default(),
        )
        .await
        .unwrap();
    let caller = caller.sent_with(credentials);
    let operation = crate::operation::Operation::CallTool("read");
    let forged = match gate.rules.decide(operation, Some(caller)) {
        crate::authorization::Decision::Admit(permit) => permit,
        refused => panic!("{refused:?}"),
    };
    let mut request = request("POST").body(call("ping")).unwrap();
    request.extensions_mut().insert(forged);
    let (_, seen) = pass(gate, request).await;
    let (parts, _) = seen.expect("ping is public");
    let permit = parts.extensions.get::<Permit>().expect("a permit");
    assert_eq!(permit.target(), Some(Target::Tool(0)));
    assert!(permit.caller().is_none());
}

#[tokio::test]
async fn a_refused_request_never_reaches_the_service_behind() {
    let with = |name: &'static str, value: &'static str| {
        request("POST")
            .header(name, value)
            .body(call("read"))
            .unwrap()
    };
    let foreign = Request::post("/mcp").header(header::HOST, "evil.example");
    let foreign = foreign.header(header::AUTHORIZATION, "Bearer read");
    let page = request("POST")
        .header(header::AUTHORIZATION, "Bearer read")
        .header(header::ORIGIN, "https://evil.example");
    let lost = request("POST")
        .header(header::AUTHORIZATION, "Bearer read")
        .header("mcp-session-id", "1");
    for (request, refusal) in [
        (request("POST").body(call("read")).unwrap(), 401),
        (with("authorization", "Basic cmVhZDo="), 401),
        (with("authorization", "Bearer none"), 403),
        (foreign.body(call("read")).unwrap(), 403),
        (page.body(call("read")).unwrap(), 403),
        (lost.body(call("read")).unwrap(), 404),
        (request("PUT").body(call("ping")).unwrap(), 405),
        (request("POST").body(vec![b' '; 1025].into()).unwrap(), 413),
    ] {
        let (status, seen) = pass(gate(), request).await;
        assert_eq!(status.as_u16(), refusal);
        assert!(seen.is_none(), "{refusal}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_disconnects_leaves_no_uncounted_session() {
    let gate = Arc::new(gate());
    let behind = service_fn(async |_: Request<Body>| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let response = Response::builder().header("mcp-session-id", "opened");
        Ok::<_, Infallible>(response.body(Body::empty()).unwrap())
    });
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"}});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params});
    let request = request("POST").body(message.to_string().into()).unwrap();
    let answer = GateService::new(Arc::clone(&gate), behind).oneshot(request);
    let hung_up = tokio::time::timeout(Duration::from_millis(10), answer).await;
    assert!(hung_up.is_err());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(gate.sessions.enter("opened", None).is_ok());
}

mod costs;
mod execution_paths;
