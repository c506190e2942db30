use std::{
    io,
    sync::{Mutex, PoisonError},
};

use axum::Router;
use tower::ServiceExt;

use crate::{Config, Server, mcp_tool, tools};

/// Reads.
#[mcp_tool(scope = "read")]
fn read() {}

#[derive(Clone, Default)]
struct Log(std::sync::Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.write(text)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the warnings of three requests for the metadata in an application.
async fn warnings(config: Config, app: fn(Router) -> Router, path: &str) -> Vec<String> {
    let config = config.with_issuer("https://as.example");
    let server = Server::new("reader").tools(tools![read]);
    let app = app(server.into_router(config).unwrap());
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_ansi(false)
        .with_writer(move || writer.clone());
    let guard = tracing::subscriber::set_default(subscriber.finish());
    for _ in 0..3 {
        let request = http::Request::get(path).body(axum::body::Body::empty());
        let answer = app.clone().oneshot(request.unwrap()).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
    drop(guard);
    let log = log.0.lock().unwrap_or_else(PoisonError::into_inner);
    let lines = String::from_utf8_lossy(&log);
    let lines = lines.lines().filter(|line| line.contains("nest"));
    lines.map(str::to_owned).collect()
}

fn at(path: &str) -> Config {
    Config::new(format!("https://h.example{path}"))
}

#[tokio::test]
async fn a_nest_that_is_not_configured_is_reported_once_with_the_remedy() {
    let nest = |router| Router::new().nest("/api", router);
    let path = "/api/.well-known/oauth-protected-resource/mcp";
    let told = warnings(at("/mcp"), nest, path).await;
    assert_eq!(told.len(), 1, "{told:?}");
    for part in [
        "nested under /api",
        "https://h.example/.well-known/oauth-protected-resource/mcp",
        "Config::with_nested_path(\"/api\")",
    ] {
        assert!(told[0].contains(part), "{part}: {told:?}");
    }
    let other = at("/other/mcp").with_nested_path("/other");
    assert_eq!(warnings(other, nest, path).await.len(), 1);
}

#[tokio::test]
async fn nothing_is_reported_of_a_configured_nest_or_of_none() {
    let nest = |router| Router::new().nest("/api", router);
    let path = "/api/.well-known/oauth-protected-resource/mcp";
    let config = at("/api/mcp").with_nested_path("/api");
    assert!(warnings(config, nest, path).await.is_empty());
    let deeper = |router| Router::new().nest("/a", Router::new().nest("/b", router));
    let config = at("/a/b/mcp").with_nested_path("/a/b");
    let path = "/a/b/.well-known/oauth-protected-resource/mcp";
    assert!(warnings(config, deeper, path).await.is_empty());
    let merge = |router| Router::new().merge(router);
    let path = "/.well-known/oauth-protected-resource/mcp";
    assert!(warnings(at("/mcp"), merge, path).await.is_empty());
}

#[tokio::test]
async fn a_router_can_be_nested_at_the_path_of_its_resource() {
    let config = at("/api/mcp").with_issuer("https://as.example");
    let config = config.with_nested_path("/api/mcp");
    let server = Server::new("reader").tools(tools![read]);
    let router = server.into_router(config).unwrap();
    for app in [
        Router::new().nest("/api/mcp", router.clone()),
        Router::new().nest_service("/api/mcp", router),
    ] {
        let request = http::Request::post("/api/mcp").header("host", "h.example");
        let answer = app
            .clone()
            .oneshot(request.body(axum::body::Body::from("{}")).unwrap())
            .await;
        let answer = answer.unwrap();
        assert_eq!(answer.status(), 401);
        let challenge = answer.headers()["www-authenticate"].to_str().unwrap();
        let path = "/api/mcp/.well-known/oauth-protected-resource";
        let named = format!("resource_metadata=\"https://h.example{path}\"");
        assert!(challenge.contains(&named), "{challenge}");
        let request = http::Request::get(path).body(axum::body::Body::empty());
        assert_eq!(app.oneshot(request.unwrap()).await.unwrap().status(), 200);
    }
}
