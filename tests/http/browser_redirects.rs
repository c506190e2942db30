//! Opening a server's URLs in a browser.

use axum::Router;
use reqwest::{Method, StatusCode, redirect::Policy};
use rmcp::transport::streamable_http_server::{
    StreamableHttpService, session::local::LocalSessionManager,
};
use support::{
    rmcp_handler::RmcpHandler, running_server::RunningServer, tool_server, unsigned_tokens::ISSUER,
};
use tokio::net::TcpListener;
use toolgate::{Config, Server, access, gate::HandlerGate};

use crate::{start_protected_server, start_tool_server};

/// The `Accept` header of a browser navigation.
const ACCEPT: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn ask(method: Method, url: &str, headers: &[(&str, &str)]) -> reqwest::Response {
    let client = reqwest::Client::builder().redirect(Policy::none());
    let mut request = client.build().expect("a client").request(method, url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.expect("an answer")
}

/// Asserts that a browser is redirected from a path to the page, and that the page exists.
async fn leads_to_the_page(origin: &str, path: &str) {
    let answer = ask(
        Method::GET,
        &format!("{origin}{path}"),
        &[("accept", ACCEPT)],
    )
    .await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}: {answer:?}");
    let header = |name| answer.headers()[name].to_str().expect("ASCII");
    assert_eq!(header("location"), "/docs");
    assert_eq!(header("cache-control"), "no-store");
    assert!(!answer.headers().contains_key("www-authenticate"));
    let page = ask(
        Method::GET,
        &format!("{origin}/docs"),
        &[("accept", ACCEPT)],
    )
    .await;
    assert_eq!(page.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_browser_at_the_endpoint_or_at_the_root_is_sent_to_the_page() {
    let (running, _) = start_tool_server().await;
    for path in ["/mcp", "/mcp/", "/"] {
        leads_to_the_page(&running.origin(), path).await;
    }
}

#[tokio::test]
async fn an_endpoint_at_the_root_does_so_as_well() {
    let server = tool_server::server(&tool_server::Runs::default());
    let at_root = |address| Config::new(format!("http://{address}")).with_issuer(ISSUER);
    let running = RunningServer::start_as(server, at_root).await;
    leads_to_the_page(&running.origin(), "/").await;
    let answer = ask(Method::POST, &format!("{}/", running.origin()), &[]).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_client_is_never_sent_anywhere() {
    let (running, _) = start_protected_server().await;
    let streams = "application/json, text/event-stream";
    for (method, headers) in [
        (Method::GET, &[("accept", "text/event-stream")][..]),
        (Method::GET, &[("accept", "text/html, text/event-stream")]),
        (Method::GET, &[("accept", "*/*")]),
        (Method::GET, &[]),
        (
            Method::GET,
            &[("accept", ACCEPT), ("authorization", "Bearer x")],
        ),
        (Method::POST, &[("accept", ACCEPT)]),
        (Method::POST, &[("accept", streams)]),
        (Method::DELETE, &[("accept", ACCEPT)]),
    ] {
        for path in ["/mcp", "/mcp/"] {
            let answer = ask(method.clone(), &running.url(path), headers).await;
            assert_eq!(
                answer.status(),
                StatusCode::UNAUTHORIZED,
                "{method} {headers:?}"
            );
        }
        let answer = ask(method.clone(), &running.url("/"), headers).await;
        assert_eq!(
            answer.status(),
            StatusCode::NOT_FOUND,
            "{method} {headers:?}"
        );
    }
    let query = ask(
        Method::GET,
        &running.url("/mcp?access_token=x"),
        &[("accept", ACCEPT)],
    )
    .await;
    assert_eq!(query.status(), StatusCode::BAD_REQUEST);
}

/// A router mounted into an application serves only its own paths.
#[tokio::test]
async fn a_mounted_router_leaves_the_root_to_its_application() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let config = Config::new(format!("{origin}/mcp")).with_issuer(ISSUER);
    let config = config.with_docs_page();
    let router = tool_server::server(&tool_server::Runs::default()).into_router(config);
    let app = Router::new()
        .fallback(async || "the application's own")
        .merge(router.expect("it starts"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    leads_to_the_page(&origin, "/mcp").await;
    let root = ask(Method::GET, &format!("{origin}/"), &[("accept", ACCEPT)]).await;
    assert_eq!(root.text().await.expect("text"), "the application's own");
}

/// A mounted router without a page sends nobody to one.
#[tokio::test]
async fn a_browser_at_an_endpoint_without_a_page_is_refused_as_a_client() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let config = Config::new(format!("{origin}/mcp")).with_issuer(ISSUER);
    let router = tool_server::protected_server(&tool_server::Runs::default()).into_router(config);
    let app = router.expect("it starts");
    tokio::spawn(async move { axum::serve(listener, app).await });
    let url = format!("{origin}/mcp");
    let answer = ask(Method::GET, &url, &[("accept", ACCEPT)]).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

/// Returns what the page says about the login.
async fn promise(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let page = ask(Method::GET, &format!("{origin}/docs"), &[]).await;
    page.text().await.expect("a page")
}

#[tokio::test]
async fn the_page_promises_the_login_that_the_server_has() {
    const AT_CONNECTION: &str = "leads you through a login when it connects";
    const NEVER: &str = "No login is needed";
    let config = || {
        let config = Config::new("http://127.0.0.1:8000/mcp").with_issuer(ISSUER);
        config.with_docs_page()
    };

    let closed = tool_server::protected_server(&tool_server::Runs::default());
    let page = promise(closed.into_router(config()).expect("it starts")).await;
    assert!(page.contains(AT_CONNECTION) && !page.contains(NEVER));

    /// Answers.
    #[toolgate::mcp_tool(public)]
    fn ping() -> &'static str {
        "pong"
    }
    let open = Server::new("open")
        .tools(toolgate::tools![ping])
        .without_banner();
    let page = promise(open.into_router(config()).expect("it starts")).await;
    assert!(page.contains(NEVER) && !page.contains(AT_CONNECTION));

    // A gate's page lists only tools, and something else may need a login.
    let gate = HandlerGate::builder("ledger")
        .without_banner()
        .tool("ping", access!(public))
        .prompt("sum", access!(scope = "ledger:read"))
        .build_unseen(config())
        .expect("it starts");
    let service = StreamableHttpService::new(
        gate.guard_each(|| Ok(RmcpHandler::default())),
        LocalSessionManager::default().into(),
        gate.transport(),
    );
    let page = promise(gate.router(service)).await;
    assert!(!page.contains(NEVER));
}
