//! The development issuer exists only on loopback, and only if no other issuer is configured.

use std::time::Duration;

use support::{
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens,
};
use tokio::net::TcpListener;
use toolgate::{Config, Error, Server};

use crate::{PATHS, assert_absent, get, start_tool_server};

fn open_only() -> Server<()> {
    /// Answers.
    #[toolgate::mcp_tool(public)]
    fn ping() -> String {
        "pong".to_owned()
    }

    Server::new("open")
        .tools(toolgate::tools![ping])
        .without_banner()
}

/// Returns why a server did not start.
pub(crate) async fn start_error(serving: impl Future<Output = Result<(), Error>>) -> String {
    let ended = tokio::time::timeout(Duration::from_secs(5), serving).await;
    match ended.expect("it does not start") {
        Err(Error::Start(error)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn on_loopback_it_is_there_and_the_resource_names_it() {
    let (running, _) = start_tool_server().await;
    for path in PATHS {
        let answer = get(&running.url(path)).await;
        assert_ne!(answer.status, 404, "{path} {answer:?}");
    }
    let metadata = get(&running.url("/.well-known/oauth-protected-resource/mcp")).await;
    let servers = &metadata.json()["authorization_servers"];
    assert_eq!(*servers, serde_json::json!([running.origin()]));
}

#[tokio::test]
async fn with_an_issuer_configured_it_does_not_exist() {
    let server = tool_server::unverified_server(&Runs::default());
    let running =
        RunningServer::start(server, |config| config.with_issuer(unsigned_tokens::ISSUER)).await;
    assert_absent(&running.origin()).await;
    let metadata = get(&running.url("/.well-known/oauth-protected-resource")).await;
    assert!(
        !metadata.text.contains(&running.origin()[7..]) || {
            let servers = metadata.json()["authorization_servers"].clone();
            servers == serde_json::json!([unsigned_tokens::ISSUER])
        }
    );
}

#[tokio::test]
async fn where_no_tool_needs_a_token_it_does_not_exist() {
    let running = RunningServer::start(open_only(), |config| config).await;
    assert_absent(&running.origin()).await;
}

#[tokio::test]
async fn a_server_with_a_public_resource_does_not_start_without_an_issuer() {
    for resource in [
        "https://api.example/mcp",
        "https://127.0.0.1.evil.example/mcp",
        "https://192.168.1.5:8000/mcp",
    ] {
        let server = tool_server::unverified_server(&Runs::default());
        let error = start_error(server.serve(Config::new(resource))).await;
        assert!(error.contains("TOOLGATE_AUTHORIZATION_SERVERS"), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_is_to_listen_everywhere_does_not_start_without_an_issuer() {
    let config = Config::new("http://127.0.0.1:8000/mcp").with_bind(([0, 0, 0, 0], 8000).into());
    let server = tool_server::unverified_server(&Runs::default());
    let error = start_error(server.serve(config)).await;
    assert!(error.contains("TOOLGATE_AUTHORIZATION_SERVERS"), "{error}");
}

#[tokio::test]
async fn a_socket_that_listens_everywhere_counts_whatever_the_configuration_says() {
    let config = Config::new("http://127.0.0.1:8000/mcp");
    let listener = TcpListener::bind("0.0.0.0:0").await.expect("a free port");
    let server = tool_server::unverified_server(&Runs::default());
    let error = start_error(server.serve_on(listener, config, std::future::pending())).await;
    assert!(error.contains("TOOLGATE_AUTHORIZATION_SERVERS"), "{error}");
    assert!(error.contains("0.0.0.0"), "{error}");
}
