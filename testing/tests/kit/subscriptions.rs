//! Subscriptions in the test kit.

use std::time::Duration;

use toolgate::{Changes, Server, mcp_resource, resources};
use toolgate_testing::TestServer;

/// A page.
#[mcp_resource(scope = "desk:read", uri = "desk://pages/{page}")]
fn page(page: String) -> String {
    format!("page {page}")
}

#[tokio::test]
async fn a_subscription_gets_the_updates_that_its_caller_may_see() {
    let changes = Changes::new();
    let server = Server::new("desk").resources(resources![page]);
    let server = TestServer::new(server.with_changes(&changes));
    let reader = server.as_caller("alice").with_scopes(["desk:read"]);
    for caller in [reader.clone(), reader.in_session()] {
        let mut updates = caller.subscribe(["desk://pages/1"]).await.unwrap();
        for page in ["desk://pages/2", "desk://pages/1"] {
            changes.resource_updated(page);
        }
        let first = updates.updated(Duration::from_secs(10)).await;
        assert_eq!(first.as_deref(), Some("desk://pages/1"));
        assert_eq!(updates.updated(Duration::from_millis(50)).await, None);
        let stranger = caller.with_scopes(["desk:other"]);
        let denied = stranger.subscribe(["desk://pages/1"]).await.unwrap_err();
        assert!(denied.is_insufficient_scope(), "{denied}");
    }
}
