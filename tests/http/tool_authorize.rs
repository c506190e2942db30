//! Tools that decide by caller and arguments, before any of their code runs.

use serde_json::json;
use support::{
    client::{Client, Revision},
    running_server::RunningServer,
    tool_server::Runs,
    unsigned_tokens::{self, ISSUER, UnsignedVerifier},
};
use toolgate::{Caller, Server, State, auth::AuthorizeError, mcp_tool, tools};

fn may_open(caller: &Caller, path: &str, _: &State<Runs>) -> Result<(), AuthorizeError> {
    match path {
        "/secret" if !caller.has("files:admin") => {
            Err(AuthorizeError::needs_scopes(["files:admin"]))
        }
        "/gone" => Err(AuthorizeError::denied("nobody may open this file")),
        path if path.starts_with("/bob/") && caller.subject() != Some("bob") => {
            Err(AuthorizeError::denied("this file is another's"))
        }
        _ => Ok(()),
    }
}

/// Opens a file.
#[mcp_tool(scope = "files:read", authorize = may_open, authorize_scopes = ["files:admin"])]
fn open(
    /// Which.
    path: String,
    State(runs): State<Runs>,
) -> String {
    runs.note("open");
    path
}

async fn start(runs: &Runs) -> RunningServer {
    let server = Server::with_state("files", runs.clone())
        .with_verifier(UnsignedVerifier)
        .tools(tools![open])
        .without_banner();
    RunningServer::start(server, |config| config.with_issuer(ISSUER)).await
}

async fn client(running: &RunningServer, revision: Revision, scopes: &str) -> Client {
    let token = unsigned_tokens::token(&unsigned_tokens::claims(&running.resource(), scopes));
    let mut client = Client::new(running.resource(), revision).with_token(token);
    client.open().await;
    client
}

#[tokio::test]
async fn arguments_can_demand_a_scope_and_the_403_names_it() {
    let runs = Runs::default();
    let running = start(&runs).await;
    for revision in Revision::ALL {
        let reader = client(&running, revision, "files:read").await;
        let answer = reader.call("open", json!({"path": "/secret"})).await;
        assert_eq!(answer.status, 403, "{revision:?} {answer:?}");
        let challenge = answer.challenge().expect("a challenge");
        assert_eq!(challenge.get("error"), Some("insufficient_scope"));
        assert_eq!(challenge.get("scope"), Some("files:admin files:read"));
        assert_eq!(runs.all(), [""; 0]);
        let admin = client(&running, revision, "files:read files:admin").await;
        let answer = admin.call("open", json!({"path": "/secret"})).await;
        assert_eq!(answer.tool_text(), "/secret", "{answer:?}");
        runs.forget();
    }
}

#[tokio::test]
async fn a_denial_that_no_scope_lifts_is_a_403_without_a_challenge() {
    let runs = Runs::default();
    let running = start(&runs).await;
    for revision in Revision::ALL {
        let admin = client(&running, revision, "files:read files:admin").await;
        for (path, reason) in [("/gone", "nobody"), ("/bob/diary", "another's")] {
            let answer = admin.call("open", json!({"path": path})).await;
            assert_eq!(answer.status, 403, "{revision:?} {answer:?}");
            assert_eq!(answer.challenge(), None, "{answer:?}");
            let error = &answer.json()["error"];
            assert_eq!(error["code"], -31403, "{answer:?}");
            assert_eq!(error["data"]["error"], "access_denied", "{answer:?}");
            for output in [&error["message"], &error["data"]["error_description"]] {
                assert!(output.to_string().contains(reason), "{answer:?}");
            }
        }
    }
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_demanded_scope_is_published_and_not_in_the_first_challenge() {
    let running = start(&Runs::default()).await;
    let anonymous = Client::new(running.resource(), Revision::Stateless);
    let answer = anonymous.call("open", json!({"path": "/secret"})).await;
    assert_eq!(
        answer.challenge().expect("one").get("scope"),
        Some("files:read")
    );
    let document = anonymous
        .get(&running.url("/.well-known/oauth-protected-resource"))
        .await;
    assert_eq!(
        document.json()["scopes_supported"],
        json!(["files:admin", "files:read"])
    );
}

#[tokio::test]
async fn arguments_that_break_the_schema_are_an_error_before_authorize_runs() {
    let runs = Runs::default();
    let running = start(&runs).await;
    for revision in Revision::ALL {
        let reader = client(&running, revision, "files:read").await;
        for arguments in [
            json!({}),
            json!({"path": 7}),
            json!({"path": "/secret", "x": 1}),
        ] {
            let answer = reader.call("open", arguments).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(answer.is_tool_error(), "{answer:?}");
        }
    }
    assert_eq!(runs.all(), [""; 0]);
}

toolgate::scopes! {
    /// What a token for the files can allow.
    mod scope {
        /// Read every file but the secret one.
        READ = "files:read",
        /// Read the secret one too.
        ADMIN = "files:admin",
    }
}

#[tokio::test]
async fn declared_scopes_describe_and_close_the_list() {
    let runs = Runs::default();
    let server = || {
        Server::with_state("files", runs.clone())
            .with_verifier(UnsignedVerifier)
            .tools(tools![open])
            .without_banner()
    };
    let running = RunningServer::start(server().declared_scopes(scope::ALL), |config| {
        config.with_issuer(ISSUER)
    })
    .await;
    let page = Client::new(running.resource(), Revision::Stateless)
        .get(&running.url("/docs"))
        .await;
    assert!(
        page.text.contains("Read the secret one too."),
        "{}",
        page.text
    );
    let one = server().declared_scopes(&scope::ALL[..1]);
    let running = RunningServer::start(one, |config| config.with_issuer(ISSUER)).await;
    let output = running.start_error().await.to_string();
    assert!(output.contains("`files:admin`"), "{output}");
}
