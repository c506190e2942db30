//! Every fault denies: there is an error, and no decision.

use serde_json::json;
use toolgate::policy::{PolicyDecisionPoint, PolicyError};

use super::{
    call,
    engine::{Engine, Reply},
};

/// Returns the error of one question, and of a batch of two.
async fn errors(engine: &Engine, url: &str) -> [PolicyError; 2] {
    let point = engine.point_at(url);
    let one = point.decide(&call(None, "a")).await;
    let both = point.decide_all(&[call(None, "a"), call(None, "b")]).await;
    [
        one.expect_err("no decision"),
        both.expect_err("no decision"),
    ]
}

#[tokio::test]
async fn each_fault_denies_and_only_what_may_pass_is_asked_again() {
    let redirect = "HTTP/1.1 307 Any\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n";
    let huge = format!(
        "{{\"decision\": true, \"context\": {{\"a\": \"{}\"}}}}",
        "a".repeat(600_000)
    );
    let json = "application/json";
    for (name, reply, is_passing) in [
        ("garbage", Reply::with(200, json, "permit").0, false),
        ("text", Reply::with(200, json, r#"{"decision": "true"}"#).0, false),
        ("a wrong type", Reply::with(200, json, r#"{"decision": 1}"#).0, false),
        ("unknown", Reply::with(200, json, r#"{"decision": "maybe"}"#).0, false),
        ("both", Reply::with(200, json, r#"{"decision": false, "decision": true}"#).0, false),
        ("no JSON", Reply::with(200, "text/html", r#"{"decision": true}"#).0, false),
        ("created", Reply::with(201, json, r#"{"decision": true}"#).0, false),
        ("a redirect", redirect.as_bytes().to_vec(), false),
        ("huge", Reply::with(200, json, &huge).0, false),
        ("wrong credentials", Reply::with(401, json, r#"{"decision": true}"#).0, false),
        ("no such path", Reply::with(404, json, r#"{"decision": true}"#).0, false),
        ("too many", Reply::with(429, json, r#"{"decision": true}"#).0, true),
        ("an error", Reply::with(500, json, r#"{"decision": true}"#).0, true),
        ("overload", Reply::with(503, json, r#"{"decision": true}"#).0, true),
        ("no HTTP", b"220 mail.example\r\n".to_vec(), true),
        ("a broken answer", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{\"decision\": true}".to_vec(), true),
        ("nothing", Vec::new(), true),
    ] {
        let engine = Engine::start(move |_| Reply(reply.clone())).await;
        for error in errors(&engine, engine.url()).await {
            assert_eq!(error.retry_after().is_some(), is_passing, "{name}: {error}");
        }
        assert_eq!(engine.count(), 2, "{name}: no redirect is followed, and nothing is repeated");
    }
}

#[tokio::test]
async fn an_engine_that_is_down_or_may_not_be_asked_denies() {
    let engine = Engine::start(|_| Reply::json(&json!({"decision": true}))).await;
    for (url, is_passing) in [
        ("http://127.0.0.1:1", true),
        ("https://127.0.0.1:1", true),
        ("http://pdp.example", false),
        ("https://10.0.0.1", false),
        ("https://169.254.169.254", false),
        ("https://user:pw@pdp.example", false),
        ("file:///etc/passwd", false),
        ("no URL", false),
    ] {
        for error in errors(&engine, url).await {
            assert_eq!(error.retry_after().is_some(), is_passing, "{url}: {error}");
        }
    }
    assert_eq!(engine.count(), 0);
}

#[tokio::test]
async fn a_batch_with_another_number_of_decisions_denies() {
    for answers in [0, 1, 3] {
        let each = vec![json!({"decision": true}); answers];
        let reply = json!({"decision": true, "evaluations": each});
        let engine = Engine::start(move |_| Reply::json(&reply)).await;
        let both = [call(None, "a"), call(None, "b")];
        let error = engine
            .point()
            .decide_all(&both)
            .await
            .expect_err("no decision");
        assert_eq!(error.retry_after(), None, "{answers}: {error}");
    }
}
