//! Real requests to engines on loopback: answers, faults, Rego, and the examples of the
//! specification.

mod engine;
mod faults;
mod rego;

use std::time::Duration;

use engine::{Engine, Reply};
use serde_json::{Value, json};
use toolgate::{
    auth::{Actor, Claims, UnixTime},
    policy::{AuthZen, Effect, PolicyDecisionPoint, PolicyKind, PolicyRequest, PolicyResource},
};

const NOW: UnixTime = UnixTime::from_seconds(1_700_000_000);

fn alice() -> Claims {
    Claims::new("https://as.example", NOW.plus(60))
        .with_subject("alice")
        .with_client_id("agent-app")
        .with_role("editor")
        .with_actor(Actor::new("planner"))
}

fn call<'r>(claims: Option<&'r Claims>, tool: &'r str) -> PolicyRequest<'r> {
    let resource = PolicyResource::new(PolicyKind::Tool, tool);
    PolicyRequest::new("tools/call", resource, NOW).with_claims(claims)
}

#[tokio::test]
async fn each_field_is_where_the_mapping_says() {
    let engine = Engine::start(|_| Reply::json(&json!({"decision": true}))).await;
    let point = engine.point();
    let claims = alice();
    let arguments = json!({"id": 7});
    let arguments = [("id", &arguments["id"])];
    let resource = PolicyResource::new(PolicyKind::Resource, "notes://7");
    let resource = resource
        .with_item("notes://{id}")
        .with_arguments(&arguments);
    let request = PolicyRequest::new("resources/read", resource, NOW)
        .with_claims(Some(&claims))
        .with_session(Some("s1"));
    let decision = point.decide(&request).await.expect("a decision");
    assert_eq!(decision.effect(), Effect::Allow);
    let asked = engine.asked();
    assert_eq!(asked.path, "/access/v1/evaluation");
    assert_eq!(
        asked.authorization.as_deref(),
        Some("Bearer of-this-server")
    );
    assert_eq!(
        asked.body,
        json!({
            "subject": {
                "type": "identity",
                "id": "alice",
                "properties": {
                    "issuer": "https://as.example",
                    "client_id": "agent-app",
                    "roles": ["editor"],
                    "actors": [{"subject": "planner", "issuer": "https://as.example"}],
                },
            },
            "action": {"name": "resources/read"},
            "resource": {
                "type": "resource",
                "id": "notes://7",
                "properties": {"item": "notes://{id}", "arguments": {"id": 7}},
            },
            "context": {"agent": "agent-app", "time": "2023-11-14T22:13:20Z", "session": "s1"},
        })
    );
    point.decide(&call(None, "ping")).await.expect("a decision");
    let anonymous = json!({"type": "anonymous", "id": "anonymous"});
    assert_eq!(engine.asked().body["subject"], anonymous);
}

#[tokio::test]
async fn a_list_is_one_request_and_the_decisions_keep_their_order() {
    let engine = Engine::start(|asked| {
        let each = asked.body["evaluations"]
            .as_array()
            .expect("evaluations")
            .iter();
        let each = each.map(|one| json!({"decision": one["resource"]["id"] != "b"}));
        Reply::json(&json!({"evaluations": each.collect::<Vec<_>>()}))
    })
    .await;
    let claims = alice();
    let requests = ["a", "b", "c"].map(|tool| call(Some(&claims), tool).for_list());
    let decisions = engine
        .point()
        .decide_all(&requests)
        .await
        .expect("decisions");
    let effects: Vec<_> = decisions.iter().map(|one| one.effect()).collect();
    assert_eq!(effects, [Effect::Allow, Effect::Deny, Effect::Allow]);
    let asked = engine.asked();
    assert_eq!(asked.path, "/access/v1/evaluations");
    assert_eq!(asked.body["subject"]["id"], "alice");
    assert_eq!(asked.body["options"]["evaluations_semantic"], "execute_all");
    let first = &asked.body["evaluations"][0];
    assert_eq!(
        first["action"],
        json!({"name": "tools/call", "properties": {"list": true}})
    );
    assert!(first.get("subject").is_none(), "{first}");
    assert_eq!(engine.count(), 1);
}

#[tokio::test]
async fn an_allow_is_asked_again_unless_the_author_opts_in_and_a_deny_always() {
    let replies = |asked: &engine::Asked| {
        let denied = asked.body["resource"]["id"] == "denied";
        Reply::json(&json!({"decision": !denied}))
    };
    let (alice, bob) = (alice(), alice().with_subject("bob"));
    let engine = Engine::start(replies).await;
    let point = engine.point();
    for _ in 0..2 {
        point
            .decide(&call(Some(&alice), "a"))
            .await
            .expect("a decision");
    }
    assert_eq!(engine.count(), 2, "nothing is cached");

    let engine = Engine::start(replies).await;
    let point = engine.point().with_cached_allows(Duration::from_secs(5));
    for _ in 0..3 {
        point
            .decide(&call(Some(&alice), "a"))
            .await
            .expect("a decision");
    }
    assert_eq!(engine.count(), 1, "an allow is used again");
    point
        .decide(&call(Some(&bob), "a"))
        .await
        .expect("a decision");
    assert_eq!(engine.count(), 2, "another caller shares no allow");
    for _ in 0..2 {
        let denied = point.decide(&call(Some(&alice), "denied")).await;
        assert_eq!(denied.expect("a decision").effect(), Effect::Deny);
    }
    assert_eq!(engine.count(), 4, "a deny is never used again");
}

#[test]
fn what_cannot_work_is_reported_at_the_start() {
    let point = AuthZen::new("http://pdp.example", "/nonexistent/token");
    let point = point.with_cached_allows(Duration::from_secs(6));
    let errors = point.start(&[]).expect_err("errors");
    let text: String = errors.iter().map(|error| format!("{error}\n")).collect();
    for part in [
        "neither https nor http on loopback",
        "credentials file \"/nonexistent/token\" cannot be read",
        "more than five seconds",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let inside = |point: AuthZen| point.start(&[]).expect_err("no file").len();
    let private = || AuthZen::new("https://10.1.2.3/", "/nonexistent/token");
    assert!(inside(private()) > inside(private().with_private_address()));
    let metadata = AuthZen::new("https://169.254.169.254/", "/nonexistent/token");
    assert!(inside(metadata.with_private_address()) > 1);
}

/// The examples of decisions and of batches in the specification (Authorization API 1.0 §5.5, §7.2).
#[tokio::test]
async fn the_examples_of_the_specification_are_read_as_it_says() {
    let examples = [
        (json!({"decision": true}), true, &[][..]),
        (
            json!({"decision": false, "context": {
                "reason_admin": {"403": "Request failed policy C076E82F"},
                "reason_user": {"403": "Insufficient privileges. Contact your administrator"},
            }}),
            false,
            &["Request failed policy C076E82F"][..],
        ),
        (
            json!({"decision": false, "context": {
                "metadata": {"response_time": 60, "response_time_unit": "ms"},
                "environment": {"ip": "10.10.0.1", "datetime": "2025-06-27T18:03-07:00"},
            }}),
            false,
            &[][..],
        ),
        (
            json!({"decision": false, "context": {
                "acr_values": "urn:com:example:loa:3", "amr_values": "mfa hwk",
            }}),
            false,
            &[][..],
        ),
    ];
    for (example, allows, reasons) in examples {
        let reply = example.clone();
        let engine = Engine::start(move |_| Reply::json(&reply)).await;
        let decision = engine
            .point()
            .decide(&call(None, "a"))
            .await
            .expect("a decision");
        assert_eq!(decision.effect() == Effect::Allow, allows, "{example}");
        assert!(decision.reasons().eq(reasons.iter().copied()), "{example}");
    }
    let batches: [(Value, [bool; 3]); 2] = [
        (
            json!({"evaluations": [
                {"decision": true},
                {"decision": false, "context": {"reason": "resource not found"}},
                {"decision": false, "context": {"reason": "Subject is a viewer of the resource"}},
            ]}),
            [true, false, false],
        ),
        (
            json!({"evaluations": [
                {"decision": true},
                {"decision": false, "context": {"error": {"status": 404, "message": "Resource not found"}}},
                {"decision": true},
            ]}),
            [true, false, true],
        ),
    ];
    for (example, allows) in batches {
        let reply = example.clone();
        let engine = Engine::start(move |_| Reply::json(&reply)).await;
        let requests = ["1", "2", "3"].map(|name| call(None, name));
        let decisions = engine
            .point()
            .decide_all(&requests)
            .await
            .expect("decisions");
        let effects: Vec<_> = decisions
            .iter()
            .map(|one| one.effect() == Effect::Allow)
            .collect();
        assert_eq!(effects, allows, "{example}");
    }
}
