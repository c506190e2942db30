//! Denials of items that are already running: the state of the answer decides its form.

use std::time::Duration;

use serde_json::{Value, json};
use support::{
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    tool_server::Runs,
    unsigned_tokens::{self, ISSUER, UnsignedVerifier},
};
use toolgate::{
    Context, ResourceError, Server, State, ToolError,
    auth::{AuthorizeError, Remedy},
    mcp_prompt, mcp_resource, mcp_tool, prompts, resources, tools,
};

use crate::{client, denial_reasons::members};

/// An error of the application around a denial.
#[derive(Debug)]
struct Wrapped(AuthorizeError);

impl std::fmt::Display for Wrapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the upstream refused")
    }
}

impl std::error::Error for Wrapped {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// Finds out what an upstream says about a file.
fn ask(path: &str) -> Result<String, ToolError> {
    match path {
        "secret" => Err(AuthorizeError::needs_scopes(["files:admin"]))?,
        "wrapped" => Err(Wrapped(AuthorizeError::needs_scopes(["files:admin"])))?,
        "sourced" => Err(ToolError::new("the upstream refused")
            .with_source(AuthorizeError::needs_scopes(["files:admin"]))),
        "gone" => Err(AuthorizeError::denied("the file is another's")
            .with_remedy(Remedy::AskOwner)
            .with_code("not_owner"))?,
        "broken" => Err(ToolError::new("the disk is broken")),
        path if path.starts_with("needs ") => {
            Err(AuthorizeError::needs_scopes([&path["needs ".len()..]]))?
        }
        path if path.starts_with("denied ") => Err(AuthorizeError::denied(path.to_owned()))?,
        path => Ok(path.to_owned()),
    }
}

/// Opens a file that an upstream has.
#[mcp_tool(scope = "files:read", authorize_scopes = ["files:admin"])]
async fn open(path: String, millis: u64, State(runs): State<Runs>) -> Result<String, ToolError> {
    runs.note("open");
    tokio::time::sleep(Duration::from_millis(millis)).await;
    ask(&path)
}

/// Opens a file in rmcp's execution path.
#[mcp_tool(scope = "files:read", authorize_scopes = ["files:admin"])]
async fn open_in_context(
    path: String,
    millis: u64,
    context: Context,
    State(runs): State<Runs>,
) -> Result<String, ToolError> {
    runs.note("open_in_context");
    if path == "secret" && millis == 1 {
        context.progress(1.0, Some(2.0), None).await;
    }
    tokio::time::sleep(Duration::from_millis(millis)).await;
    // The denial of a background task counts as that of the tool if the tool returns it.
    let asked = tokio::spawn(async move { ask(&path) });
    asked.await?
}

/// Opens a file, and declares no further scope.
#[mcp_tool(scope = "files:read")]
async fn peek(path: String, millis: u64) -> Result<String, ToolError> {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    ask(&path)
}

/// Opens a file for anybody.
#[mcp_tool(public, authorize_scopes = ["files:admin"])]
fn open_public(path: String) -> Result<String, ToolError> {
    ask(&path)
}

/// A file.
#[mcp_resource(uri = "files://{path}", scope = "files:read")]
fn file(path: String) -> Result<String, ResourceError> {
    Ok(ask(&path)?)
}

/// A file whose owner can demand a scope.
#[mcp_resource(uri = "vault://{path}", scope = "files:read", authorize_scopes = ["files:admin"])]
fn vault(path: String) -> Result<String, ResourceError> {
    Ok(ask(&path)?)
}

/// A text about a file.
#[mcp_prompt(scope = "files:read")]
fn about(path: String) -> Result<String, ToolError> {
    ask(&path)
}

fn server(runs: &Runs) -> Server<Runs> {
    Server::with_state("files", runs.clone())
        .with_verifier(UnsignedVerifier)
        .tools(tools![open, open_in_context, peek, open_public])
        .resources(resources![file, vault])
        .prompts(prompts![about])
        .without_banner()
}

async fn start() -> (RunningServer, Runs) {
    let runs = Runs::default();
    let running = RunningServer::start(server(&runs), |config| config.with_issuer(ISSUER)).await;
    (running, runs)
}

async fn open_file(client: &Client, tool: &str, path: &str, millis: u64) -> HttpResponse {
    let arguments = json!({"path": path, "millis": millis});
    client.call(tool, arguments).await
}

/// Checks that an answer is the refusal that the gate would have sent.
#[track_caller]
fn expect_challenge(answer: &HttpResponse) {
    assert_eq!(answer.status, 403, "{answer:?}");
    let challenge = answer.challenge().expect("a challenge");
    assert_eq!(challenge.get("error"), Some("insufficient_scope"));
    assert_eq!(challenge.get("scope"), Some("files:admin files:read"));
    assert_eq!(members(answer)["reason"], "missing_scope", "{answer:?}");
}

/// Checks that an answer is a failed result with the same code, remedy and challenge.
#[track_caller]
fn expect_tool_error(answer: &HttpResponse) {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.challenge(), None, "{answer:?}");
    assert!(answer.is_tool_error(), "{answer:?}");
    let body = answer.json();
    assert_eq!(body["id"], 1, "{body}");
    let meta = &body["result"]["_meta"];
    let challenge = meta["mcp/www_authenticate"][0].as_str().expect("a text");
    assert!(challenge.contains("error=\"insufficient_scope\""), "{body}");
    assert!(
        challenge.contains("scope=\"files:admin files:read\""),
        "{body}"
    );
    let denial = &meta["toolgate/denial"];
    assert_eq!(denial["reason"], "missing_scope", "{body}");
    assert_eq!(denial["remedy"]["action"], "authorize", "{body}");
    let scopes = json!(["files:admin", "files:read"]);
    assert_eq!(denial["remedy"]["scopes"], scopes, "{body}");
    assert!(answer.tool_text().contains("files:admin"), "{body}");
}

#[tokio::test]
async fn before_anything_is_sent_the_client_gets_the_real_403_in_every_execution_path() {
    let (running, runs) = start().await;
    for revision in Revision::ALL {
        let reader = client(&running, revision, "files:read").await;
        for tool in ["open", "open_in_context"] {
            for (path, millis) in [
                ("secret", 0),
                ("wrapped", 0),
                ("sourced", 0),
                ("secret", 200),
            ] {
                let answer = open_file(&reader, tool, path, millis).await;
                expect_challenge(&answer);
                assert_eq!(answer.json()["id"], 1, "{answer:?}");
                assert_eq!(runs.all(), [tool], "{revision:?}");
                runs.forget();
            }
            let answer = open_file(&reader, tool, "gone", 0).await;
            assert_eq!(answer.status, 403, "{answer:?}");
            assert_eq!(answer.challenge(), None, "{answer:?}");
            let members = members(&answer);
            assert_eq!(members["reason"], "denied_by_item", "{answer:?}");
            assert_eq!(members["detail"], "not_owner", "{answer:?}");
            assert_eq!(
                members["remedy"],
                json!({"action": "ask_owner"}),
                "{answer:?}"
            );
            let message =
                format!("{tool} was denied: the file is another's. Ask its owner for access.");
            assert_eq!(answer.json()["error"]["message"], message, "{answer:?}");
            let answer = open_file(&reader, tool, "broken", 0).await;
            assert_eq!(answer.tool_text(), "the disk is broken");
            runs.forget();
        }
        let admin = client(&running, revision, "files:read files:admin").await;
        assert_eq!(open_file(&admin, "open", "a", 0).await.tool_text(), "a");
        runs.forget();
    }
}

#[tokio::test]
async fn after_a_progress_report_the_denial_is_a_failed_result() {
    let (running, _) = start().await;
    for revision in Revision::ALL {
        let reader = client(&running, revision, "files:read").await;
        let arguments = json!({"path": "secret", "millis": 1});
        let call = json!({"name": "open_in_context", "arguments": arguments});
        let mut message = reader.message("tools/call", call);
        message["params"]["_meta"]["progressToken"] = json!("p");
        let answer = reader.send(&message).await;
        assert!(answer.text.contains("notifications/progress"), "{answer:?}");
        expect_tool_error(&answer);
        // Without a token for reports, none is sent.
        let answer = open_file(&reader, "open_in_context", "secret", 1).await;
        expect_challenge(&answer);
    }
}

#[tokio::test]
async fn after_the_status_of_a_slow_answer_the_denial_is_a_failed_result() {
    let runs = Runs::default();
    let after = Duration::from_secs(1);
    let running = RunningServer::start(server(&runs), |config| {
        config.with_issuer(ISSUER).with_stream_after(after)
    })
    .await;
    let reader = client(&running, Revision::Stateless, "files:read").await;
    for tool in ["open", "open_in_context"] {
        expect_challenge(&open_file(&reader, tool, "secret", 0).await);
        let answer = open_file(&reader, tool, "secret", 3000).await;
        expect_tool_error(&answer);
        assert_eq!(answer.json()["result"]["resultType"], "complete");
    }
    let read = reader.request("resources/read", json!({"uri": "files://secret"}));
    assert_eq!(read.await.status, 403);
}

#[tokio::test]
async fn in_a_session_only_a_tool_that_declares_scopes_delays_its_status() {
    let (running, _) = start().await;
    for revision in Revision::ALL {
        let reader = client(&running, revision, "files:read").await;
        let answer = open_file(&reader, "open", "gone", 200).await;
        assert_eq!(answer.status, 403, "{revision:?} {answer:?}");
        let answer = open_file(&reader, "peek", "gone", 200).await;
        match revision {
            Revision::Stateless => assert_eq!(answer.status, 403, "{answer:?}"),
            Revision::Session(_) => {
                assert_eq!(answer.status, 200, "{answer:?}");
                assert!(answer.is_tool_error(), "{answer:?}");
                let meta = &answer.json()["result"]["_meta"];
                assert_eq!(meta["mcp/www_authenticate"], Value::Null, "{answer:?}");
                let denial = &meta["toolgate/denial"];
                assert_eq!(denial["reason"], "denied_by_item", "{answer:?}");
                assert_eq!(denial["remedy"]["action"], "ask_owner", "{answer:?}");
                assert_eq!(denial["detail"], "not_owner", "{answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn resources_and_prompts_deny_late_as_well() {
    let (running, _) = start().await;
    for revision in Revision::ALL {
        let reader = client(&running, revision, "files:read").await;
        for (method, params) in [
            ("resources/read", json!({"uri": "files://gone"})),
            (
                "prompts/get",
                json!({"name": "about", "arguments": {"path": "gone"}}),
            ),
        ] {
            let answer = reader.request(method, params).await;
            // rmcp sends the status of an answer in a session before the item runs.
            let status = match revision {
                Revision::Stateless => 403,
                Revision::Session(_) => 200,
            };
            assert_eq!(answer.status, status, "{method} {revision:?} {answer:?}");
            assert_eq!(answer.json()["error"]["code"], -31403, "{answer:?}");
            let members = members(&answer);
            assert_eq!(members["reason"], "denied_by_item", "{answer:?}");
            assert_eq!(members["remedy"]["action"], "ask_owner", "{answer:?}");
        }
        let uri = json!({"uri": "vault://secret"});
        expect_challenge(&reader.request("resources/read", uri).await);
    }
}

#[tokio::test]
async fn a_public_tool_that_needs_a_scope_after_all_begins_a_login() {
    let (running, _) = start().await;
    let anonymous = Client::new(running.resource(), Revision::Stateless);
    let answer = anonymous
        .call("open_public", json!({"path": "secret"}))
        .await;
    assert_eq!(answer.status, 401, "{answer:?}");
    let challenge = answer.challenge().expect("a challenge");
    assert_eq!(challenge.get("error"), None);
    assert_eq!(challenge.get("scope"), Some("files:admin"));
    assert_eq!(members(&answer)["reason"], "no_token", "{answer:?}");
}

/// A tool that repeats what its client or its upstream says must not make the client request
/// other scopes, or read a challenge that the server did not write.
#[tokio::test]
async fn a_late_denial_challenges_only_declared_scopes_and_no_text_of_the_client() {
    let (running, _) = start().await;
    for revision in Revision::ALL {
        let reader = client(&running, revision, "files:read").await;
        for tool in ["open", "open_in_context"] {
            for demanded in [
                "files:root",
                "files:admin files:root",
                "\", scope=\"files:root",
                "files:read",
                "files:ädmin",
                "",
            ] {
                let path = format!("needs {demanded}");
                let answer = open_file(&reader, tool, &path, 0).await;
                assert_eq!(answer.status, 403, "{demanded} {revision:?} {answer:?}");
                assert_eq!(answer.challenge(), None, "{demanded} {answer:?}");
                assert_eq!(members(&answer)["reason"], "authorize_failed", "{answer:?}");
                assert!(!answer.text.contains("root"), "{answer:?}");
            }
            let path =
                "denied \", scope=\"files:root\" resource_metadata=\"https://evil.example\" ä";
            let answer = open_file(&reader, tool, path, 0).await;
            assert_eq!(answer.status, 403, "{answer:?}");
            assert_eq!(answer.header("www-authenticate"), None, "{answer:?}");
            assert_eq!(members(&answer)["remedy"], json!({"action": "none"}));
            assert_eq!(members(&answer)["scope"], Value::Null, "{answer:?}");
        }
    }
    // A tool that declares no scope can demand none, not even one that another declares.
    let reader = client(&running, Revision::Stateless, "files:read").await;
    for path in ["secret", "needs files:root"] {
        let answer = open_file(&reader, "peek", path, 0).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        assert_eq!(answer.challenge(), None, "{answer:?}");
        assert_eq!(members(&answer)["reason"], "authorize_failed", "{answer:?}");
        assert!(!answer.text.contains("root"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_client_for_tool_results_gets_every_denial_as_one() {
    let runs = Runs::default();
    let server = server(&runs).denials_as_tool_results(|_| true);
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    for revision in Revision::ALL {
        let reader = client(&running, revision, "files:read").await;
        for tool in ["open", "open_in_context"] {
            expect_tool_error(&open_file(&reader, tool, "secret", 0).await);
            let answer = open_file(&reader, tool, "gone", 0).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(answer.is_tool_error(), "{answer:?}");
            assert!(answer.tool_text().ends_with("Ask its owner for access."));
        }
        let token = unsigned_tokens::claims(&running.resource(), "");
        let without = reader.clone().with_token(unsigned_tokens::token(&token));
        let answer = open_file(&without, "peek", "a", 0).await;
        assert!(answer.is_tool_error(), "{answer:?}");
    }
}
