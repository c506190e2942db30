use std::{
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use rmcp::model::ContentBlock;

use super::*;

#[derive(Clone, Default)]
struct Runs(Arc<AtomicUsize>);

/// Counts its runs.
#[mcp_tool(public)]
fn counted(State(runs): State<Runs>) -> &'static str {
    runs.0.fetch_add(1, Ordering::SeqCst);
    "ran"
}

/// Counts its runs, for some.
#[mcp_tool(scope = "write")]
fn guarded(State(runs): State<Runs>, n: u8) -> u8 {
    runs.0.fetch_add(1, Ordering::SeqCst);
    n
}

#[derive(Debug)]
struct Upstream;

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the feed is out of reach")
    }
}

impl std::error::Error for Upstream {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        static CAUSE: Cause = Cause;
        Some(&CAUSE)
    }
}

#[derive(Debug)]
struct Cause;

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GET https://upstream.example/query?apikey=hunter2 timed out")
    }
}

impl std::error::Error for Cause {}

/// Fails.
#[mcp_tool(public)]
async fn fails() -> Result<String, Upstream> {
    Err(Upstream)
}

/// Fails with a question mark.
#[mcp_tool(public)]
fn questions(text: String) -> Result<i32, ToolError> {
    Ok(text.parse::<i32>()?)
}

/// Fails in a box.
#[mcp_tool(public)]
fn boxed() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Err("in a box".into())
}

/// Panics.
#[mcp_tool(public)]
async fn panics(late: bool) -> String {
    if late {
        tokio::task::yield_now().await;
    }
    panic!("hunter2")
}

/// Gives content of rmcp's own.
#[mcp_tool(public)]
fn content() -> Vec<ContentBlock> {
    vec![
        ContentBlock::text("a"),
        ContentBlock::image("AA==", "image/png"),
    ]
}

fn all() -> Desk<Runs> {
    desk(
        Runs::default(),
        tools![counted, guarded, fails, questions, boxed, panics, content],
    )
}

fn runs(desk: &Desk<Runs>) -> usize {
    desk.state.0.load(Ordering::SeqCst)
}

#[tokio::test]
async fn an_admission_for_another_tool_runs_nothing() {
    let desk = all();
    let public = desk.permit("counted", None);
    let call = Call::new(
        desk.state.clone(),
        json!({"n": 1}).as_object().unwrap().clone(),
        None,
        None,
    );
    let refused = result(desk.tool("guarded").call(&public, "guarded", call).await);
    assert_eq!(refused.is_error, Some(true));

    let Decision::Admit(listing) = desk.rules.decide(Operation::ListTools, Some(desk.alice()))
    else {
        panic!("listing is open")
    };
    let call = Call::new(desk.state.clone(), Map::new(), None, None);
    let refused = result(desk.tool("counted").call(&listing, "counted", call).await);
    assert_eq!(refused.is_error, Some(true));
    assert_eq!(runs(&desk), 0);
}

#[tokio::test]
async fn arguments_that_break_the_schema_run_nothing() {
    let desk = all();
    desk.error("guarded", json!({"n": 256})).await;
    desk.error("guarded", json!({})).await;
    desk.error("counted", json!({"n": 1})).await;
    assert_eq!(runs(&desk), 0);
    assert_eq!(desk.text("guarded", json!({"n": 255})).await, "255");
    assert_eq!(runs(&desk), 1);
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_runs_nothing() {
    let desk = all();
    let permit = desk.permit("counted", None);
    let call = Call::new(desk.state.clone(), Map::new(), None, None);
    drop(desk.tool("counted").call(&permit, "counted", call));
    assert_eq!(runs(&desk), 0);
}

#[tokio::test]
async fn an_error_is_reported_to_the_caller_by_its_own_text_alone() {
    let desk = all();
    assert_eq!(
        desk.error("fails", json!({})).await,
        "the feed is out of reach"
    );
    assert_eq!(
        desk.error("questions", json!({"text": "x"})).await,
        "invalid digit found in string"
    );
    assert_eq!(desk.text("questions", json!({"text": "7"})).await, "7");
    assert_eq!(desk.error("boxed", json!({})).await, "in a box");
}

#[tokio::test]
async fn a_panic_is_a_tool_error_that_says_nothing_of_its_text() {
    let desk = all();
    for late in [false, true] {
        let told = desk.error("panics", json!({"late": late})).await;
        assert!(
            told.contains("failed unexpectedly") && !told.contains("hunter2"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn content_is_taken_as_it_is() {
    let result = all().call("content", json!({})).await;
    assert_eq!(result.content.len(), 2);
    assert_eq!(text(&result), "a");
}

#[test]
fn tools_stay_functions() {
    assert_eq!(guarded(State(Runs::default()), 3), 3);
}

/// What is logged, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl tracing::Subscriber for Log {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        struct Fields<'l>(&'l mut String);
        impl tracing::field::Visit for Fields<'_> {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn fmt::Debug) {
                self.0.push_str(&format!("{field}={value:?} "));
            }
        }
        event.record(&mut Fields(&mut self.0.lock().unwrap()));
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test(flavor = "current_thread")]
async fn the_log_has_the_causes_and_no_address() {
    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.clone());
    all().error("fails", json!({})).await;
    drop(guard);
    let logged = log.0.lock().unwrap().clone();
    assert!(
        logged.contains("tool=\"fails\"") && logged.contains("timed out"),
        "{logged}"
    );
    assert!(
        !logged.contains("hunter2") && !logged.contains("upstream.example"),
        "{logged}"
    );
}
