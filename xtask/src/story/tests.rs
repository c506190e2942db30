//! Checks the story itself: a check that accepts everything would make the matrix worthless.

use serde_json::{Value, json};

use super::{Growth, Life, Story};
use crate::example::EXAMPLES;

const STEPS: Story = Story {
    life: Life::Session,
    growth: Growth::Steps,
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

fn missing(story: Story, said: &[Value]) -> Vec<String> {
    let lines: Vec<_> = said.iter().map(ToString::to_string).collect();
    story.missing(&lines.join("\n"))
}

#[test]
fn a_client_that_does_everything_right_has_nothing_missing() {
    assert_eq!(missing(STEPS, &right()), Vec::<String>::new());
}

#[test]
fn whatever_did_not_happen_is_missed() {
    for left_out in 0..right().len() {
        let mut said = right();
        let what = said.remove(left_out);
        assert!(!missing(STEPS, &said).is_empty(), "{what}");
    }
    assert!(!missing(STEPS, &[]).is_empty());
}

#[test]
fn the_order_counts() {
    let mut said = right();
    said.swap(6, 8);
    assert!(!missing(STEPS, &said).is_empty());
}

#[test]
fn a_challenge_that_names_too_little_or_too_much_is_missed() {
    for scopes in [
        "everything:write",
        "everything:use everything:write everything:erase",
    ] {
        let mut said = right();
        said[6]["challenge"] = json!(format!("Bearer scope=\"{scopes}\""));
        assert!(!missing(STEPS, &said).is_empty(), "{scopes}");
    }
}

#[test]
fn another_life_than_the_one_that_was_asked_for_is_told() {
    let stateless = Story {
        life: Life::Stateless,
        ..STEPS
    };
    assert_eq!(missing(stateless, &right()).len(), 2);
    let mut said = right();
    said[11]["session"] = json!("another");
    assert_eq!(
        missing(STEPS, &said),
        ["one session from the first call to the last"]
    );
    let anew = Story {
        growth: Growth::StepsAnew,
        ..STEPS
    };
    assert_eq!(missing(anew, &said), Vec::<String>::new());
    said[11]["session"] = Value::Null;
    assert!(!missing(anew, &said).is_empty());
}

#[test]
fn a_client_that_asks_for_everything_is_never_refused() {
    let all = Story {
        growth: Growth::AllAtOnce,
        ..STEPS
    };
    assert_eq!(
        missing(all, &right()),
        ["no 403, as it asked for everything before"]
    );
    let mut said = right();
    said.retain(|one| one["status"] != 403);
    assert_eq!(missing(all, &said), Vec::<String>::new());
}

#[test]
fn what_is_no_wire_is_told() {
    assert_eq!(STEPS.missing("no json").len(), 1);
}
