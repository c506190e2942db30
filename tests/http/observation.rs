//! One event for each decision, and exactly one for the end of each permitted run, in every
//! execution path.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    observed::{Event, Observed},
    running_server::RunningServer,
    tool_server::Runs,
    unsigned_tokens::{self, ISSUER, UnsignedVerifier},
};
use toolgate::{
    __private::RunOutcome, Caller, Context, Server, State, ToolError, auth::AuthorizeError,
    mcp_prompt, mcp_resource, mcp_tool, prompts, resources, tools,
};

use crate::{
    handler_gate,
    multi_round::sessions::{begin_call, reply},
};

const BOTH: [Revision; 2] = [Revision::Stateless, Revision::Session("2025-11-25")];

/// Does what its argument says.
async fn behave(how: &str) -> Result<String, ToolError> {
    match how {
        "panic" => panic!("requested by the argument"),
        "fail" => Err(ToolError::new("requested by the argument")),
        "deny" => Err(AuthorizeError::denied("requested by the argument"))?,
        "wait" => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok("waited".to_owned())
        }
        _ => Ok("ran".to_owned()),
    }
}

/// Takes the fast path.
#[mcp_tool(scope = "desk:read")]
async fn fast(how: String, State(runs): State<Runs>) -> Result<String, ToolError> {
    runs.note("fast");
    behave(&how).await
}

/// Takes rmcp's execution path.
#[mcp_tool(scope = "desk:read")]
async fn slow(
    how: String,
    _context: Context,
    State(runs): State<Runs>,
) -> Result<String, ToolError> {
    runs.note("slow");
    behave(&how).await
}

/// Is validated before it runs.
#[mcp_tool(scope = "desk:read", authorize = permit)]
async fn checked(how: String, State(runs): State<Runs>) -> Result<String, ToolError> {
    runs.note("checked");
    behave(&how).await
}

fn permit(_: &Caller, how: &str, _: &State<Runs>) -> Result<(), AuthorizeError> {
    match how {
        "forbidden" => Err(AuthorizeError::denied("not this")),
        _ => Ok(()),
    }
}

/// Confirms.
#[mcp_tool(scope = "desk:read", confirm = "Do it?")]
async fn confirmed(State(runs): State<Runs>) -> String {
    runs.note("confirmed")
}

/// A page.
#[mcp_resource(uri = "desk://page/{how}", scope = "desk:read")]
async fn page(how: String) -> Result<String, ToolError> {
    behave(&how).await
}

/// A question.
#[mcp_prompt(scope = "desk:read")]
async fn question(how: String) -> Result<String, ToolError> {
    behave(&how).await
}

async fn start(observed: &Arc<Observed>) -> (RunningServer, Runs) {
    let runs = Runs::default();
    let server = Server::with_state("desk", runs.clone())
        .tools(tools![fast, slow, checked, confirmed])
        .resources(resources![page])
        .prompts(prompts![question])
        .with_verifier(UnsignedVerifier)
        .with_observer(observed.clone());
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    (running, runs)
}

async fn client(running: &RunningServer, revision: Revision) -> Client {
    crate::client(running, revision, "desk:read").await
}

#[tokio::test]
async fn every_run_of_every_execution_path_ends_exactly_once() {
    let observed = Observed::new();
    let (running, _) = start(&observed).await;
    for revision in BOTH {
        let client = client(&running, revision).await;
        observed.take();
        for tool in ["fast", "slow", "checked"] {
            for (arguments, outcome) in [
                (json!({"how": "run"}), RunOutcome::Ran),
                (json!({"how": "fail"}), RunOutcome::ToolError),
                (json!({"how": "panic"}), RunOutcome::Panic),
                (json!({"how": "deny"}), RunOutcome::LateDenial),
                (json!({"how": 7}), RunOutcome::SchemaRefusal),
                (json!({}), RunOutcome::SchemaRefusal),
                (json!({"how": "run", "more": 1}), RunOutcome::SchemaRefusal),
            ] {
                client.call(tool, arguments.clone()).await;
                let outcomes = observed.outcomes().await;
                assert_eq!(outcomes, [outcome], "{revision:?} {tool} {arguments}");
            }
        }
        for (how, outcome) in [
            ("run", RunOutcome::Ran),
            ("fail", RunOutcome::ToolError),
            ("panic", RunOutcome::Panic),
        ] {
            let uri = format!("desk://page/{how}");
            client.request("resources/read", json!({"uri": uri})).await;
            assert_eq!(
                observed.outcomes().await,
                [outcome],
                "{revision:?} page {how}"
            );
            let get = json!({"name": "question", "arguments": {"how": how}});
            client.request("prompts/get", get).await;
            assert_eq!(
                observed.outcomes().await,
                [outcome],
                "{revision:?} question {how}"
            );
        }
    }
}

#[tokio::test]
async fn a_client_that_disconnects_leaves_a_cancelled_run() {
    let observed = Observed::new();
    let (running, runs) = start(&observed).await;
    for tool in ["fast", "checked"] {
        let client = client(&running, Revision::Stateless).await;
        observed.take();
        runs.forget();
        let call = client.call(tool, json!({"how": "wait"}));
        let abandoned = tokio::time::timeout(Duration::from_millis(400), call).await;
        assert!(abandoned.is_err(), "{tool}");
        assert_eq!(runs.all(), [tool]);
        assert_eq!(observed.outcomes().await, [RunOutcome::Cancelled], "{tool}");
    }
}

#[tokio::test]
async fn a_client_that_cancels_in_its_session_leaves_a_cancelled_run() {
    let observed = Observed::new();
    let (running, _) = start(&observed).await;
    let client = client(&running, Revision::Session("2025-11-25")).await;
    observed.take();
    let other = client.clone();
    let call = tokio::spawn(async move { other.call("fast", json!({"how": "wait"})).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let cancel =
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}});
    assert_eq!(client.send(&cancel).await.status, 202);
    assert_eq!(observed.outcomes().await, [RunOutcome::Cancelled]);
    call.abort();
}

#[tokio::test]
async fn a_run_of_several_rounds_in_a_session_ends_once() {
    let observed = Observed::new();
    let (running, runs) = start(&observed).await;
    let mut client = client(&running, Revision::Session("2025-11-25")).await;
    client.open_to_be_asked().await;
    observed.take();
    let begin = async |client: &Client| {
        let params = json!({"name": "confirmed", "arguments": {}});
        begin_call(client, params, "Do it?").await
    };
    let (id, stream) = begin(&client).await;
    reply(
        &client,
        id,
        json!({"action": "accept", "content": {"confirm": true}}),
    )
    .await;
    HttpResponse::of_response(stream).await;
    assert_eq!(runs.all(), ["confirmed"]);
    assert_eq!(observed.outcomes().await, [RunOutcome::Ran]);
    let (id, stream) = begin(&client).await;
    reply(&client, id, json!({"action": "decline"})).await;
    HttpResponse::of_response(stream).await;
    assert_eq!(observed.outcomes().await, [RunOutcome::LateDenial]);
    // The session loses the scope while the client asks its user.
    let (id, stream) = begin(&client).await;
    let claims = unsigned_tokens::claims(&running.resource(), "");
    let less = client.clone().with_token(unsigned_tokens::token(&claims));
    reply(
        &less,
        id,
        json!({"action": "accept", "content": {"confirm": true}}),
    )
    .await;
    HttpResponse::of_response(stream).await;
    assert_eq!(observed.outcomes().await, [RunOutcome::LateDenial]);
    // The client cancels the call while it asks its user.
    let (_id, _stream) = begin(&client).await;
    let cancel =
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}});
    assert_eq!(client.send(&cancel).await.status, 202);
    assert_eq!(observed.outcomes().await, [RunOutcome::Cancelled]);
    assert_eq!(runs.all(), ["confirmed"]);
}

#[tokio::test]
async fn a_denied_or_unknown_operation_has_a_decision_and_no_run() {
    let observed = Observed::new();
    let (running, runs) = start(&observed).await;
    for revision in BOTH {
        let stranger = crate::client(&running, revision, "").await;
        let client = client(&running, revision).await;
        observed.take();
        runs.forget();
        stranger.call("fast", json!({"how": "run"})).await;
        client.call("nothing", json!({})).await;
        client.call("checked", json!({"how": "forbidden"})).await;
        client.request("tools/list", json!({})).await;
        client.request("made/up", json!({})).await;
        let events = observed.take();
        let seen: Vec<_> = events
            .iter()
            .map(|event| match event {
                Event::Decision {
                    method,
                    item,
                    is_allowed,
                    reason,
                    runs,
                    missing,
                    ..
                } => (
                    &**method,
                    item.as_deref(),
                    *is_allowed,
                    *reason,
                    *runs,
                    missing.len(),
                ),
                Event::Outcome { .. } => panic!("nothing has run: {event:?}"),
            })
            .collect();
        assert_eq!(
            seen,
            [
                (
                    "tools/call",
                    Some("fast"),
                    false,
                    Some("missing_scope"),
                    false,
                    1
                ),
                ("tools/call", Some("nothing"), true, None, false, 0),
                (
                    "tools/call",
                    Some("checked"),
                    false,
                    Some("denied_by_item"),
                    false,
                    0
                ),
                ("tools/list", None, true, None, false, 0),
                ("made/up", None, false, None, false, 0),
            ],
            "{revision:?}"
        );
        assert_eq!(runs.all(), [""; 0]);
    }
}

#[tokio::test]
async fn an_operation_that_cannot_be_recorded_does_not_run() {
    let observed = Observed::new();
    let (running, runs) = start(&observed).await;
    let mut clients = Vec::new();
    for revision in BOTH {
        clients.push(client(&running, revision).await);
    }
    observed.fail();
    observed.take();
    for client in clients {
        for tool in ["fast", "slow", "checked", "confirmed"] {
            let answer = client.call(tool, json!({"how": "run"})).await;
            assert_eq!(answer.status, 503, "{answer:?}");
            assert!(answer.header("retry-after").is_some());
            assert_eq!(answer.challenge(), None);
            assert_eq!(answer.json()["reason"], "audit_unavailable");
        }
        let answer = client.request("tools/list", json!({})).await;
        assert_eq!(answer.status, 503, "{answer:?}");
    }
    assert_eq!(runs.all(), [""; 0]);
    let is_denial = |event: &Event| {
        matches!(
            event,
            Event::Decision {
                is_allowed: false,
                reason: Some("audit_unavailable"),
                ..
            }
        )
    };
    let events = observed.take();
    assert_eq!(events.len(), 10, "{events:?}");
    assert!(events.iter().all(is_denial), "{events:?}");
}

#[tokio::test]
async fn a_handler_behind_a_gate_reports_each_run() {
    let observed = Observed::new();
    let builder = handler_gate::builder().with_observer(observed.clone());
    let mounted = handler_gate::Mounted::gated(builder).await;
    for revision in BOTH {
        let client = mounted.client(revision, "ledger:read").await;
        observed.take();
        let complete = json!({
            "ref": {"type": "ref/prompt", "name": "sum"},
            "argument": {"name": "a", "value": ""},
        });
        for (method, params) in [
            ("tools/call", json!({"name": "read", "arguments": {}})),
            ("prompts/get", json!({"name": "sum"})),
            ("resources/read", json!({"uri": "ledger://open"})),
            ("completion/complete", complete),
        ] {
            let answer = client.request(method, params).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(observed.outcomes().await, [RunOutcome::Ran], "{method}");
        }
        client.call("write", json!({})).await;
        client.call("audit", json!({})).await;
        assert_eq!(observed.outcomes().await, []);
    }
}

#[tokio::test]
async fn a_request_that_the_protocol_refuses_after_the_decision_did_not_run() {
    let observed = Observed::new();
    let (running, runs) = start(&observed).await;
    let client = client(&running, Revision::Stateless).await;
    observed.take();
    // rmcp compares this header with the message, after the gate has decided.
    let message = client.message(
        "tools/call",
        json!({"name": "slow", "arguments": {"how": "run"}}),
    );
    let request = client.clone().plain(reqwest::Method::POST);
    let request = request
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-method", "tools/call")
        .header("mcp-name", "another");
    let answer = HttpResponse::of(request.body(message.to_string())).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(runs.all(), [""; 0]);
    assert_eq!(observed.outcomes().await, [RunOutcome::NotRun]);
}
