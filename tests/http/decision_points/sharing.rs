//! Attacks: two callers with equal scopes and different verdicts share nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        ListResourcesResult, PaginatedRequestParams, Resource, ServerCapabilities, ServerConfig,
    },
    service::RequestContext,
    transport::streamable_http_server::StreamableHttpService,
};
use serde_json::json;
use toolgate::{
    Changes, Server, access,
    gate::{HandlerGate, Visibility},
    mcp_tool,
    policy::{Effect, PolicyDecision, PolicyDecisionPoint, PolicyError, PolicyRequest},
    resources, tools,
};
use toolgate_testing::{TestIssuer, TestServer};

use super::document;

/// Reads.
#[mcp_tool(scope = "documents:read")]
fn read() -> &'static str {
    "read"
}

/// Says something to everyone.
#[mcp_tool(public)]
fn greet() -> &'static str {
    "hello"
}

/// Allows Alice, and Bob nothing but to connect and to subscribe.
#[derive(Default)]
struct OnlyAlice {
    /// Alice has lost her access, too.
    is_closed: AtomicBool,
}

impl PolicyDecisionPoint for OnlyAlice {
    async fn decide(&self, request: &PolicyRequest<'_>) -> Result<PolicyDecision, PolicyError> {
        let subject = request.claims().and_then(|claims| claims.subject());
        let is_alice = subject == Some("alice") && !self.is_closed.load(Ordering::Relaxed);
        let connects = !matches!(request.action(), "tools/call" | "resources/read");
        // Announces the end of a test, so that it need not wait.
        let is_end = request.resource().id() == "documents://end" && !request.is_listing();
        Ok(PolicyDecision::new(match is_alice || connects || is_end {
            true => Effect::Allow,
            false => Effect::Deny,
        }))
    }
}

fn server(point: &Arc<OnlyAlice>) -> Server<()> {
    Server::new("documents")
        .without_banner()
        .tools(tools![read, greet])
        .resources(resources![document])
        .with_decision_point(Arc::clone(point))
}

#[tokio::test]
async fn two_callers_with_equal_scopes_never_share_a_list() {
    for visibility in [Visibility::All, Visibility::Granted] {
        for revision in ["2026-07-28", "2025-11-25"] {
            let server = TestServer::new(server(&Default::default()).with_visibility(visibility));
            let caller = |name: &str| {
                let caller = server.as_caller(name).with_scopes(["documents:read"]);
                caller.with_revision(revision)
            };
            let (alice, bob) = (caller("alice"), caller("bob"));
            // Each list is requested again after the other caller's.
            for _ in 0..2 {
                assert_eq!(alice.tools().await.expect("a list"), ["greet", "read"]);
                assert_eq!(bob.tools().await.expect("a list"), [""; 0]);
                for method in ["tools/list", "resources/templates/list"] {
                    let list = alice.request(method, json!({})).await.expect("a list");
                    if revision == "2026-07-28" {
                        assert_eq!(list.value()["cacheScope"], "private", "{method}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_list_of_public_items_is_not_for_shared_caches() {
    let point = Arc::new(OnlyAlice::default());
    let server = Server::new("greeter").without_banner().tools(tools![greet]);
    let server = TestServer::new(server.with_decision_point(point));
    let list = server
        .anonymous()
        .request("tools/list", json!({}))
        .await
        .expect("a list");
    assert_eq!(list.value()["cacheScope"], "private");
    assert_eq!(list.value()["tools"], json!([]));
}

#[tokio::test]
async fn an_update_reaches_only_the_callers_that_may_read_it_now() {
    let changes = Changes::new();
    let point = Arc::new(OnlyAlice::default());
    let server = TestServer::new(server(&point).with_changes(&changes));
    let most = Duration::from_secs(30);
    for revision in ["2026-07-28", "2025-11-25"] {
        point.is_closed.store(false, Ordering::Relaxed);
        let caller = |name: &str| {
            let caller = server.as_caller(name).with_scopes(["documents:read"]);
            caller.with_revision(revision)
        };
        let both = ["documents://7", "documents://end"];
        let mut alice = caller("alice").subscribe(both).await.expect("subscribed");
        let mut bob = caller("bob").subscribe(both).await.expect("subscribed");
        let announce = || both.iter().for_each(|uri| changes.resource_updated(*uri));
        announce();
        assert_eq!(alice.updated(most).await.as_deref(), Some("documents://7"));
        assert_eq!(
            alice.updated(most).await.as_deref(),
            Some("documents://end")
        );
        assert_eq!(bob.updated(most).await.as_deref(), Some("documents://end"));
        // No decision is reused: Alice loses her access between two updates.
        point.is_closed.store(true, Ordering::Relaxed);
        announce();
        assert_eq!(
            alice.updated(most).await.as_deref(),
            Some("documents://end")
        );
    }
}

/// A handler with documents that one template covers.
#[derive(Clone)]
struct Documents;

impl ServerHandler for Documents {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_resources();
        ServerConfig::new(capabilities.build())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let document = |uri: &str| Resource::new(uri, "a document");
        let documents = ["documents://1", "documents://2"].map(document);
        Ok(ListResourcesResult::with_all_items(documents.into()))
    }
}

/// Decides by the URI.
struct ByUri;

impl PolicyDecisionPoint for ByUri {
    async fn decide(&self, request: &PolicyRequest<'_>) -> Result<PolicyDecision, PolicyError> {
        let subject = request.claims().and_then(|claims| claims.subject());
        if subject == Some("unlucky") && request.is_listing() {
            return Err(PolicyError::unavailable("as the test says"));
        }
        Ok(PolicyDecision::new(match request.resource().id() {
            "documents://2" => Effect::Deny,
            _ => Effect::Allow,
        }))
    }
}

#[tokio::test]
async fn each_listed_uri_of_a_handler_is_decided_on_even_if_one_template_covers_all() {
    let server = TestServer::around(TestIssuer::in_memory(), async |config| {
        let gate = HandlerGate::builder("documents")
            .without_banner()
            .resource("documents://{id}", access!(scope = "documents:read"))
            .with_decision_point(ByUri)
            .build(config, Documents)
            .await
            .expect("the declarations are right");
        let service = StreamableHttpService::new(
            gate.guard_each(|| Ok(Documents)),
            gate.sessions(),
            gate.transport(),
        );
        gate.router(service)
    })
    .await;
    for revision in ["2026-07-28", "2025-11-25"] {
        let caller = |name: &str| {
            let caller = server.as_caller(name).with_scopes(["documents:read"]);
            caller.with_revision(revision)
        };
        let list = caller("alice")
            .request("resources/list", json!({}))
            .await
            .expect("a list");
        let uris = list.value()["resources"]
            .as_array()
            .expect("resources")
            .iter();
        let uris: Vec<_> = uris
            .map(|one| one["uri"].as_str().expect("a URI"))
            .collect();
        assert_eq!(uris, ["documents://1"], "{revision}");
        let refused = caller("unlucky").request("resources/list", json!({})).await;
        assert_eq!(refused.expect_err("refused").status(), 503, "{revision}");
    }
}
