//! Checks the check itself: a check that accepts everything would make the matrix worthless.

use serde_json::{Value, json};

use super::{ExpectedTranscript, Lifecycle, StepUpMode};
use crate::example_servers::EXAMPLES;

const STEPS: ExpectedTranscript = ExpectedTranscript {
    lifecycle: Lifecycle::Session,
    step_up: StepUpMode::Steps,
    example: EXAMPLES[0],
};

/// The record of a client that behaves correctly.
fn right() -> Vec<Value> {
    let needs = |scopes: &str| format!("Bearer error=\"insufficient_scope\", scope=\"{scopes}\"");
    let call = |tool: &str, status: u16, challenge: Option<String>| {
        json!({
            "method": "POST", "path": "/mcp", "status": status, "revision": "2025-11-25",
            "session": "s", "rpc": "tools/call", "tool": tool, "challenge": challenge,
        })
    };
    let token = json!({ "method": "POST", "path": "/development/token", "status": 200 });
    vec![
        json!({ "method": "POST", "path": "/mcp", "status": 401, "challenge": needs("everything:use") }),
        json!({ "method": "GET", "path": "/.well-known/oauth-protected-resource/mcp", "status": 200 }),
        json!({ "method": "POST", "path": "/development/register", "status": 201 }),
        json!({ "method": "POST", "path": "/development/authorize/decision", "status": 303 }),
        token.clone(),
        call("whoami", 200, None),
        call("write", 403, Some(needs("everything:use everything:write"))),
        token.clone(),
        call("write", 200, None),
        call(
            "erase",
            403,
            Some(needs("everything:erase everything:use everything:write")),
        ),
        token,
        call("erase", 200, None),
    ]
}

fn missing(expected: ExpectedTranscript, exchanges: &[Value]) -> Vec<String> {
    let lines: Vec<_> = exchanges.iter().map(ToString::to_string).collect();
    expected.missing(&lines.join("\n"))
}

#[test]
fn a_correct_transcript_has_nothing_missing() {
    assert_eq!(missing(STEPS, &right()), Vec::<String>::new());
}

#[test]
fn each_missing_step_is_reported() {
    for left_out in 0..right().len() {
        let mut exchanges = right();
        let what = exchanges.remove(left_out);
        assert!(!missing(STEPS, &exchanges).is_empty(), "{what}");
    }
    assert!(!missing(STEPS, &[]).is_empty());
}

#[test]
fn the_order_counts() {
    let mut exchanges = right();
    exchanges.swap(6, 8);
    assert!(!missing(STEPS, &exchanges).is_empty());
}

#[test]
fn a_challenge_that_names_too_little_or_too_much_is_missed() {
    for scopes in [
        "everything:write",
        "everything:use everything:write everything:erase",
    ] {
        let mut exchanges = right();
        exchanges[6]["challenge"] = json!(format!("Bearer scope=\"{scopes}\""));
        assert!(!missing(STEPS, &exchanges).is_empty(), "{scopes}");
    }
}

#[test]
fn another_lifecycle_than_the_expected_one_is_reported() {
    let stateless = ExpectedTranscript {
        lifecycle: Lifecycle::Stateless,
        ..STEPS
    };
    assert_eq!(missing(stateless, &right()).len(), 2);
    let mut exchanges = right();
    exchanges[11]["session"] = json!("another");
    assert_eq!(
        missing(STEPS, &exchanges),
        ["one session from the first call to the last"]
    );
    let anew = ExpectedTranscript {
        step_up: StepUpMode::StepsAnew,
        ..STEPS
    };
    assert_eq!(missing(anew, &exchanges), Vec::<String>::new());
    exchanges[11]["session"] = Value::Null;
    assert!(!missing(anew, &exchanges).is_empty());
}

#[test]
fn a_client_that_requests_all_scopes_is_never_refused() {
    let all = ExpectedTranscript {
        step_up: StepUpMode::AllAtLogin,
        ..STEPS
    };
    assert_eq!(
        missing(all, &right()),
        ["no 403, as it asked for everything before"]
    );
    let mut exchanges = right();
    exchanges.retain(|one| one["status"] != 403);
    assert_eq!(missing(all, &exchanges), Vec::<String>::new());
}

#[test]
fn an_invalid_record_is_reported() {
    assert_eq!(STEPS.missing("no json").len(), 1);
}
