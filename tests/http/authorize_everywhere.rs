//! `authorize` on tools, resources and prompts: who may do what to which document, decided by an
//! `async` function with the server's state, before anything runs.

mod handler;
mod limits;
mod rounds;
mod updates;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use support::{
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    tool_server::Runs,
    unsigned_tokens::{self, ISSUER, UnsignedVerifier},
};
use toolgate::{
    Caller, Config, Context, Server, State, auth::AuthorizeError, mcp_prompt, mcp_resource,
    mcp_tool, prompts, resources, tools,
};

use crate::client;

/// The documents, each with its owner, and what happened.
#[derive(Clone, Default)]
struct Library {
    runs: Runs,
    owners: Arc<Mutex<HashMap<String, &'static str>>>,
    /// How often a function was asked.
    asked: Arc<AtomicUsize>,
}

impl Library {
    fn give(&self, document: &str, owner: &'static str) {
        let mut owners = self.owners.lock().expect("not poisoned");
        owners.insert(document.to_owned(), owner);
    }

    async fn owner(&self, document: &str) -> Option<&'static str> {
        // As if a database was asked.
        tokio::task::yield_now().await;
        let owners = self.owners.lock().expect("not poisoned");
        owners.get(document).copied()
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Allows the owner of a document alone. Some documents behave otherwise.
async fn is_owner(
    caller: &Caller,
    document: &str,
    State(library): &State<Library>,
) -> Result<(), AuthorizeError> {
    library.asked.fetch_add(1, Ordering::SeqCst);
    match document {
        "sealed" if !caller.has("documents:admin") => {
            return Err(AuthorizeError::needs_scopes(["documents:admin"]));
        }
        "slow" => std::future::pending().await,
        "panic" => panic!("as the test asks"),
        _ => {}
    }
    match library.owner(document).await {
        Some("never") => std::future::pending().await,
        Some(owner) if caller.subject() == Some(owner) => Ok(()),
        _ => Err(AuthorizeError::denied("only its owner may do this")),
    }
}

/// Deletes a document.
#[mcp_tool(
    scope = "documents:use", authorize = is_owner, authorize_scopes = ["documents:admin"]
)]
fn delete(document: String, State(library): State<Library>) -> String {
    library.runs.note("delete");
    document
}

/// Deletes a document, with what only rmcp's execution path has.
#[mcp_tool(
    scope = "documents:use", authorize = is_owner, authorize_scopes = ["documents:admin"]
)]
fn archive(_context: Context, document: String, State(library): State<Library>) -> String {
    library.runs.note("archive");
    document
}

/// Returns a document.
#[mcp_resource(
    uri = "documents://{document}", scope = "documents:use", authorize = is_owner,
    authorize_scopes = ["documents:admin"]
)]
async fn read(document: String, caller: Caller, State(library): State<Library>) -> String {
    library.runs.note("read");
    let owner = library.owner(&document).await;
    assert_eq!(owner, caller.subject());
    document
}

/// Reviews a document.
#[mcp_prompt(
    scope = "documents:use", authorize = is_owner, authorize_scopes = ["documents:admin"]
)]
fn review(#[arg(complete = names)] document: String, State(library): State<Library>) -> String {
    library.runs.note("review");
    document
}

fn names(begun: &str) -> Vec<String> {
    vec![format!("{begun}…")]
}

fn server(library: &Library) -> Server<Library> {
    Server::with_state("documents", library.clone())
        .with_verifier(UnsignedVerifier)
        .tools(tools![delete, archive])
        .resources(resources![read])
        .prompts(prompts![review])
        .without_banner()
}

fn configured(config: Config) -> Config {
    config.with_issuer(ISSUER)
}

/// For functions that never decide.
fn impatient(config: Config) -> Config {
    configured(config).with_authorize_timeout(Duration::from_millis(300))
}

async fn start(library: &Library) -> RunningServer {
    start_with(library, configured).await
}

async fn start_with(library: &Library, change: fn(Config) -> Config) -> RunningServer {
    for document in ["plan", "sealed", "slow", "panic"] {
        library.give(document, "alice");
    }
    library.give("diary", "bob");
    RunningServer::start(server(library), change).await
}

/// One way to use a document, with the name of what then runs.
#[derive(Debug, Clone, Copy)]
struct Use(&'static str);

const USES: [Use; 4] = [Use("delete"), Use("archive"), Use("read"), Use("review")];

impl Use {
    async fn of(self, client: &Client, document: &str) -> HttpResponse {
        match self.0 {
            "read" => {
                let uri = json!({"uri": format!("documents://{document}")});
                client.request("resources/read", uri).await
            }
            "review" => {
                let params = json!({"name": "review", "arguments": {"document": document}});
                client.request("prompts/get", params).await
            }
            tool => client.call(tool, json!({"document": document})).await,
        }
    }

    fn text(self, answer: &HttpResponse) -> Value {
        let result = &answer.json()["result"];
        match self.0 {
            "read" => result["contents"][0]["text"].clone(),
            "review" => result["messages"][0]["content"]["text"].clone(),
            _ => result["content"][0]["text"].clone(),
        }
    }
}

#[tokio::test]
async fn only_the_owner_of_a_document_uses_it_in_any_way() {
    let library = Library::default();
    let running = start(&library).await;
    for revision in Revision::ALL {
        let alice = client(&running, revision, "documents:use").await;
        for used in USES {
            let answer = used.of(&alice, "plan").await;
            assert_eq!(answer.status, 200, "{revision:?} {used:?} {answer:?}");
            assert_eq!(used.text(&answer), "plan", "{revision:?} {answer:?}");
            assert_eq!(library.runs.all(), [used.0]);
            library.runs.forget();
            for foreign in ["diary", "none"] {
                let answer = used.of(&alice, foreign).await;
                assert_eq!(answer.status, 403, "{revision:?} {used:?} {answer:?}");
                assert_eq!(answer.challenge(), None, "{answer:?}");
                let error = &answer.json()["error"];
                assert_eq!(error["code"], -31403, "{answer:?}");
                let told = error["message"].to_string();
                assert!(told.contains("only its owner may do this"), "{told}");
            }
            assert_eq!(library.runs.all(), [""; 0], "{revision:?} {used:?}");
        }
    }
}

#[tokio::test]
async fn a_demanded_scope_is_a_challenge_for_every_kind_of_item() {
    let library = Library::default();
    let running = start(&library).await;
    for revision in Revision::ALL {
        let alice = client(&running, revision, "documents:use").await;
        let admin = client(&running, revision, "documents:use documents:admin").await;
        for used in USES {
            let answer = used.of(&alice, "sealed").await;
            assert_eq!(answer.status, 403, "{revision:?} {used:?} {answer:?}");
            let challenge = answer.challenge().expect("a challenge");
            assert_eq!(challenge.get("error"), Some("insufficient_scope"));
            assert_eq!(
                challenge.get("scope"),
                Some("documents:admin documents:use")
            );
            assert_eq!(library.runs.all(), [""; 0], "{revision:?} {used:?}");
            let answer = used.of(&admin, "sealed").await;
            assert_eq!(used.text(&answer), "sealed", "{answer:?}");
            library.runs.forget();
        }
    }
}

#[tokio::test]
async fn a_function_that_panics_or_never_decides_lets_nothing_run() {
    let library = Library::default();
    let running = start(&library).await;
    let limited = start_with(&library, impatient).await;
    for revision in Revision::ALL {
        let alice = client(&running, revision, "documents:use").await;
        for used in USES {
            let answer = used.of(&alice, "panic").await;
            assert_eq!(answer.status, 403, "{revision:?} {used:?} {answer:?}");
            assert_eq!(answer.challenge(), None, "{answer:?}");
        }
        let alice = client(&limited, revision, "documents:use").await;
        for used in USES {
            let answer = used.of(&alice, "slow").await;
            assert_eq!(answer.status, 503, "{revision:?} {used:?} {answer:?}");
            assert_eq!(answer.header("retry-after"), Some("5"), "{answer:?}");
            assert_eq!(answer.challenge(), None, "{answer:?}");
        }
    }
    assert_eq!(library.runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_function_is_asked_once_and_only_for_what_could_run() {
    let library = Library::default();
    let running = start(&library).await;
    for revision in Revision::ALL {
        let alice = client(&running, revision, "documents:use").await;
        let other = client(&running, revision, "").await;
        for used in USES {
            let before = library.asked();
            assert_eq!(used.of(&other, "plan").await.status, 403);
            assert_eq!(library.asked(), before, "the scope is missing");
            assert_eq!(used.of(&alice, "plan").await.status, 200);
            assert_eq!(library.asked(), before + 1, "{revision:?} {used:?}");
        }
        let before = library.asked();
        for (method, params) in [
            (
                "tools/call",
                json!({"name": "delete", "arguments": {"document": 7}}),
            ),
            (
                "prompts/get",
                json!({"name": "review", "arguments": {"other": "plan"}}),
            ),
            ("tools/list", json!({})),
            ("prompts/list", json!({})),
            ("resources/templates/list", json!({})),
            (
                "completion/complete",
                json!({
                    "ref": {"type": "ref/prompt", "name": "review"},
                    "argument": {"name": "document", "value": "di"},
                }),
            ),
        ] {
            let answer = alice.request(method, params).await;
            assert_eq!(answer.status, 200, "{revision:?} {method} {answer:?}");
        }
        assert_eq!(library.asked(), before, "{revision:?}");
    }
}

#[tokio::test]
async fn demanded_scopes_of_resources_and_prompts_are_published() {
    let running = start(&Library::default()).await;
    let anonymous = Client::new(running.resource(), Revision::Stateless);
    let document = anonymous
        .get(&running.url("/.well-known/oauth-protected-resource"))
        .await;
    assert_eq!(
        document.json()["scopes_supported"],
        json!(["documents:admin", "documents:use"])
    );
}

/// An extractor that needs the context of a request.
struct Address;

impl<S> toolgate::tool::FromCall<S> for Address {
    fn from_call(call: &mut toolgate::tool::Call<S>) -> Result<Self, toolgate::ToolError> {
        call.context().map(|_| Self)
    }
}

fn by_address(_: &Caller, _: &Address) -> Result<(), AuthorizeError> {
    Ok(())
}

/// Depends on an address.
#[mcp_tool(authenticated, authorize = by_address)]
fn addressed(#[extract] address: Address) {
    let Address = address;
}

#[tokio::test]
async fn an_extractor_that_needs_the_context_is_an_error_at_the_start() {
    let server = Server::new("addresses").tools(tools![addressed]);
    let running = RunningServer::start(server, configured).await;
    let error = running.start_error().await.to_string();
    for part in [
        "`addressed`",
        "Address`",
        "NEEDS_CONTEXT",
        "inside of the item",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
}
