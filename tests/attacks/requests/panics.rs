//! Panics in the application's code, wherever they are possible.

use rmcp::model::CallToolResponse;
use serde_json::json;
use support::{
    client::{Client, Revision},
    running_server::RunningServer,
    unsigned_tokens::{self, ISSUER, UnsignedVerifier},
};
use toolgate::{
    Context, Server, ToolError,
    auth::{BearerToken, Claims, TokenError, TokenVerifier},
    mcp_tool,
    tool::{Call, FromCall, IntoOutput, ToolKind},
    tools,
};

struct Extracted;

impl<S> FromCall<S> for Extracted {
    fn from_call(_: &mut Call<S>) -> Result<Self, ToolError> {
        panic!("with a secret")
    }
}

struct PanickingOutput;

impl IntoOutput<ToolKind> for PanickingOutput {
    fn into_output(self) -> Result<CallToolResponse, ToolError> {
        panic!("with a secret")
    }
}

/// Panics before it begins.
#[mcp_tool(public)]
fn extractor(#[extract] _it: Extracted) {}

/// Panics before it begins, on the slow path.
#[mcp_tool(public)]
fn extractor_long(#[extract] _it: Extracted, _context: Context) {}

/// Panics after it ended.
#[mcp_tool(public)]
fn result() -> PanickingOutput {
    PanickingOutput
}

/// Panics after it waited.
#[mcp_tool(public)]
async fn later(_context: Context) {
    tokio::task::yield_now().await;
    panic!("with a secret")
}

#[tokio::test]
async fn a_panic_is_a_tool_error_without_details() {
    let server = Server::new("desk")
        .with_verifier(UnsignedVerifier)
        .without_banner();
    let server = server.tools(tools![extractor, extractor_long, result, later]);
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    for revision in Revision::ALL {
        let mut client = Client::new(running.resource(), revision);
        client = client.with_token(unsigned_tokens::token(&unsigned_tokens::claims(
            &running.resource(),
            "",
        )));
        client.open().await;
        for tool in ["extractor", "extractor_long", "result", "later"] {
            let answer = client.call(tool, json!({})).await;
            assert_eq!(answer.status, 200, "{tool} {revision:?} {answer:?}");
            assert!(answer.is_tool_error(), "{tool} {answer:?}");
            assert!(!answer.text.contains("secret"), "{tool} {answer:?}");
        }
    }
}

/// Panics on the token of one caller.
struct Fragile;

impl TokenVerifier for Fragile {
    async fn verify(&self, token: &BearerToken) -> Result<Claims, TokenError> {
        assert_ne!(token.as_str(), "fragile", "with a secret");
        UnsignedVerifier.verify(token).await
    }
}

#[tokio::test]
async fn a_panicking_verifier_refuses_the_request_only() {
    let server = Server::new("desk").with_verifier(Fragile).without_banner();
    let server = server.tools(tools![result]);
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    for revision in Revision::ALL {
        let client = Client::new(running.resource(), revision).with_token("fragile");
        let answer = client.call("result", json!({})).await;
        assert_eq!(answer.status, 500, "{revision:?} {answer:?}");
        assert_eq!(answer.json()["error"], json!("server_error"), "{answer:?}");
        assert!(!answer.text.contains("secret"), "{answer:?}");
    }
}
