//! What a server logs when it is built, before the first request.

use support::{
    captured_log::CapturedLog,
    rmcp_handler::RmcpHandler,
    tool_server::{self, Runs},
};
use toolgate::{Config, access, gate::HandlerGate, mcp_tool, tools};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt};

/// Repeats a word that it does not describe.
#[mcp_tool(scope = "desk:read")]
fn bare(word: String) -> String {
    word
}

/// Returns the lines of an action at `info` and above, of every library.
fn lines(act: impl AsyncFnOnce()) -> Vec<String> {
    let log = CapturedLog::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish()
        .with("info".parse::<Targets>().expect("directives"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    tracing::subscriber::with_default(subscriber, || runtime.block_on(act()));
    log.lines()
}

#[test]
fn a_mounted_server_logs_its_warnings_its_address_and_the_development_issuer() {
    let variables = [("TOOLGATE_X", "1")];
    let environment = variables.into_iter().collect();
    let told = lines(async || {
        let config = Config::from_environment(&environment, 8123).expect("a configuration");
        let server = tool_server::unverified_server(&Runs::default()).tools(tools![bare]);
        let _ = server.into_router(config).expect("it starts");
    })
    .join("\n");
    for part in [
        "\"TOOLGATE_X\" is unknown",
        "the tool `bare` has arguments without a description (word):",
        "the development issuer is active",
        "address=127.0.0.1:8123",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn asking_a_handler_for_its_items_does_not_look_like_a_client() {
    let told = lines(async || {
        let config = Config::new("https://mcp.example.com/mcp").with_issuer("https://a.example");
        let gate = HandlerGate::builder("desk").tools_by(|_| access!(scope = "desk:read"));
        let _ = gate.build(config, RmcpHandler::default()).await;
        tokio::task::yield_now().await;
    });
    let rmcp: Vec<_> = told.iter().filter(|line| line.contains("rmcp")).collect();
    assert!(!rmcp.is_empty(), "{told:?}");
    for line in rmcp {
        assert!(
            line.contains("handler asked for its items at start-up"),
            "{line}"
        );
    }
}
