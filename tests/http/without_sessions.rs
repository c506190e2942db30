//! A server without sessions: requests of every revision are independent.

use reqwest::Method;
use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens::{self, ISSUER, UnsignedVerifier},
};
use toolgate::{
    Changes, Context, Json, LogLevel, Reply, Round, Server, ToolError, interaction::Elicited,
    mcp_resource, mcp_tool, resources, tools,
};

use crate::{client, multi_round::Confirmation};

const SESSIONS: [Revision; 3] = [
    Revision::Session("2025-11-25"),
    Revision::Session("2025-06-18"),
    Revision::Session("2025-03-26"),
];

async fn start_without_sessions() -> (RunningServer, Runs) {
    let runs = Runs::default();
    let server = tool_server::server(&runs).without_sessions();
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    (running, runs)
}

#[tokio::test]
async fn requests_are_served_and_no_session_is_opened() {
    let (running, runs) = start_without_sessions().await;
    for revision in Revision::ALL {
        let mut alice = client(&running, revision, "desk:read").await;
        assert_eq!(alice.session(), None, "{revision:?}");
        let answer = alice.call("read", json!({})).await;
        assert_eq!(answer.tool_text(), "read ran", "{answer:?}");
        // The slow path, which reports progress and can be cancelled.
        let answer = alice.call("slow", json!({"millis": 1})).await;
        assert_eq!(answer.tool_text(), "slow ran", "{answer:?}");
        let answer = alice.request("tools/list", json!({})).await;
        let tools = answer.json()["result"]["tools"].clone();
        assert_eq!(tools.as_array().map(Vec::len), Some(9), "{answer:?}");
        assert!(tools[0].get("securitySchemes").is_some(), "{answer:?}");
        // The server knows nothing of other replicas, and needs to know nothing.
        alice.open().await;
        assert_eq!(runs.all(), ["read", "slow"]);
        runs.forget();
    }
}

#[tokio::test]
async fn a_call_that_names_no_revision_is_of_the_oldest() {
    let (running, _) = start_without_sessions().await;
    let claims = unsigned_tokens::claims(&running.resource(), "desk:read");
    let alice =
        Client::new(running.resource(), SESSIONS[2]).with_token(unsigned_tokens::token(&claims));
    let answer = alice.call("read", json!({})).await;
    assert_eq!(answer.tool_text(), "read ran", "{answer:?}");
}

#[tokio::test]
async fn the_response_follows_the_requested_revision() {
    let (running, _) = start_without_sessions().await;
    for revision in Revision::ALL {
        let alice = client(&running, revision, "desk:read").await;
        for tool in ["read", "slow"] {
            let answer = alice.call(tool, json!({"millis": 0})).await;
            let marks = answer.json()["result"].get("resultType").cloned();
            let expected = (revision == Revision::Stateless).then(|| json!("complete"));
            assert_eq!(marks, expected, "{revision:?} {tool} {answer:?}");
        }
    }
}

#[tokio::test]
async fn every_request_is_authorized_and_a_refused_one_runs_nothing() {
    let (running, runs) = start_without_sessions().await;
    for revision in SESSIONS {
        let alice = client(&running, revision, "desk:read").await;
        for (tool, scope) in [
            ("write", "desk:read desk:write"),
            ("rewrite", "desk:read desk:write"),
        ] {
            let answer = alice.call(tool, json!({})).await;
            assert_eq!(answer.status, 403, "{answer:?}");
            let challenge = answer.challenge().expect("a challenge");
            assert_eq!(challenge.get("error"), Some("insufficient_scope"));
            assert_eq!(challenge.get("scope"), Some(scope), "{answer:?}");
        }
        let anonymous = alice.clone().without_token();
        for tool in ["read", "slow", "write"] {
            let answer = anonymous.call(tool, json!({"millis": 0})).await;
            assert_eq!(answer.status, 401, "{answer:?}");
        }
        let answer = anonymous.call("ping", json!({})).await;
        assert_eq!(answer.tool_text(), "ping ran", "{answer:?}");
        let forged = alice.with_token("forged");
        assert_eq!(forged.call("ping", json!({})).await.status, 401);
        assert_eq!(runs.all(), ["ping"]);
        runs.forget();
    }
}

/// A session id from a replica that had sessions: the client repeats the handshake, as the
/// specification requires.
#[tokio::test]
async fn a_named_session_does_not_exist() {
    let (running, runs) = start_without_sessions().await;
    for revision in SESSIONS {
        let alice = client(&running, revision, "desk:read").await;
        let alice = alice.with_session("0b0c2d0a-6f5d-4f0e-9a55-0a0b0c0d0e0f");
        assert_eq!(alice.call("read", json!({})).await.status, 404);
        for method in [Method::GET, Method::DELETE] {
            let request = alice.plain(method).header("accept", "text/event-stream");
            assert_eq!(HttpResponse::of(request).await.status, 404);
        }
    }
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn there_is_no_stream_to_open_and_no_session_to_end() {
    let (running, _) = start_without_sessions().await;
    for revision in SESSIONS {
        let alice = client(&running, revision, "desk:read").await;
        for method in [Method::GET, Method::DELETE] {
            let request = alice.plain(method).header("accept", "text/event-stream");
            let answer = HttpResponse::of(request).await;
            assert_eq!(answer.status, 405, "{answer:?}");
            assert_eq!(answer.header("allow"), Some("POST"), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_server_with_sessions_refuses_calls_outside_of_one() {
    let (running, runs) = crate::start_tool_server().await;
    for revision in SESSIONS {
        let alice = client(&running, revision, "desk:read").await;
        let answer = alice.without_session().call("read", json!({})).await;
        assert!((400..500).contains(&answer.status), "{answer:?}");
    }
    assert_eq!(runs.all(), [""; 0]);
}

/// Asks its client.
#[mcp_tool(scope = "desk:read")]
fn ask(#[extract] round: Round<()>) -> Result<Reply<String>, ToolError> {
    Ok(match round.elicited::<Confirmation>("confirm")? {
        None => {
            let asked = round.ask(&());
            asked.form::<Confirmation>("confirm", "Go on?").into()
        }
        Some(answer) => {
            let is_sure = matches!(answer, Elicited::Accepted(Confirmation { sure: true }));
            Reply::Done(format!("sure: {is_sure}"))
        }
    })
}

/// Reports progress while it runs.
#[mcp_tool(scope = "desk:read")]
async fn tell(context: Context) -> String {
    context.log(LogLevel::Emergency, "a message").await;
    context.progress(1.0, Some(2.0), None).await;
    "told".to_owned()
}

/// A list, which is no object.
#[mcp_tool(scope = "desk:read")]
fn numbers() -> Json<Vec<u8>> {
    Json(vec![1, 2])
}

/// The same, on the slow path.
#[mcp_tool(scope = "desk:read")]
async fn counted(_context: Context) -> Json<Vec<u8>> {
    Json(vec![1, 2])
}

/// A note.
#[mcp_resource(uri = "desk://note", scope = "desk:read")]
fn note() -> String {
    "a note".to_owned()
}

async fn teller() -> RunningServer {
    let server = Server::new("teller")
        .tools(tools![ask, tell, numbers, counted])
        .resources(resources![note])
        .with_changes(&Changes::new())
        .without_sessions()
        .with_verifier(UnsignedVerifier)
        .without_banner();
    RunningServer::start(server, |config| config.with_issuer(ISSUER)).await
}

#[tokio::test]
async fn features_that_need_a_session_are_neither_announced_nor_available() {
    let running = teller().await;
    for revision in SESSIONS {
        let mut alice = client(&running, revision, "desk:read").await;
        let capabilities = alice.initialize().await.json()["result"]["capabilities"].clone();
        assert_eq!(
            capabilities,
            json!({"tools": {}, "resources": {}}),
            "{revision:?}"
        );
        for (method, params) in [
            ("resources/subscribe", json!({"uri": "desk://note"})),
            ("resources/unsubscribe", json!({"uri": "desk://note"})),
            ("logging/setLevel", json!({"level": "debug"})),
        ] {
            let answer = alice.request(method, params).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(answer.json()["error"]["code"], -32601, "{answer:?}");
        }
        let answer = alice.call("ask", json!({})).await;
        assert!(answer.is_tool_error(), "{answer:?}");
        let output = answer.tool_text();
        assert!(output.contains("neither its session"), "{answer:?}");
    }
    // The stateless revision loses nothing.
    let bob = client(&running, Revision::Stateless, "desk:read").await;
    let discovered = bob.request("server/discover", json!({})).await;
    let capabilities = discovered.json()["result"]["capabilities"].clone();
    assert_eq!(capabilities["resources"]["subscribe"], true);
    assert_eq!(capabilities["logging"], json!({}));
    let asked = bob.call("ask", json!({})).await.json();
    assert_eq!(asked["error"]["code"], -32021, "{asked}");
}

#[tokio::test]
async fn progress_comes_with_the_answer_to_its_call_and_no_log_message_does() {
    let running = teller().await;
    for revision in SESSIONS {
        let alice = client(&running, revision, "desk:read").await;
        let mut call = alice.message("tools/call", json!({"name": "tell", "arguments": {}}));
        call["params"]["_meta"] = json!({"progressToken": "p"});
        let answer = alice.send(&call).await;
        assert_eq!(answer.tool_text(), "told", "{answer:?}");
        assert!(answer.text.contains("notifications/progress"), "{answer:?}");
        assert!(!answer.text.contains("a message"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_result_that_is_no_object_is_the_same_on_both_paths() {
    let running = teller().await;
    for revision in SESSIONS {
        let alice = client(&running, revision, "desk:read").await;
        let short = alice.call("numbers", json!({})).await;
        let long = alice.call("counted", json!({})).await;
        assert_eq!(short.text, long.text);
        assert_eq!(short.tool_text(), "[1,2]");
        let result = &short.json()["result"];
        assert_eq!(result.get("structuredContent"), None, "{short:?}");
    }
}
