use std::{
    collections::HashMap,
    io::Cursor,
    sync::{Mutex, PoisonError},
};

use serde_json::json;

use super::*;
use crate::{
    denial::DenialReason,
    mcp_tool,
    observer::{DecisionEvent, NotRecordedError, Observer, OutcomeEvent, RunOutcome},
    policy::{Effect, PolicyDecision, PolicyDecisionPoint, PolicyError, PolicyRequest},
    tool::ToolError,
    tools,
};

/// Does what its argument says.
#[mcp_tool(scope = "desk:use")]
fn behave(how: String) -> Result<String, ToolError> {
    match &*how {
        "fail" => Err(ToolError::new("the argument is `fail`")),
        _ => Ok(how),
    }
}

/// Needs a scope that the caller does not have.
#[mcp_tool(scope = "desk:other")]
fn other() -> &'static str {
    "never"
}

#[derive(Default)]
struct Events {
    decisions: Mutex<Vec<(String, bool, bool)>>,
    outcomes: Mutex<HashMap<u64, Vec<RunOutcome>>>,
}

impl Observer for Events {
    fn decided(&self, decision: &DecisionEvent<'_>) -> Result<(), NotRecordedError> {
        assert_eq!(decision.issuer, Some("local"));
        assert_eq!(decision.ids.request().len(), 32);
        let item = decision.item.unwrap_or(decision.method).to_owned();
        let decisions = self.decisions.lock();
        let mut decisions = decisions.unwrap_or_else(PoisonError::into_inner);
        decisions.push((item, decision.is_allowed, decision.runs));
        Ok(())
    }

    fn ended(&self, end: &OutcomeEvent<'_>) {
        let outcomes = self.outcomes.lock();
        let mut outcomes = outcomes.unwrap_or_else(PoisonError::into_inner);
        outcomes.entry(end.id).or_default().push(end.outcome);
    }
}

/// Lines, and their end 700 ms later: a request that still runs then ends with the connection.
struct Lines(Cursor<Vec<u8>>);

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        if read == 0 {
            std::thread::sleep(Duration::from_millis(700));
        }
        Ok(read)
    }
}

/// The messages with which a client begins.
fn handshake() -> Vec<serde_json::Value> {
    vec![
        json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        }}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
    ]
}

/// Serves a caller with the scope of the tools until the input ends.
async fn serve_input(server: Server<()>, input: impl Read + Send + 'static) {
    let caller = LocalCaller::named("test").with_scopes(["desk:use"]);
    let never = std::future::pending().boxed();
    let served = serve(server.bound(), caller, input, io::sink(), never).await;
    served.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_run_on_standard_input_is_reported_once() {
    let events = Arc::new(Events::default());
    let server = Server::new("desk")
        .tools(tools![behave, other])
        .without_banner()
        .with_observer(Arc::clone(&events) as _);
    let mut lines = handshake();
    for (id, name, arguments) in [
        (1, "behave", json!({"how": "run"})),
        (2, "behave", json!({"how": "fail"})),
        (3, "behave", json!({"how": 3})),
        (4, "other", json!({})),
        (5, "unknown", json!({})),
    ] {
        let params = json!({"name": name, "arguments": arguments});
        lines.push(json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}));
    }
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    serve_input(server, Lines(Cursor::new(text.into_bytes()))).await;
    let decisions = events.decisions.lock().unwrap();
    let calls: Vec<_> = decisions.iter().skip(2).cloned().collect();
    assert_eq!(
        calls,
        [
            ("behave".to_owned(), true, true),
            ("behave".to_owned(), true, true),
            ("behave".to_owned(), true, true),
            ("other".to_owned(), false, false),
            ("unknown".to_owned(), true, false),
        ]
    );
    let mut outcomes: Vec<_> = events.outcomes.lock().unwrap().drain().collect();
    outcomes.sort_by_key(|(id, _)| *id);
    let outcomes: Vec<_> = outcomes.into_iter().map(|(_, ends)| ends).collect();
    let expected = [
        RunOutcome::Ran,
        RunOutcome::ToolError,
        RunOutcome::SchemaRefusal,
    ];
    assert_eq!(outcomes, expected.map(|outcome| vec![outcome]));
}

/// Keeps the request ids of the decisions.
#[derive(Default)]
struct RequestIds(Mutex<Vec<String>>);

impl Observer for RequestIds {
    fn decided(&self, decision: &DecisionEvent<'_>) -> Result<(), NotRecordedError> {
        let ids = self.0.lock();
        let mut ids = ids.unwrap_or_else(PoisonError::into_inner);
        ids.push(decision.ids.request().to_owned());
        Ok(())
    }

    fn ended(&self, _: &OutcomeEvent<'_>) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_too_long_is_reported_with_a_request_id() {
    let ids = Arc::new(RequestIds::default());
    let server = Server::new("desk")
        .tools(tools![behave])
        .without_banner()
        .with_observer(Arc::clone(&ids) as _);
    let input = Cursor::new(["a".repeat(5 << 20), "\n".to_owned()].concat().into_bytes());
    serve_input(server, input).await;
    let ids = ids.0.lock().unwrap();
    let lengths: Vec<_> = ids.iter().map(String::len).collect();
    assert_eq!(lengths, [32]);
}

/// Keeps the reasons of the refusals of calls.
#[derive(Default)]
struct Reasons(Mutex<Vec<Option<DenialReason>>>);

impl Observer for Reasons {
    fn decided(&self, decision: &DecisionEvent<'_>) -> Result<(), NotRecordedError> {
        if decision.method == "tools/call" {
            let reasons = self.0.lock();
            let mut reasons = reasons.unwrap_or_else(PoisonError::into_inner);
            reasons.push(decision.reason);
        }
        Ok(())
    }

    fn ended(&self, _: &OutcomeEvent<'_>) {}
}

/// Decides by the argument that the author has opted in.
struct ByArgument;

impl PolicyDecisionPoint for ByArgument {
    async fn decide(&self, request: &PolicyRequest<'_>) -> Result<PolicyDecision, PolicyError> {
        let how = request.resource().arguments().first().map(|(_, how)| *how);
        match how.and_then(|how| how.as_str()) {
            Some("denied") => Ok(PolicyDecision::new(Effect::Deny)),
            Some("down") => Err(PolicyError::unavailable("as the test says")),
            Some("garbage") => Err(PolicyError::failed("as the test says")),
            Some("panic") => std::panic::resume_unwind(Box::new("as the test says")),
            _ => Ok(PolicyDecision::new(Effect::Allow)),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_point_decides_on_standard_input_and_its_faults_refuse() {
    let reasons = Arc::new(Reasons::default());
    let server = Server::new("desk")
        .tools(tools![behave])
        .without_banner()
        .with_decision_point(ByArgument)
        .with_policy_arguments("behave", ["how"])
        .with_observer(Arc::clone(&reasons) as _);
    let mut lines = handshake();
    let ways = ["run", "denied", "down", "garbage", "panic"];
    for (id, how) in ways.into_iter().enumerate() {
        let params = json!({"name": "behave", "arguments": {"how": how}});
        lines.push(
            json!({"jsonrpc": "2.0", "id": id + 1, "method": "tools/call", "params": params}),
        );
    }
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    serve_input(server, Lines(Cursor::new(text.into_bytes()))).await;
    assert_eq!(
        *reasons.0.lock().unwrap(),
        [
            None,
            Some(DenialReason::DeniedByPolicy),
            Some(DenialReason::PolicyUnavailable),
            Some(DenialReason::PolicyFailed),
            Some(DenialReason::PolicyFailed),
        ]
    );
}
