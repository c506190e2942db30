//! A tool with a `Context`, behind rmcp's own service.

use std::time::Duration;

use rmcp::{
    ErrorData, RoleServer, ServerHandler, ServiceExt,
    model::{CallToolRequestParams, ServerCapabilities, ServerConfig},
    service::RequestContext,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf},
    time::timeout,
};

use super::*;

/// Tells how it goes.
#[mcp_tool(public)]
async fn slow(
    context: Context,
    /// Whether to wait for the end of the call.
    wait: bool,
) -> String {
    context.progress(1.0, Some(2.0), Some("half")).await;
    if wait {
        context.cancelled().await;
    }
    format!(
        "{} {:?} {:?} {} {}",
        context.request_id(),
        context
            .protocol_version()
            .map(|version| version.to_string()),
        context.client_info().map(|client| client.name),
        context.is_cancelled(),
        context.cancellation_token().is_cancelled(),
    )
}

/// A handler as a server has one.
struct Handler {
    desk: Desk<()>,
    ended: tokio::sync::mpsc::UnboundedSender<String>,
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let permit = self.desk.permit(&request.name, None);
        let arguments = request.arguments.unwrap_or_default();
        let call = Call::new((), arguments, None, Some(Arc::new(context)));
        let end = self.desk.tool(&request.name).call(&permit, "", call).await;
        let result = result(end);
        self.ended.send(text(&result)).unwrap();
        Ok(result.into())
    }
}

/// The other side, by hand: lines of JSON.
struct Client {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    sink: WriteHalf<DuplexStream>,
}

impl Client {
    async fn send(&mut self, message: Value) {
        let line = format!("{message}\n");
        self.sink.write_all(line.as_bytes()).await.unwrap();
    }

    async fn next(&mut self) -> Value {
        let line = timeout(Duration::from_secs(10), self.lines.next_line()).await;
        serde_json::from_str(&line.unwrap().unwrap().unwrap()).unwrap()
    }
}

async fn connect() -> (Client, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let (ended, endings) = tokio::sync::mpsc::unbounded_channel();
    let handler = Handler {
        desk: desk((), tools![slow]),
        ended,
    };
    tokio::spawn(async move {
        let service = handler.serve(theirs).await.unwrap();
        service.waiting().await.unwrap();
    });
    let (source, sink) = tokio::io::split(ours);
    let mut client = Client {
        lines: BufReader::new(source).lines(),
        sink,
    };
    client
        .send(json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "hand", "version": "1"},
        }}))
        .await;
    client.next().await;
    client
        .send(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
        .await;
    (client, endings)
}

fn call(wait: bool, meta: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {
        "name": "slow", "arguments": {"wait": wait}, "_meta": meta,
    }})
}

#[tokio::test]
async fn progress_reaches_a_client_that_asked_for_it() {
    let (mut client, _endings) = connect().await;
    client
        .send(call(false, json!({"progressToken": "p"})))
        .await;
    let progress = client.next().await;
    assert_eq!(progress["method"], "notifications/progress");
    assert_eq!(
        progress["params"],
        json!({"progressToken": "p", "progress": 1.0, "total": 2.0, "message": "half"})
    );
    let answer = client.next().await;
    assert_eq!(
        answer["result"]["content"][0]["text"],
        "7 Some(\"2025-06-18\") Some(\"hand\") false false"
    );
}

#[tokio::test]
async fn progress_is_not_sent_to_a_client_that_did_not_ask() {
    let (mut client, _endings) = connect().await;
    client.send(call(false, json!({}))).await;
    assert_eq!(client.next().await["id"], 7);
}

#[tokio::test]
async fn a_tool_learns_of_its_cancellation() {
    let (mut client, mut endings) = connect().await;
    client.send(call(true, json!({"progressToken": 1}))).await;
    client.next().await;
    client
        .send(json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}))
        .await;
    let ended = timeout(Duration::from_secs(10), endings.recv()).await;
    assert!(ended.unwrap().unwrap().ends_with("true true"));
}
