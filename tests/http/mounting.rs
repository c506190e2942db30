//! Servers inside an application.
//!
//! - [`behind_proxy`]: a server behind a proxy that changes paths

mod behind_proxy;

use axum::{Router, routing::get as route};
use rmcp::transport::streamable_http_server::StreamableHttpService;
use serde_json::json;
use support::{
    MockIssuer,
    client::{Client, HttpResponse, Revision},
    rmcp_handler::RmcpHandler,
    tool_server::{self, Runs},
    unsigned_tokens::ISSUER,
};
use tokio::net::TcpListener;
use toolgate::{Config, Mount, access, gate::HandlerGate};

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// Serves an application that needs to know its origin, and returns the origin.
async fn serve(app: impl AsyncFnOnce(&str) -> Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let app = app(&origin).await;
    tokio::spawn(async move { axum::serve(listener, app).await });
    origin
}

/// An application with routes of its own.
fn application() -> Router {
    Router::new()
        .route("/healthz", route(async || "own health"))
        .route("/docs", route(async || "own docs"))
        .fallback(async || "own fallback")
}

async fn get(url: &str) -> HttpResponse {
    HttpResponse::of(reqwest::Client::new().get(url)).await
}

fn gate(config: Config) -> HandlerGate {
    let gate = HandlerGate::builder("ledger").tool("read", access!(scope = "ledger:read"));
    gate.build_unseen(config).expect("it starts")
}

fn service(
    gate: &HandlerGate,
) -> StreamableHttpService<toolgate::gate::GuardedHandler<RmcpHandler>, toolgate::gate::LocalSessions>
{
    StreamableHttpService::new(
        gate.guard_each(|| Ok(RmcpHandler::default())),
        gate.sessions(),
        gate.transport(),
    )
}

/// Calls `read` at a resource with a token of an issuer for it.
async fn call(resource: &str, issuer: &MockIssuer, scope: &str) -> HttpResponse {
    let token = issuer.token().audience(resource).scope(scope).build();
    let client = Client::new(resource, Revision::Stateless).with_token(token);
    client.call("read", json!({})).await
}

#[tokio::test]
async fn two_servers_and_a_gate_with_issuers_of_their_own_share_an_application() {
    let issuers = [
        MockIssuer::start().await,
        MockIssuer::start().await,
        MockIssuer::start().await,
    ];
    let origin = serve(async |origin: &str| {
        let config = |path: &str, issuer: &MockIssuer| {
            Config::new(format!("{origin}{path}")).with_issuer(issuer.url())
        };
        let desk = || tool_server::unverified_server(&Runs::default());
        let gate = gate(config("/ledger/mcp", &issuers[1]));
        let merged = Mount::new()
            .server(desk(), config("/desk/mcp", &issuers[0]))
            .handler_gate(&gate, service(&gate));
        let nested = config("/nested/mcp", &issuers[2]).with_nested_path("/nested");
        application()
            .merge(merged.into_router().expect("no clash"))
            .nest("/nested", desk().into_router(nested).expect("it starts"))
    })
    .await;
    let servers = [
        ("/desk/mcp", "desk:read"),
        ("/ledger/mcp", "ledger:read"),
        ("/nested/mcp", "desk:read"),
    ];
    for (number, (path, scope)) in servers.into_iter().enumerate() {
        let resource = format!("{origin}{path}");
        for (other, issuer) in issuers.iter().enumerate() {
            let answer = call(&resource, issuer, scope).await;
            let expected = if number == other { 200 } else { 401 };
            assert_eq!(answer.status, expected, "{path} {other}: {answer:?}");
        }
        // The challenge leads to the metadata of this server, which names its own issuer.
        let client = Client::new(&resource, Revision::Stateless);
        let refused = client.call("read", json!({})).await;
        let challenge = refused.challenge().expect("a challenge");
        let metadata = get(challenge.get("resource_metadata").expect("a URL")).await;
        assert_eq!(metadata.status, 200, "{path} {metadata:?}");
        let metadata = metadata.json();
        assert_eq!(metadata["resource"], resource);
        assert_eq!(
            metadata["authorization_servers"],
            json!([issuers[number].url()])
        );
        // There is no page to name.
        assert_eq!(metadata.get("resource_documentation"), None);
    }
    for (path, text) in [
        ("/healthz", "own health"),
        ("/docs", "own docs"),
        ("/docs.md", "own fallback"),
        ("/docs.json", "own fallback"),
        ("/readyz", "own fallback"),
        ("/", "own fallback"),
        (WELL_KNOWN, "own fallback"),
    ] {
        assert_eq!(get(&format!("{origin}{path}")).await.text, text, "{path}");
    }
}

#[tokio::test]
async fn a_mounted_router_has_further_paths_where_they_are_asked_for() {
    let [ready, unready] = [MockIssuer::start().await, MockIssuer::start().await];
    unready.answer_metadata(support::IssuerResponse::Status(500));
    let mount = async |origin: &str, issuers: &[&MockIssuer]| {
        let mut mount = Mount::new();
        for (number, issuer) in issuers.iter().enumerate() {
            let config = Config::new(format!("{origin}/{number}/mcp"))
                .with_issuer(issuer.url())
                .with_path_prefix(format!("/{number}"))
                .with_docs_page()
                .with_health_paths();
            mount = mount.server(tool_server::unverified_server(&Runs::default()), config);
        }
        mount.into_router().expect("no clash")
    };
    let origin = serve(async |origin: &str| mount(origin, &[&ready]).await).await;
    let metadata = get(&format!("{origin}/0{WELL_KNOWN}/mcp")).await.json();
    assert_eq!(metadata["resource"], format!("{origin}/0/mcp"));
    assert_eq!(
        metadata["resource_documentation"],
        format!("{origin}/0/docs")
    );
    for end in ["", ".md", ".json"] {
        assert_eq!(get(&format!("{origin}/0/docs{end}")).await.status, 200);
        assert_eq!(get(&format!("{origin}/docs{end}")).await.status, 404);
    }
    assert_eq!(get(&format!("{origin}/healthz")).await.text, "ok\n");
    let is_ready = async || get(&format!("{origin}/readyz")).await.status == 200;
    for _ in 0..100 {
        if is_ready().await {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(is_ready().await);
    // One of two servers is not ready, so the application is not.
    let origin = serve(async |origin: &str| mount(origin, &[&ready, &unready]).await).await;
    for _ in 0..5 {
        assert_eq!(get(&format!("{origin}/readyz")).await.status, 503);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn the_readiness_of_a_mount_is_that_of_every_applications_check() {
    let issuer = MockIssuer::start().await;
    let mount = async |origin: &str, results: [Result<(), &'static str>; 2]| {
        let mut mount = Mount::new();
        for (number, result) in results.into_iter().enumerate() {
            let config = Config::new(format!("{origin}/{number}/mcp"))
                .with_issuer(issuer.url())
                .with_health_paths();
            let server = tool_server::unverified_server(&Runs::default());
            let server = server.with_readiness(move |_: Runs| async move { result });
            mount = mount.server(server, config);
        }
        mount.into_router().expect("no clash")
    };
    for (results, reason) in [
        ([Ok(()), Ok(())], None),
        ([Ok(()), Err("db.internal is down")], Some("application")),
        ([Err("db.internal is down"), Ok(())], Some("application")),
    ] {
        let origin = serve(async |origin: &str| mount(origin, results).await).await;
        let url = format!("{origin}/readyz");
        let mut answer = get(&url).await;
        // The keys of the issuers are loaded in the background.
        for _ in 0..100 {
            if answer.status == 200 || reason.is_some_and(|part| answer.text.contains(part)) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            answer = get(&url).await;
        }
        let status = if reason.is_some() { 503 } else { 200 };
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.text.contains(reason.unwrap_or("true")), "{answer:?}");
        assert!(!answer.text.contains("db.internal"), "{answer:?}");
    }
}

#[test]
fn servers_that_need_the_same_path_are_a_start_error() {
    let server = || tool_server::unverified_server(&Runs::default());
    let at = |path: &str| Config::new(format!("http://127.0.0.1:8000{path}"));
    let with_issuer = |path: &str| at(path).with_issuer(ISSUER);
    for (first, second, path) in [
        (with_issuer("/mcp"), with_issuer("/mcp"), "/mcp"),
        (
            with_issuer("/a/mcp"),
            with_issuer("/b").with_listen_path("/a/mcp"),
            "/a/mcp",
        ),
        (
            with_issuer("/a").with_docs_page(),
            with_issuer("/b").with_docs_page(),
            "/docs",
        ),
        (
            at("/a"),
            at("/b"),
            "/.well-known/oauth-authorization-server",
        ),
    ] {
        let mount = Mount::new().server(server(), first);
        let told = mount.server(server(), second).into_router();
        let told = told.expect_err("they clash").to_string();
        assert!(
            told.contains(&format!("both serve the path {path};")),
            "{path}: {told}"
        );
        assert!(told.contains("a resource with its own path"), "{told}");
    }
}

/// axum panics if two routes clash.
#[test]
fn plain_routers_of_two_servers_and_a_gate_merge_beside_an_application() {
    let at = |path: &str| Config::new(format!("http://127.0.0.1:8000{path}")).with_issuer(ISSUER);
    let router = |path: &str| {
        let server = tool_server::unverified_server(&Runs::default());
        server.into_router(at(path)).expect("it starts")
    };
    let gate = gate(at("/ledger/mcp"));
    let app = application()
        .merge(router("/a/mcp"))
        .merge(router("/b/mcp"));
    let _app: Router = app.merge(gate.router(service(&gate)));
}

#[test]
fn every_error_of_every_server_is_reported_together() {
    let server = || tool_server::unverified_server(&Runs::default());
    let mount = Mount::new()
        .server(server(), Config::new("http://mcp.example/a"))
        .server(server(), Config::new("https://mcp.example/b"));
    let told = mount.into_router().expect_err("neither starts").to_string();
    for part in ["http://mcp.example/a", "no issuer is configured"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}
