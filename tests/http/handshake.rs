//! Which requests need a token, with protected items, public items or both.

use reqwest::Method;
use serde_json::{Value, json};
use support::{
    client::{Client, HttpResponse, Revision},
    resources_and_prompts,
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens::{ISSUER, UnsignedVerifier},
};
use toolgate::{Caller, Changes, Server, auth::AuthorizeError, gate::Visibility, mcp_tool, tools};

use crate::client;

/// The login scopes.
const BASELINE: &str = "desk:read";

/// Builds a tool server with public and protected tools, prompts and resources.
fn mixed(runs: &Runs) -> Server<Runs> {
    resources_and_prompts::add_all(tool_server::server(runs)).with_changes(&Changes::new())
}

async fn start(server: Server<Runs>) -> RunningServer {
    RunningServer::start(server, |config| config.with_issuer(ISSUER)).await
}

/// Asserts that a response is the 401 of the handshake: no `error`, the login scopes.
fn asks_for_the_login(answer: &HttpResponse, what: &str) {
    assert_eq!(answer.status, 401, "{what}: {answer:?}");
    let challenge = answer.challenge();
    let challenge = challenge.unwrap_or_else(|| panic!("{what}: no challenge in {answer:?}"));
    assert_eq!(challenge.get("error"), None, "{what}");
    assert_eq!(challenge.get("scope"), Some(BASELINE), "{what}");
}

/// Sends every request of the handshake, and returns the responses.
async fn handshake(client: &Client) -> Vec<(String, HttpResponse)> {
    let mut answers = vec![("initialize".to_owned(), client.clone().initialize().await)];
    for method in [
        "server/discover",
        "ping",
        "tools/list",
        "prompts/list",
        "resources/list",
        "resources/templates/list",
        "logging/setLevel",
    ] {
        let params = match method {
            "logging/setLevel" => json!({"level": "info"}),
            _ => json!({}),
        };
        answers.push((method.to_owned(), client.request(method, params).await));
    }
    let listen = json!({"notifications": {"resourceSubscriptions": ["desk://open"]}});
    let answer = client.request("subscriptions/listen", listen).await;
    answers.push(("subscriptions/listen".to_owned(), answer));
    let notice = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    answers.push(("a notification".to_owned(), client.send(&notice).await));
    for method in [Method::GET, Method::DELETE] {
        let request = client
            .plain(method.clone())
            .header("accept", "text/event-stream");
        answers.push((method.to_string(), head_of(request).await));
    }
    answers
}

/// Returns the response to a request that would otherwise get an endless stream.
async fn head_of(request: reqwest::RequestBuilder) -> HttpResponse {
    let response = request.send().await.expect("an answer");
    match response.status().as_u16() {
        200 => HttpResponse {
            status: 200,
            headers: Default::default(),
            text: String::new(),
        },
        _ => HttpResponse::of_response(response).await,
    }
}

#[tokio::test]
async fn one_protected_item_protects_the_handshake_where_others_are_public() {
    let runs = Runs::default();
    let running = start(mixed(&runs)).await;
    for revision in Revision::ALL {
        let anonymous = Client::new(running.resource(), revision);
        for (what, answer) in handshake(&anonymous).await {
            asks_for_the_login(&answer, &format!("{what} {revision:?}"));
        }
    }
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_public_item_runs_without_a_token_in_one_request() {
    let runs = Runs::default();
    let running = start(mixed(&runs)).await;
    let anonymous = Client::new(running.resource(), Revision::Stateless);
    assert_eq!(
        anonymous.call("ping", json!({})).await.tool_text(),
        "ping ran"
    );
    let read = json!({"uri": "desk://open"});
    let answer = anonymous.request("resources/read", read).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = anonymous
        .request("prompts/get", json!({"name": "open"}))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(runs.all(), ["ping", "open resource", "open prompt"]);
    // A protected item's challenge names its own scopes.
    let answer = anonymous.call("write", json!({})).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    let challenge = answer.challenge().expect("a challenge");
    assert_eq!(challenge.get("scope"), Some("desk:write"));
}

/// Returns each request for a public item, with its method.
fn requests_for_public_items() -> [(&'static str, Value); 5] {
    let reference = json!({"type": "ref/prompt", "name": "open"});
    let argument = json!({"name": "word", "value": "h"});
    [
        ("tools/call", json!({"name": "ping", "arguments": {}})),
        ("resources/read", json!({"uri": "desk://open"})),
        ("resources/subscribe", json!({"uri": "desk://open"})),
        ("prompts/get", json!({"name": "open"})),
        (
            "completion/complete",
            json!({"ref": reference, "argument": argument}),
        ),
    ]
}

/// Without a session, a client of these revisions can use nothing, and rmcp's own response
/// (400) would not make it log in.
#[tokio::test]
async fn a_session_revision_without_session_and_token_gets_a_401() {
    let runs = Runs::default();
    let running = start(mixed(&runs)).await;
    for revision in &Revision::ALL[1..] {
        let anonymous = Client::new(running.resource(), *revision);
        for (method, params) in requests_for_public_items() {
            let message = anonymous.message(method, params);
            let bare = || anonymous.post(&message).body(message.to_string());
            asks_for_the_login(&HttpResponse::of(bare()).await, method);
            let named = bare().header("mcp-protocol-version", revision.name());
            asks_for_the_login(&HttpResponse::of(named).await, method);
        }
        // Even with a token, the client needs its session.
        let member = client(&running, *revision, "").await;
        assert_eq!(member.call("ping", json!({})).await.tool_text(), "ping ran");
        let outside = member.without_session().call("ping", json!({})).await;
        assert_eq!(outside.status, 400, "{outside:?}");
    }
    assert_eq!(runs.all(), ["ping"; 3]);
}

#[tokio::test]
async fn without_sessions_a_public_item_runs_without_a_token_in_every_revision() {
    let runs = Runs::default();
    let running = start(mixed(&runs).without_sessions()).await;
    for revision in Revision::ALL {
        let anonymous = Client::new(running.resource(), revision);
        assert_eq!(
            anonymous.call("ping", json!({})).await.tool_text(),
            "ping ran"
        );
        let answer = anonymous
            .request("prompts/get", json!({"name": "open"}))
            .await;
        assert_eq!(answer.status, 200, "{revision:?} {answer:?}");
        asks_for_the_login(&anonymous.clone().initialize().await, "initialize");
        let answer = anonymous.request("tools/list", json!({})).await;
        asks_for_the_login(&answer, "tools/list");
    }
    assert_eq!(runs.all(), ["ping", "open prompt"].repeat(4));
}

/// Answers everybody.
#[mcp_tool(public)]
fn hello() -> &'static str {
    "hello"
}

#[tokio::test]
async fn a_server_whose_items_are_all_public_needs_no_token_anywhere() {
    let server = || Server::new("public").tools(tools![hello]).without_banner();
    for server in [server(), server().without_sessions()] {
        let running = RunningServer::start(server, |config| config).await;
        for revision in Revision::ALL {
            let mut anonymous = Client::new(running.resource(), revision);
            anonymous.open().await;
            let answer = anonymous.request("tools/list", json!({})).await;
            assert_eq!(answer.json()["result"]["tools"][0]["name"], "hello");
            assert_eq!(
                anonymous.call("hello", json!({})).await.tool_text(),
                "hello"
            );
            for (what, answer) in handshake(&anonymous).await {
                assert_ne!(answer.status, 401, "{what} {revision:?} {answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_open_handshake_lists_everything_and_refuses_at_the_call() {
    let runs = Runs::default();
    let running = start(mixed(&runs).with_open_handshake()).await;
    for revision in Revision::ALL {
        let mut anonymous = Client::new(running.resource(), revision);
        anonymous.open().await;
        let member = client(&running, revision, "desk:read").await;
        for (method, list) in [
            ("tools/list", "tools"),
            ("prompts/list", "prompts"),
            ("resources/list", "resources"),
            ("resources/templates/list", "resourceTemplates"),
        ] {
            let listed = |answer: HttpResponse| answer.json()["result"][list].clone();
            let shown = listed(anonymous.request(method, json!({})).await);
            assert_eq!(shown, listed(member.request(method, json!({})).await));
            assert!(shown.as_array().is_some_and(|all| !all.is_empty()));
        }
        let answer = anonymous.request("tools/list", json!({})).await.json();
        let tools = answer["result"]["tools"].as_array().expect("a list").iter();
        let write = tools.clone().find(|tool| tool["name"] == "write");
        let schemes = json!([{"type": "oauth2", "scopes": ["desk:write"]}]);
        assert_eq!(write.expect("it is shown")["securitySchemes"], schemes);
        assert_eq!(tools.count(), 9);

        assert_eq!(
            anonymous.call("ping", json!({})).await.tool_text(),
            "ping ran"
        );
        for (tool, scopes) in [("write", "desk:write"), ("rewrite", "desk:read desk:write")] {
            let answer = anonymous.call(tool, json!({})).await;
            assert_eq!(answer.status, 401, "{revision:?} {answer:?}");
            let challenge = answer.challenge().expect("a challenge");
            assert_eq!(challenge.get("error"), None);
            assert_eq!(challenge.get("scope"), Some(scopes));
        }
    }
    assert_eq!(runs.all(), ["ping"; 4]);
}

#[tokio::test]
async fn an_open_handshake_with_lists_by_grant_is_a_start_error() {
    let runs = Runs::default();
    let server = mixed(&runs)
        .with_open_handshake()
        .with_visibility(Visibility::Granted);
    let error = start(server).await.start_error().await.to_string();
    for part in ["`open_handshake`", "`Visibility::Granted`", "remove"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

fn may_read(_caller: Option<&Caller>, path: &str) -> Result<(), AuthorizeError> {
    match path {
        "secret" => Err(AuthorizeError::needs_scopes(["files:read"])),
        _ => Ok(()),
    }
}

/// Reads a file; some need a scope.
#[mcp_tool(public, authorize = may_read, authorize_scopes = ["files:read"])]
fn open_file(
    /// Which.
    path: String,
) -> String {
    path
}

/// A client that decides when it connects would never log in, and never read the secret.
#[tokio::test]
async fn a_public_tool_that_can_demand_a_scope_protects_the_handshake() {
    let server = Server::new("files")
        .tools(tools![open_file])
        .without_banner();
    let running = RunningServer::start(server.with_verifier(UnsignedVerifier), |config| {
        config.with_issuer(ISSUER)
    });
    let running = running.await;
    for revision in Revision::ALL {
        let answer = Client::new(running.resource(), revision).initialize().await;
        assert_eq!(answer.status, 401, "{revision:?} {answer:?}");
    }
    let anonymous = Client::new(running.resource(), Revision::Stateless);
    let answer = anonymous.call("open_file", json!({"path": "a"})).await;
    assert_eq!(answer.tool_text(), "a");
    let answer = anonymous.call("open_file", json!({"path": "secret"})).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    let challenge = answer.challenge().expect("a challenge");
    assert_eq!(challenge.get("scope"), Some("files:read"));
}
