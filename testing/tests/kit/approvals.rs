//! `approve = "…"`: the decisions of a test, and the response to a client that answers by itself.

use serde_json::json;
use toolgate::{Server, auth::DenialReason, mcp_tool, tools};
use toolgate_testing::{TestServer, assert_access};

/// Deletes a list.
#[mcp_tool(scope = "lists:write", destructive, approve = "Delete {list}?")]
fn delete(
    /// Its name.
    list: String,
) -> String {
    format!("deleted {list}")
}

fn server() -> Server<()> {
    Server::new("lists").tools(tools![delete])
}

#[tokio::test]
async fn a_caller_approves_or_declines_as_on_the_page() {
    let server = TestServer::new(server());
    let alice = server.as_caller("alice").with_scopes(["lists:write"]);
    for alice in [alice.clone(), alice.in_session()] {
        let approving = alice.clone().approving();
        let deleted = approving.call("delete", json!({"list": "a"})).await;
        assert_eq!(deleted.unwrap().text(), "deleted a");
        let declined = alice.declining().call("delete", json!({"list": "a"})).await;
        let told = match declined {
            Err(denial) => {
                assert_eq!(denial.reason(), Some(DenialReason::NotApproved));
                denial.message().to_owned()
            }
            Ok(output) => {
                assert_eq!(output.denial_reason(), Some(DenialReason::NotApproved));
                output.text()
            }
        };
        assert!(told.contains("the user declined this"), "{told}");
    }
}

#[tokio::test]
async fn a_client_that_answers_by_itself_gets_the_request_for_the_page_again() {
    let server = TestServer::new(server());
    let alice = server.as_caller("alice").with_scopes(["lists:write"]);
    let alone = alice.answering(|_, _| json!({"action": "accept"}));
    let asked = alone.call("delete", json!({"list": "a"})).await.unwrap();
    assert!(asked.asks_for_approval(), "{asked:?}");
    let told = alone
        .in_session()
        .call("delete", json!({"list": "a"}))
        .await;
    let told = format!("{told:?}");
    assert!(told.contains("more often than"), "{told}");
    assert!(!told.contains("deleted"), "{told}");
}

#[tokio::test]
async fn the_access_of_an_item_with_an_approval_is_checked() {
    let server = TestServer::new(server());
    assert_access(&server).await;
}
