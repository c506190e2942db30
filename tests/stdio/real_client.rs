//! rmcp's own client.

use rmcp::{ServiceExt, model::CallToolRequestParams};

use crate::host::command;

#[tokio::test]
async fn rmcp_s_client_lists_and_calls() {
    let mut child = command(&["host", "notes:read"]).spawn().expect("it starts");
    let pipes = (
        child.stdout.take().expect("a pipe"),
        child.stdin.take().expect("a pipe"),
    );
    let client = ().serve(pipes).await.expect("a handshake");
    let tools = client.list_all_tools().await.expect("a list");
    let names: Vec<_> = tools.iter().map(|tool| &*tool.name).collect();
    assert!(
        names.contains(&"read") && !names.contains(&"write"),
        "{names:?}"
    );
    let called = client
        .call_tool(CallToolRequestParams::new("whoami"))
        .await
        .expect("an answer");
    let said = format!("{called:?}");
    assert!(said.contains("local host"), "{said}");
    let denied = client.call_tool(CallToolRequestParams::new("write")).await;
    let said = denied.expect_err("it is denied").to_string();
    assert!(said.contains("write needs the scope notes:write"), "{said}");
    client.cancel().await.expect("it ends");
    assert!(child.wait().await.expect("a status").success());
}
