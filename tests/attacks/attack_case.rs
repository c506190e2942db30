//! One attack or rule, and its expected outcome.

use reqwest::RequestBuilder;
use serde_json::json;
use support::client::HttpResponse;

use crate::fixture::Fixture;

/// One row of a table.
pub(crate) struct Case {
    name: &'static str,
    /// The source of the rule, or of a known violation.
    rule: &'static str,
    attempt: Attempt,
    expected: Expected,
}

enum Attempt {
    Token(fn(&Fixture) -> String),
    Request(fn(&Fixture, RequestBuilder) -> RequestBuilder),
}

/// The server's response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Runs the tool.
    Runs,
    /// 401, `invalid_token`.
    Invalid,
    /// 401 without an error: no token was found.
    NoToken,
    /// 401; in the scheme `DPoP` with `invalid_dpop_proof`.
    NoProof,
    /// 400, `invalid_request`.
    BadRequest,
    /// 503 with `Retry-After` and no challenge.
    Unavailable,
}

/// Builds a case with a token that must be refused.
pub(crate) const fn refused(
    name: &'static str,
    rule: &'static str,
    token: fn(&Fixture) -> String,
) -> Case {
    let (attempt, expected) = (Attempt::Token(token), Expected::Invalid);
    Case {
        name,
        rule,
        attempt,
        expected,
    }
}

/// Builds a case with a token that must be accepted, so that a server that refuses everything
/// fails.
pub(crate) const fn accepted(
    name: &'static str,
    rule: &'static str,
    token: fn(&Fixture) -> String,
) -> Case {
    let (attempt, expected) = (Attempt::Token(token), Expected::Runs);
    Case {
        name,
        rule,
        attempt,
        expected,
    }
}

/// Builds a case that changes how a request carries its credentials.
pub(crate) const fn request(
    name: &'static str,
    rule: &'static str,
    expected: Expected,
    request: fn(&Fixture, RequestBuilder) -> RequestBuilder,
) -> Case {
    let attempt = Attempt::Request(request);
    Case {
        name,
        rule,
        attempt,
        expected,
    }
}

/// Sends each case of a table, and reports all that fail.
pub(crate) async fn run(fixture: &Fixture, table: &str, cases: &[Case]) {
    let mut names: Vec<_> = cases.iter().map(|case| case.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), cases.len(), "{table}: two cases have one name");

    let mut wrong = Vec::new();
    for case in cases {
        assert!(!case.rule.is_empty(), "{}: no rule", case.name);
        // The cache contains a valid token when the invalid one arrives.
        let known = fixture.client().with_token(fixture.good().build());
        assert_eq!(
            known.call("read", json!({})).await.status,
            200,
            "before: {}",
            case.name
        );
        let before = fixture.runs.all().len();
        let answer = case.send(fixture).await;
        let ran = fixture.runs.all().len() - before;
        let seen = seen(&answer, ran);
        if seen != Some(case.expected) {
            wrong.push(format!(
                "{} ({}): {:?} expected, and there was {} with {ran} runs: {}",
                case.name, case.rule, case.expected, answer.status, answer.text
            ));
        }
    }
    assert!(wrong.is_empty(), "{table}:\n{}", wrong.join("\n"));
    assert_eq!(
        fixture.asked_evil(),
        0,
        "{table}: the attacker's issuer was asked"
    );
    eprint_count(table, cases.len());
}

impl Case {
    async fn send(&self, fixture: &Fixture) -> HttpResponse {
        let client = fixture.client();
        match self.attempt {
            Attempt::Token(token) => {
                client
                    .with_token(token(fixture))
                    .call("read", json!({}))
                    .await
            }
            Attempt::Request(change) => {
                let message =
                    client.message("tools/call", json!({"name": "read", "arguments": {}}));
                let request = client.post(&message).body(message.to_string());
                HttpResponse::of(change(fixture, request)).await
            }
        }
    }
}

/// Classifies a response, or returns `None` if the contract does not allow it.
fn seen(answer: &HttpResponse, ran: usize) -> Option<Expected> {
    let challenge = answer.challenge();
    let error = challenge
        .as_ref()
        .and_then(|challenge| challenge.get("error"));
    let beside = answer.dpop_challenge();
    let unproved = beside.as_ref().and_then(|challenge| challenge.get("error"));
    // Many clients see only the first challenge, and know one scheme.
    if challenge
        .as_ref()
        .is_some_and(|first| first.scheme != "Bearer")
    {
        return None;
    }
    // Whatever was wrong, the response contains only a fixed sentence about it.
    let is_tidy = answer.text.len() < 512 && !answer.text.contains("eyJ");
    match (answer.status, error, ran) {
        (200, None, 1) => Some(Expected::Runs),
        (401, Some("invalid_token"), 0) if is_tidy => Some(Expected::Invalid),
        (401, None, 0) if unproved == Some("invalid_dpop_proof") && is_tidy => {
            Some(Expected::NoProof)
        }
        (401, None, 0) if challenge.is_some() && is_tidy => Some(Expected::NoToken),
        (400, Some("invalid_request"), 0) if is_tidy => Some(Expected::BadRequest),
        (503, None, 0) if challenge.is_none() && answer.header("retry-after").is_some() => {
            Some(Expected::Unavailable)
        }
        _ => None,
    }
}

#[expect(
    clippy::print_stderr,
    reason = "the count is what a reader of the run looks for"
)]
fn eprint_count(table: &str, count: usize) {
    eprintln!("{table}: {count} cases");
}
