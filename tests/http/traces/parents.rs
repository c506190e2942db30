//! The trace of the client, and the ids in the records.

use support::unsigned_tokens;
use toolgate::Context;

use super::*;
use crate::request_ids::call_in_trace;

/// Calls a tool with a `traceparent` in the header and in the message.
async fn call_in(client: &Client, tool: &str, header: Option<&str>, in_meta: Option<&str>) {
    let answer = call_in_trace(client, tool, header, in_meta).await;
    assert!(answer.status < 500, "{answer:?}");
}

#[tokio::test]
async fn the_span_is_a_child_of_the_client_in_the_header_or_in_the_message() {
    let other = SAMPLED.replace("4bf9", "5bf9");
    for (header, in_meta) in [
        (Some(SAMPLED), None),
        (None, Some(SAMPLED)),
        (Some(SAMPLED), Some(&*other)),
        (Some("00-nonsense"), Some(SAMPLED)),
    ] {
        // `read` takes the fast path, `ping` needs no token.
        for tool in ["read", "ping"] {
            let (running, collector) = start().await;
            let client = client(&running, Revision::Stateless, "desk:read").await;
            call_in(&client, tool, header, in_meta).await;
            let spans = collector.trace_of(&format!("tools/call {tool}")).await;
            let server = named(&spans, &format!("tools/call {tool}"));
            assert_eq!((&*server.trace, &*server.parent), (TRACE, PARENT));
            // The verification ended before the message was read.
            assert_eq!(named(&spans, "verify").parent, server.id);
            assert_eq!(named(&spans, &format!("item {tool}")).parent, server.id);
        }
    }
}

#[tokio::test]
async fn a_hostile_parent_starts_a_trace_of_its_own() {
    let (running, collector) = start().await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    let oversized = format!("cc{}-{}", &SAMPLED[2..], "x".repeat(2000));
    for hostile in [
        "00-nonsense",
        "' OR 1=1",
        &oversized,
        &SAMPLED.to_uppercase(),
    ] {
        call_in(&client, "read", Some(hostile), Some(hostile)).await;
    }
    let message = client.message("tools/call", json!({"name": "read", "arguments": {}}));
    let twice = client.post(&message).header("traceparent", SAMPLED);
    let twice = twice.header("traceparent", SAMPLED);
    HttpResponse::of(twice.body(message.to_string())).await;
    client.call("ping", json!({})).await;
    collector.trace_of("tools/call ping").await;
    let spans = collector.spans();
    let reads: Vec<_> = spans
        .iter()
        .filter(|span| span.name == "tools/call read")
        .collect();
    assert_eq!(reads.len(), 5, "{spans:#?}");
    assert!(
        reads
            .iter()
            .all(|read| read.parent.is_empty() && read.trace != TRACE)
    );
    let text = format!("{spans:?}");
    assert!(!text.contains("1=1") && !text.contains("xxxx"), "{text}");
}

#[tokio::test]
async fn a_client_that_does_not_record_is_not_recorded() {
    let (running, collector) = start().await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    let unsampled = SAMPLED.replace("-01", "-00");
    call_in(&client, "read", Some(&unsampled), None).await;
    call_in(&client, "read", None, Some(&unsampled)).await;
    client.call("ping", json!({})).await;
    collector.trace_of("tools/call ping").await;
    let has_read = |span: &collector::Received| span.name.ends_with("read");
    assert!(!collector.spans().iter().any(has_read));
}

#[tokio::test]
async fn the_records_have_the_trace_that_is_exported() {
    let observed = Observed::new();
    let collector = Collector::start().await;
    let server = tool_server::server(&Runs::default()).with_observer(Arc::clone(&observed) as _);
    let running = serve(server, &collector.endpoint, &[]).await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    observed.take();
    for (tool, in_meta) in [("read", None), ("ping", Some(SAMPLED)), ("write", None)] {
        call_in(&client, tool, None, in_meta).await;
        let events = observed.take();
        let Some(Event::Decision { trace, .. }) = events.first() else {
            panic!("{events:?}");
        };
        let spans = collector.trace_of(&format!("tools/call {tool}")).await;
        assert_eq!(trace.as_deref(), Some(&*spans[0].trace), "{tool}");
    }
    // A request without a valid token is refused before its message is read.
    client
        .clone()
        .without_token()
        .call("purge", json!({}))
        .await;
    let events = observed.take();
    let spans = collector.trace_of("tools/call purge").await;
    let has_trace = |event: &Event| matches!(event, Event::Decision { trace: Some(trace), .. } if *trace == spans[0].trace);
    assert!(events.iter().any(has_trace), "{events:?}");
}

/// Returns the context that an item sends on.
#[mcp_tool(public)]
async fn onwards(context: Context) -> String {
    context.traceparent().unwrap_or("none").to_owned()
}

#[tokio::test]
async fn an_item_continues_the_trace_with_its_own_span() {
    let collector = Collector::start().await;
    let server = Server::new("desk")
        .tools(tools![onwards])
        .with_verifier(UnsignedVerifier);
    let running = serve(server, &collector.endpoint, &[]).await;
    let token = unsigned_tokens::token(&unsigned_tokens::claims(&running.resource(), ""));
    for revision in [Revision::Stateless, Revision::Session("2025-11-25")] {
        let mut client = Client::new(running.resource(), revision).with_token(&token);
        client.open().await;
        let answer = client.call("onwards", json!({})).await;
        let sent = answer.tool_text();
        let [_, trace, id, _] = sent.split('-').collect::<Vec<_>>()[..] else {
            panic!("{sent}");
        };
        let item = collector.span(id).await;
        assert_eq!((&*item.name, &*item.trace), ("item onwards", trace));
    }
}

#[tokio::test]
async fn without_traces_an_item_continues_the_trace_of_its_client() {
    let server = Server::new("desk")
        .tools(tools![onwards])
        .with_verifier(UnsignedVerifier);
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    let client = Client::new(running.resource(), Revision::Stateless);
    let answer = call(&client, "onwards", ("traceparent", SAMPLED)).await;
    assert_eq!(answer.tool_text(), SAMPLED);
    let answer = call(&client, "onwards", ("traceparent", "00-nonsense")).await;
    assert_eq!(answer.tool_text(), "none");
}
