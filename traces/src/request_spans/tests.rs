use super::*;
use crate::settings::TraceSettings;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn exporter() -> Arc<Exporter> {
    let get = |name: &str| match name {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("http://127.0.0.1:9"),
        // The task that sends does not run before the end of a test.
        "OTEL_BSP_SCHEDULE_DELAY" => Some("60000"),
        _ => None,
    };
    Exporter::start(&TraceSettings::read(get).unwrap().unwrap()).unwrap()
}

fn begin(traceparent: Option<&str>) -> RequestSpans {
    let head = RequestHead {
        method: "POST",
        path: "/mcp",
        traceparent,
        ..RequestHead::default()
    };
    RequestSpans::begin(exporter(), None, &head, Duration::from_secs(1_800_000_000))
}

fn call() -> RequestDecision<'static> {
    RequestDecision {
        method: Some("tools/call"),
        item: Some("read"),
        is_allowed: true,
        outcome: "admitted",
        runs: true,
        ..RequestDecision::default()
    }
}

#[tokio::test]
async fn the_item_is_a_child_of_the_server_and_upstream_of_the_item() {
    let spans = begin(Some(PARENT));
    let server = spans.state().context;
    assert_eq!(server.trace, SpanContext::parse(PARENT).unwrap().trace);
    spans.decide(&call());
    let item = spans.state().item.as_ref().unwrap().context;
    assert_eq!(spans.traceparent(), item.to_string());
    let upstream = spans.begin_upstream("https://login.example.com/token");
    assert_eq!(upstream.parent, item.span);
    spans.end_upstream(upstream, Some("unavailable"));
    spans.end_item("ran");
    spans.end_item("panic");
    let mut state = spans.state();
    let taken = state.take_spans([1, 2]);
    let names: Vec<_> = taken.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["tools/call read", "token_exchange", "item read"]);
    assert_eq!(taken[2].parent, Some(server.span));
    assert!(!taken[0].is_error && taken[1].is_error && !taken[2].is_error);
}

#[tokio::test]
async fn spans_are_sent_once_when_the_answer_and_the_run_have_ended() {
    let spans = begin(None);
    spans.decide(&call());
    spans.answer(Some(200));
    assert!(!spans.state().is_sent);
    spans.end_item("ran");
    assert!(spans.state().is_sent);
    spans.answer(Some(200));
    // Nothing is left to send.
    assert!(spans.state().children.is_empty());
}

#[tokio::test]
async fn the_head_takes_precedence_over_the_message() {
    let other = PARENT.replace("4bf9", "5bf9");
    let spans = begin(Some(PARENT));
    assert!(!spans.join(&other));
    let spans = begin(Some("nonsense"));
    let before = spans.traceparent();
    assert!(!spans.join("nonsense"));
    assert_eq!(spans.traceparent(), before);
    assert!(spans.join(&other));
    assert!(spans.traceparent().contains("5bf9"));
}

#[test]
fn only_registered_names_are_in_the_name_of_a_span() {
    let refused = RequestDecision {
        item: None,
        is_allowed: false,
        outcome: "invalid_token",
        reason: Some("token_expired"),
        ..call()
    };
    assert_eq!(refused.span_name().unwrap(), "tools/call");
    assert_eq!(refused.error(), Some("token_expired"));
    let read = RequestDecision {
        method: Some("resources/read"),
        item: Some("notes://{id}"),
        ..call()
    };
    assert_eq!(read.span_name().unwrap(), "resources/read");
    let unknown = RequestDecision {
        method: None,
        ..call()
    };
    assert_eq!(unknown.span_name(), None);
}
