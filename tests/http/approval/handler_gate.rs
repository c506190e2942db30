//! `approve` in front of a handler that is written with rmcp, and below a path prefix.

use std::net::SocketAddr;

use rmcp::transport::streamable_http_server::StreamableHttpService;
use tokio::net::TcpListener;
use toolgate::{access, gate::HandlerGate};

use super::*;
use crate::handler_gate::Notes;

/// Serves an application on a free port, with the addresses of its peers.
async fn serve(app: impl AsyncFnOnce(SocketAddr) -> axum::Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = app(address).await;
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

#[tokio::test]
async fn a_handler_runs_after_its_user_approved_the_arguments() {
    let notes = Notes::default();
    let handler = notes.clone();
    let address = serve(async move |address| {
        let gate = HandlerGate::builder("notes")
            .tool(
                "delete",
                access!(scope = "list:write", approve = "Delete {id}?"),
            )
            .tool("chat", access!(refused))
            .tool("peek", access!(refused))
            .prompt("letter", access!(refused))
            .resource("notes://{id}", access!(refused))
            .without_banner();
        let config = Config::new(format!("http://{address}/mcp")).with_bind(address);
        let config = config.with_approval_wait(WAIT);
        let gate = gate.build(config, handler.clone()).await.unwrap();
        let service = StreamableHttpService::new(
            gate.guard_each(move || Ok(handler.clone())),
            gate.sessions(),
            gate.transport(),
        );
        gate.router(service)
    });
    let resource = format!("http://{}/mcp", address.await);
    let alice = client_of(&resource, "alice", "list:write").await;
    let arguments = json!({"id": 7, "force": true});
    let asked = AskedPage::of(&call(&alice, &arguments).await);
    assert_eq!(asked.message, "Delete 7?\nforce: true");
    // The client answers by itself.
    let again = AskedPage::of(&call_again(&alice, &arguments, &asked).await);
    assert_eq!(again.url, asked.url);
    assert!(notes.take().is_empty());
    let page = decide(&asked.url, "alice", "approve").await;
    assert!(
        page.text().contains("You have approved this"),
        "{}",
        page.text()
    );
    let done = call_again(&alice, &arguments, &asked).await;
    assert_eq!(text(&done), "done");
    let calls = notes.take();
    assert_eq!(calls, [json!(["delete", arguments, "alice", null, false])]);
    let told = not_approved(&call_again(&alice, &arguments, &asked).await);
    assert!(told.contains("used before"), "{told}");
    assert!(notes.take().is_empty());
}

#[tokio::test]
async fn the_pages_are_below_the_prefix_of_a_mounted_server() {
    let runs = Runs::default();
    let mounted = server(&runs);
    let address = serve(async move |address| {
        let config = Config::new(format!("http://{address}/svc/mcp"));
        let config = config.with_path_prefix("/svc").with_approval_wait(WAIT);
        let own = axum::Router::new().fallback(async || "own fallback");
        own.merge(mounted.into_router(config.with_bind(address)).unwrap())
    });
    let address = address.await;
    let alice = client_of(&format!("http://{address}/svc/mcp"), "alice", "list:write").await;
    let list = json!({"list": "a"});
    let asked = AskedPage::of(&call(&alice, &list).await);
    let prefix = format!("http://{address}/svc/approvals/");
    assert!(asked.url.starts_with(&prefix), "{asked:?}");
    decide(&asked.url, "alice", "approve").await;
    assert_eq!(
        text(&call_again(&alice, &list, &asked).await),
        "deleted a, false"
    );
    assert_eq!(runs.all(), ["delete"]);
    // The application keeps every other path.
    let outside = Browser::default()
        .open(&format!("http://{address}/approvals/x"))
        .await;
    assert!(outside.text().contains("own fallback"), "{outside:?}");
}
