//! The code of a denial, as a test reads it.

use serde_json::json;
use toolgate::{
    Server, ToolError,
    auth::{AuthorizeError, DenialReason, Remedy},
    mcp_tool, tools,
};
use toolgate_testing::TestServer;

use super::{read, write};

fn server() -> Server<()> {
    Server::new("desk").tools(tools![read, write, open_drawer])
}

/// Opens a drawer, and finds out late whose it is.
#[mcp_tool(scope = "desk:read")]
fn open_drawer() -> Result<String, ToolError> {
    Err(AuthorizeError::denied("the drawer is bob's")
        .with_remedy(Remedy::AskOwner)
        .with_code("not_owner"))?
}

#[tokio::test]
async fn a_denial_has_a_code_and_what_would_help() {
    let server = TestServer::new(server());
    let alice = server.as_caller("alice").with_scopes(["desk:read"]);
    let denied = alice.call("write", json!({"text": "a"})).await.unwrap_err();
    assert_eq!(denied.reason(), Some(DenialReason::MissingScope));
    assert_eq!(denied.remedy(), Some(Remedy::Authorize));
    let scopes = json!(["desk:read", "desk:write"]);
    assert_eq!(denied.remedy_details()["scopes"], scopes);
    assert_eq!(denied.detail(), None);
    let anonymous = server.anonymous().call("read", json!({})).await;
    let reason = anonymous.unwrap_err().reason();
    assert_eq!(reason, Some(DenialReason::NoToken));
    let denied = alice.call("open_drawer", json!({})).await.unwrap_err();
    assert_eq!(denied.status(), 403);
    assert_eq!(denied.reason(), Some(DenialReason::DeniedByItem));
    assert_eq!(denied.remedy(), Some(Remedy::AskOwner));
    assert_eq!(denied.detail(), Some("not_owner"));
    assert!(denied.message().contains("the drawer is bob's"), "{denied}");
}

#[tokio::test]
async fn a_denial_as_a_tool_result_has_the_same_code() {
    let server = server();
    let server = TestServer::new(server.denials_as_tool_results(|_| true));
    let alice = server.as_caller("alice").with_scopes(["desk:read"]);
    for (tool, reason, remedy) in [
        ("write", DenialReason::MissingScope, Remedy::Authorize),
        ("open_drawer", DenialReason::DeniedByItem, Remedy::AskOwner),
    ] {
        let output = alice.call(tool, json!({})).await.unwrap();
        assert!(output.is_error());
        assert_eq!(output.denial_reason(), Some(reason));
        assert_eq!(output.remedy(), Some(remedy));
    }
    let read = alice.call("read", json!({})).await.unwrap();
    assert_eq!(read.denial_reason(), None);
}
