//! An idle session is a record of a few kilobytes.

use std::time::Duration;

use axum::{Router, body::Body};
use http::{Request, StatusCode, request::Builder};
use serde_json::{Value, json};
use tokio::{runtime, time::sleep};
use toolgate::{Config, Environment, Server, issuer::Issuer, mcp_tool, tools};
use toolgate_benches::Desk;
use tower::ServiceExt;

/// The most bytes that an idle session of a typical client holds.
const MOST: i64 = 8 * 1024;

/// The sessions whose bytes are counted: as many as one caller can have beside the first ones.
const SESSIONS: i64 = 32;

/// The server releases the service of a session two seconds after its last request, and looks for
/// such sessions every two seconds.
const RELEASED: Duration = Duration::from_secs(6);

/// Answers.
#[mcp_tool(scope = "desk:000")]
fn answer() -> &'static str {
    "done"
}

fn post(token: &str) -> Builder {
    Request::post("/mcp")
        .header("host", "mcp.example")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("authorization", format!("Bearer {token}"))
}

async fn send(router: &Router, request: Builder, body: &Value) -> http::Response<Body> {
    let request = request.body(Body::from(body.to_string()));
    let request = request.expect("it is a request");
    router.clone().oneshot(request).await.expect("it answers")
}

/// Opens a session as the SDKs do, and calls a tool in it.
async fn open(router: &Router, token: &str) {
    let initialize = json!({
        "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {"roots": {"listChanged": true}, "sampling": {}, "elicitation": {}},
            "clientInfo": {"name": "a-typical-client", "title": "A typical client", "version": "1.0.0"},
        },
    });
    let opened = send(router, post(token), &initialize).await;
    assert_eq!(opened.status(), StatusCode::OK);
    let id = opened.headers()["mcp-session-id"].clone();
    read(opened).await;
    let in_session = || {
        post(token)
            .header("mcp-session-id", &id)
            .header("mcp-protocol-version", "2025-11-25")
    };
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let accepted = send(router, in_session(), &initialized).await;
    assert_eq!(accepted.status(), StatusCode::ACCEPTED);
    let call = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "answer", "arguments": {}},
    });
    let called = send(router, in_session(), &call).await;
    assert_eq!(called.status(), StatusCode::OK);
    assert!(read(called).await.contains("done"));
}

async fn read(response: http::Response<Body>) -> String {
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await;
    String::from_utf8(body.expect("it ends").into()).expect("it is text")
}

#[test]
fn an_idle_session_holds_at_most_eight_kibibytes() {
    let desk = Desk::new(1, 1);
    let (tokens, jwks) = desk.tokens();
    let issuer = Issuer::new("https://as.example").with_jwks(jwks);
    let variables = [("TOOLGATE_RESOURCE", "https://mcp.example/mcp")];
    let config = Config::from_environment(&Environment::from_iter(variables), 443);
    let config = config.expect("it is valid").with_issuer(issuer);
    // All tasks run on the thread whose bytes are counted. The clock of tokio is paused, so timers
    // do not wait.
    let mut runtime = runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let server = Server::new("desk").without_banner().tools(tools![answer]);
    let router = runtime.block_on(async { server.into_router(config) });
    let router = router.expect("it starts");
    let open = |sessions: i64| {
        runtime.block_on(async {
            for _ in 0..sessions {
                open(&router, &tokens[0]).await;
            }
            sleep(RELEASED).await;
        });
    };
    // What the server allocates once.
    open(16);
    let counted = allocation_counter::measure(|| open(SESSIONS));
    let each = counted.bytes_current / SESSIONS;
    assert!((500..=MOST).contains(&each), "{each} bytes");
}
