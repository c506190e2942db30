//! A handler written with rmcp, behind a gate in a router.

use rmcp::transport::streamable_http_server::StreamableHttpService;
use support::{rmcp_handler::RmcpHandler, unsigned_tokens};
use tokio::net::TcpListener;

use super::*;
use crate::handler_gate::builder;

#[tokio::test]
async fn the_items_of_a_handler_are_traced_by_their_declared_names() {
    let collector = Collector::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let ledger = RmcpHandler::default();
    let config = config(address, &collector.endpoint, &[]);
    let gate = builder().build(config, ledger.clone()).await;
    let gate = gate.expect("what is declared of the ledger is right");
    let guarded = gate.clone();
    let handler = StreamableHttpService::new(
        move || Ok(guarded.guard(ledger.clone())),
        gate.sessions(),
        gate.transport(),
    );
    let router = gate.router(handler);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let resource = format!("http://{address}/mcp");
    let token = unsigned_tokens::token(&unsigned_tokens::claims(&resource, "ledger:read"));
    for revision in [Revision::Stateless, Revision::Session("2025-11-25")] {
        let mut client = Client::new(&resource, revision).with_token(&token);
        client.open().await;
        assert_eq!(client.call("read", json!({})).await.status, 200);
        let uri = json!({"uri": "ledger://page/4711"});
        client.request("resources/read", uri).await;
        let prompt = json!({"name": "sum", "arguments": {}});
        client.request("prompts/get", prompt).await;
    }
    let spans = collector.trace_of("tools/call read").await;
    let server = named(&spans, "tools/call read");
    assert_eq!(named(&spans, "item read").parent, server.id);
    let spans = collector.trace_of("resources/read").await;
    let server = named(&spans, "resources/read");
    assert_eq!(server.get("mcp.resource.uri"), RmcpHandler::TEMPLATE);
    let spans = collector.trace_of("prompts/get sum").await;
    let server = named(&spans, "prompts/get sum");
    assert_eq!(server.get("gen_ai.prompt.name"), "sum");
    // A part of a URI is an argument.
    for (_, body) in collector.requests() {
        assert!(!String::from_utf8_lossy(&body).contains("4711"));
    }
}
