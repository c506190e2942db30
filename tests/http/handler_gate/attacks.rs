//! Attempts to bypass a gate in front of an rmcp handler.

use serde_json::{Value, json};
use support::{
    client::{Client, Revision},
    rmcp_handler::RmcpHandler,
    unsigned_tokens::{self, UnsignedVerifier},
};
use toolgate::{access, gate::HandlerGate};

use super::{BOTH, Mounted, builder, is_error, names, service};

/// An undeclared item: the handler has it, but a valid token alone does not open it.
#[tokio::test]
async fn undeclared_items_are_denied_to_every_token() {
    let mounted = Mounted::gated(builder()).await;
    for revision in BOTH {
        let alice = mounted.client(revision, "ledger:read ledger:write").await;
        for (method, params) in [
            ("tools/call", json!({"name": "audit"})),
            ("tools/call", json!({"name": "Read"})),
            ("prompts/get", json!({"name": "review"})),
            ("resources/read", json!({"uri": "ledger://closed"})),
            ("resources/read", json!({"uri": "ledger://other"})),
            ("resources/read", json!({"uri": "ledger://page/1/2"})),
            ("resources/read", json!({"uri": "ledger://page/%2e%2e"})),
            ("logging/setLevel", json!({"level": "debug"})),
            ("tasks/list", json!({})),
            ("made/up", json!({})),
        ] {
            let answer = alice.request(method, params.clone()).await;
            assert!(is_error(&answer), "{method} {params}: {answer:?}");
        }
        let answer = alice.clone().initialize().await.json();
        let capabilities = &answer["result"]["capabilities"];
        assert!(capabilities.get("tools").is_some(), "{answer}");
        assert!(capabilities.get("logging").is_none(), "{answer}");
    }
    assert_eq!(mounted.runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_denied_resource_is_not_opened_by_a_wider_template() {
    let wide = HandlerGate::builder("ledger")
        .resource("ledger://closed", access!(refused))
        .resource("ledger://{name}", access!(public))
        .with_verifier(UnsignedVerifier);
    let ledger = RmcpHandler::default();
    let mounted = Mounted::at(&ledger.runs.clone(), |config| async {
        let gate = wide.build_unseen(config).expect("a gate");
        gate.router(service(&gate, ledger))
    })
    .await;
    let alice = mounted.client(Revision::Stateless, "").await;
    for (name, is_closed) in [("other", false), ("closed", true), ("clos%65d", true)] {
        let uri = json!({"uri": format!("ledger://{name}")});
        let answer = alice.request("resources/read", uri).await;
        assert_eq!(is_error(&answer), is_closed, "{name}: {answer:?}");
    }
}

/// If nothing is protected no login is needed, and a token opens nothing more.
#[tokio::test]
async fn an_open_gate_opens_only_declared_items() {
    let open = HandlerGate::builder("ledger").tool("ping", access!(public));
    let ledger = RmcpHandler::default();
    let mounted = Mounted::at(&ledger.runs.clone(), |config| async {
        let gate = open.with_verifier(UnsignedVerifier).build_unseen(config);
        let gate = gate.expect("a gate");
        gate.router(service(&gate, ledger))
    })
    .await;
    for revision in BOTH {
        let mut anonymous = Client::new(&mounted.resource, revision);
        anonymous.open().await;
        let listed = names(&anonymous, "tools/list", "tools", "name").await;
        assert_eq!(listed, ["ping"]);
        for (method, params) in [
            ("tools/call", json!({"name": "read"})),
            ("prompts/get", json!({"name": "sum"})),
            ("prompts/list", json!({})),
            ("resources/read", json!({"uri": "ledger://open"})),
            ("resources/list", json!({})),
        ] {
            let answer = anonymous.request(method, params).await;
            assert!(is_error(&answer), "{method}: {answer:?}");
        }
    }
    assert_eq!(mounted.runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_listener_is_notified_only_of_declared_items() {
    let mounted = Mounted::gated(builder()).await;
    let alice = mounted.client(Revision::Stateless, "ledger:read").await;
    let uris = json!(["ledger://open", "ledger://closed", "ledger://other"]);
    let message = alice.message(
        "subscriptions/listen",
        json!({"notifications": {"resourceSubscriptions": uris}}),
    );
    let mut stream = alice
        .post(&message)
        .body(message.to_string())
        .send()
        .await
        .expect("an answer");
    assert_eq!(stream.status(), 200);
    let mut output = String::new();
    while !output.contains("ledger://open") {
        let chunk = stream.chunk().await.expect("a chunk").expect("a message");
        output.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert!(!output.contains("ledger://closed"), "{output}");
    assert!(!output.contains("ledger://other"), "{output}");
}

/// Every message that a handler could respond to, for a handler that is mounted without its
/// layer.
fn messages(client: &Client) -> Vec<Value> {
    let initialize = json!({
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    });
    [
        ("initialize", initialize),
        ("server/discover", json!({})),
        ("ping", json!({})),
        ("tools/list", json!({})),
        ("tools/call", json!({"name": "ping"})),
        ("prompts/list", json!({})),
        ("prompts/get", json!({"name": "sum"})),
        ("resources/list", json!({})),
        ("resources/templates/list", json!({})),
        ("resources/read", json!({"uri": "ledger://open"})),
        ("resources/subscribe", json!({"uri": "ledger://open"})),
        ("logging/setLevel", json!({"level": "debug"})),
    ]
    .map(|(method, params)| client.message(method, params))
    .into()
}

async fn answers_nothing(mounted: &Mounted) {
    for revision in BOTH {
        let token =
            unsigned_tokens::token(&unsigned_tokens::claims(&mounted.resource, "ledger:read"));
        let client = Client::new(&mounted.resource, revision).with_token(token);
        for message in messages(&client) {
            let answer = client.send(&message).await;
            assert!(
                answer.status >= 400 || answer.json().get("error").is_some(),
                "{message}: {answer:?}"
            );
            for secret in ["ledger://", "\"read\"", "counter", "\"sum\""] {
                assert!(!answer.text.contains(secret), "{message}: {answer:?}");
            }
        }
    }
    assert_eq!(mounted.runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_guarded_handler_without_its_layer_refuses_everything() {
    let ledger = RmcpHandler::default();
    let mounted = Mounted::at(&ledger.runs.clone(), |config| async {
        let gate = builder().build(config, ledger.clone()).await;
        let gate = gate.expect("a gate");
        axum::Router::new().route_service("/mcp", service(&gate, ledger))
    })
    .await;
    answers_nothing(&mounted).await;
}

/// The scope bits of one gate mean other scopes in another gate.
#[tokio::test]
async fn a_handler_behind_another_gate_refuses_everything() {
    let ledger = RmcpHandler::default();
    let mounted = Mounted::at(&ledger.runs.clone(), |config| async {
        let ours = builder().build(config.clone(), ledger.clone()).await;
        let others = builder().build(config, ledger.clone()).await;
        let (ours, others) = (ours.expect("a gate"), others.expect("a gate"));
        others.router(service(&ours, ledger))
    })
    .await;
    answers_nothing(&mounted).await;
}

#[tokio::test]
async fn an_authorization_of_one_request_opens_no_other_in_its_session() {
    let mounted = Mounted::gated(builder()).await;
    let session = Revision::Session("2025-11-25");
    let writer = mounted.client(session, "ledger:read ledger:write").await;
    assert!(!is_error(&writer.call("write", json!({})).await));
    let reader = unsigned_tokens::token(&unsigned_tokens::claims(&mounted.resource, "ledger:read"));
    let answer = writer
        .clone()
        .with_token(reader)
        .call("write", json!({}))
        .await;
    assert_eq!(answer.status, 403, "{answer:?}");
    let mut mallory = unsigned_tokens::claims(&mounted.resource, "ledger:read ledger:write");
    mallory["sub"] = "mallory".into();
    let mallory = writer.with_token(unsigned_tokens::token(&mallory));
    assert_eq!(mallory.call("write", json!({})).await.status, 404);
    assert_eq!(mounted.runs.all(), ["write"]);
}
