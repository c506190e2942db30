//! `authorize` in front of a handler that is written with rmcp.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use support::{
    client::Revision,
    rmcp_handler::RmcpHandler,
    unsigned_tokens::{ISSUER, UnsignedVerifier},
};
use toolgate::{
    Config, Scope, access,
    auth::AuthorizeError,
    gate::{HandlerCall, HandlerGate, HandlerGateBuilder},
};

use crate::handler_gate::Mounted;

const ADMIN: Scope = Scope::new("ledger:admin");

const BOTH: [Revision; 2] = [Revision::Session("2025-11-25"), Revision::Stateless];

/// Decides by the argument `page`, which is a variable of the resource, too.
async fn may_turn(call: HandlerCall) -> Result<(), AuthorizeError> {
    tokio::task::yield_now().await;
    let subject = call.caller().and_then(|caller| caller.subject());
    assert_eq!(subject, Some("alice"));
    decide(&call, "page")
}

fn decide(call: &HandlerCall, argument: &str) -> Result<(), AuthorizeError> {
    match &*call.argument::<String>(argument)? {
        "1" => Ok(()),
        "2" => Err(AuthorizeError::needs_scopes([ADMIN])),
        "3" => panic!("as the test asks"),
        _ => Err(AuthorizeError::denied("this page is another's")),
    }
}

fn builder() -> HandlerGateBuilder {
    let read = access!(scope = "ledger:read").authorize_scopes(&[ADMIN]);
    HandlerGate::builder("ledger")
        .without_banner()
        .tool("read", read)
        .tool("write", access!(scope = "ledger:read"))
        .tool("ping", access!(public))
        .tool("audit", access!(refused))
        .prompt("sum", read)
        .prompt("review", access!(refused))
        .resource("ledger://closed", access!(refused))
        .resource("ledger://open", access!(authenticated))
        .resource(RmcpHandler::TEMPLATE, read)
        .with_verifier(UnsignedVerifier)
}

fn requests(page: &str) -> [(&'static str, Value); 3] {
    let arguments = json!({ "page": page });
    [
        (
            "tools/call",
            json!({"name": "read", "arguments": arguments}),
        ),
        (
            "prompts/get",
            json!({"name": "sum", "arguments": arguments}),
        ),
        (
            "resources/read",
            json!({"uri": format!("ledger://page/{page}")}),
        ),
    ]
}

#[tokio::test]
async fn the_items_of_a_handler_are_authorized_by_their_functions() {
    let by_number = |call: HandlerCall| async move { decide(&call, "number") };
    let mounted = Mounted::gated(
        builder()
            .authorize_tool("read", may_turn)
            .authorize_prompt("sum", |call: HandlerCall| decide(&call, "page"))
            .authorize_resource(RmcpHandler::TEMPLATE, by_number),
    )
    .await;
    for revision in BOTH {
        let alice = mounted.client(revision, "ledger:read").await;
        for (page, needs_scope) in [("2", true), ("3", false), ("4", false)] {
            for (method, params) in requests(page) {
                let answer = alice.request(method, params).await;
                assert_eq!(answer.status, 403, "{revision:?} {method} {answer:?}");
                assert_eq!(answer.challenge().is_some(), needs_scope, "{answer:?}");
            }
        }
        let unnamed = alice.call("read", json!({})).await;
        assert_eq!(unnamed.status, 403, "{unnamed:?}");
        assert_eq!(mounted.runs.all(), [""; 0], "{revision:?}");
        for (method, params) in requests("1") {
            let answer = alice.request(method, params).await;
            assert_eq!(answer.status, 200, "{revision:?} {method} {answer:?}");
            assert!(answer.json()["result"].is_object(), "{answer:?}");
        }
        assert_eq!(mounted.runs.all().len(), 3, "{revision:?}");
        // An item without a function is not asked about.
        assert_eq!(alice.call("write", json!({})).await.status, 200);
        mounted.runs.forget();
    }
}

#[tokio::test]
async fn a_subscription_to_an_item_of_a_handler_is_authorized_like_a_read() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let mounted = Mounted::gated(builder().authorize_resource(
        RmcpHandler::TEMPLATE,
        move |call: HandlerCall| {
            log.lock()
                .expect("not poisoned")
                .push(call.requested().to_owned());
            decide(&call, "number")
        },
    ))
    .await;
    let session = mounted.client(BOTH[0], "ledger:read").await;
    let params = json!({"uri": "ledger://page/4"});
    let answer = session.request("resources/subscribe", params).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    let stateless = mounted.client(BOTH[1], "ledger:read").await;
    let uris = ["ledger://open", "ledger://page/1", "ledger://page/4"];
    let params = json!({"notifications": {"resourceSubscriptions": uris}});
    let answer = stateless.request("subscriptions/listen", params).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    let asked = asked.lock().expect("not poisoned").clone();
    assert_eq!(
        asked,
        ["ledger://page/4", "ledger://page/1", "ledger://page/4"]
    );
}

#[tokio::test]
async fn functions_of_items_that_are_not_offered_are_errors_at_the_start() {
    let may = |_: HandlerCall| Ok::<(), AuthorizeError>(());
    let built = builder()
        .authorize_tool("raed", may)
        .authorize_tool("audit", may)
        .authorize_tool("read", may)
        .authorize_tool("read", may)
        .authorize_resource("ledger://none", may)
        .build(
            Config::new("http://127.0.0.1:1/mcp").with_issuer(ISSUER),
            RmcpHandler::default(),
        )
        .await;
    let error = built.err().expect("an error").to_string();
    for part in ["`raed`", "`audit`", "twice for `read`", "`ledger://none`"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}
