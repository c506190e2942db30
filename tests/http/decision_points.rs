//! What a decision point is asked, and what the records say of its answers.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use support::captured_log::CapturedLog;
use toolgate::{
    Caller, Config, Server,
    auth::{AuthorizeError, DenialReason, Remedy},
    mcp_prompt, mcp_resource, mcp_tool,
    policy::{
        Effect, PolicyDecision, PolicyDecisionPoint, PolicyError, PolicyItem, PolicyRequest,
        PolicySetupError,
    },
    prompts, resources, tools,
};
use toolgate_testing::TestServer;
use tracing_subscriber::fmt::MakeWriter;

mod authzen;
mod sharing;

/// Deletes a document.
#[mcp_tool(scope = "documents:delete", role = "editor")]
fn delete(
    /// Which.
    id: String,
    /// Why, in the words of the user.
    reason: Option<String>,
) -> String {
    format!("{id} {}", reason.unwrap_or_default())
}

fn never(_: &Caller) -> Result<(), AuthorizeError> {
    Err(AuthorizeError::denied("nobody may do this"))
}

/// Is denied by its own function.
#[mcp_tool(scope = "documents:read", authorize = never)]
fn purge() {}

/// Needs no token.
#[mcp_tool(public)]
fn ping() -> &'static str {
    "pong"
}

/// One document.
#[mcp_resource(uri = "documents://{id}", scope = "documents:read")]
fn document(id: String) -> String {
    id
}

/// Writes a summary.
#[mcp_prompt(scope = "documents:read")]
fn summary(
    /// In which words.
    tone: String,
) -> String {
    tone
}

/// Keeps the questions, and answers as a function says.
#[derive(Clone)]
struct Engine {
    questions: Arc<Mutex<Vec<String>>>,
    answer: fn(&PolicyRequest<'_>) -> PolicyDecision,
}

fn allow(_: &PolicyRequest<'_>) -> PolicyDecision {
    PolicyDecision::new(Effect::Allow)
        .with_policy("everyone")
        .with_version("7")
}

impl Engine {
    fn answering(answer: fn(&PolicyRequest<'_>) -> PolicyDecision) -> Self {
        Self {
            questions: Arc::default(),
            answer,
        }
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.questions.lock().expect("not poisoned"))
    }
}

impl PolicyDecisionPoint for Engine {
    async fn decide(&self, request: &PolicyRequest<'_>) -> Result<PolicyDecision, PolicyError> {
        let resource = request.resource();
        let who = request.claims().and_then(|claims| claims.subject());
        let mut question = format!(
            "{} {} {} {}",
            who.unwrap_or("nobody"),
            request.action(),
            resource.kind().as_str(),
            resource.id()
        );
        if resource.item() != resource.id() {
            question += &format!(" of {}", resource.item());
        }
        if request.is_listing() {
            question += " for a list";
        }
        for (name, value) in resource.arguments() {
            question += &format!(" {name}={value}");
        }
        self.questions.lock().expect("not poisoned").push(question);
        Ok((self.answer)(request))
    }

    fn start(&self, items: &[PolicyItem]) -> Result<(), Vec<PolicySetupError>> {
        let arguments = items.iter().flat_map(PolicyItem::arguments);
        let refused = arguments.filter(|one| one.name() == "reason");
        let refused: Vec<_> = refused
            .map(|one| {
                PolicySetupError::new(format!("`{}` is private", one.name()), "leave it out")
            })
            .collect();
        if refused.is_empty() {
            Ok(())
        } else {
            Err(refused)
        }
    }
}

fn server(engine: &Engine) -> Server<()> {
    Server::new("documents")
        .without_banner()
        .tools(tools![delete, purge, ping])
        .prompts(prompts![summary])
        .resources(resources![document])
        .with_decision_point(engine.clone())
}

#[tokio::test]
async fn each_method_is_one_question_and_a_list_one_batch() {
    let engine = Engine::answering(allow);
    let server = TestServer::new(server(&engine));
    let resource = server.resource().to_owned();
    let alice = server.as_caller("alice");
    let alice = alice
        .with_scopes(["documents:read", "documents:delete"])
        .with_roles(["editor"]);
    alice
        .call("delete", json!({"id": "a", "reason": "private"}))
        .await
        .expect("allowed");
    assert_eq!(engine.asked(), ["alice tools/call tool delete"]);
    alice.read("documents://7").await.expect("allowed");
    assert_eq!(
        engine.asked(),
        ["alice resources/read resource documents://7 of documents://{id}"]
    );
    alice
        .prompt("summary", json!({"tone": "dry"}))
        .await
        .expect("allowed");
    assert_eq!(engine.asked(), ["alice prompts/get prompt summary"]);
    alice
        .request("tools/list", json!({}))
        .await
        .expect("allowed");
    assert_eq!(
        engine.asked(),
        [
            format!("alice tools/list mcp_server {resource}"),
            "alice tools/call tool delete for a list".to_owned(),
            "alice tools/call tool ping for a list".to_owned(),
            "alice tools/call tool purge for a list".to_owned(),
        ]
    );
    alice
        .request("resources/templates/list", json!({}))
        .await
        .expect("allowed");
    assert_eq!(
        engine.asked(),
        [
            format!("alice resources/templates/list mcp_server {resource}"),
            "alice resources/read resource documents://{id} for a list".to_owned(),
        ]
    );
    let argument = json!({"ref": {"type": "ref/prompt", "name": "summary"}, "argument": {"name": "tone", "value": "d"}});
    alice
        .request("completion/complete", argument)
        .await
        .expect("allowed");
    assert_eq!(engine.asked(), ["alice completion/complete prompt summary"]);
    server
        .anonymous()
        .call("ping", json!({}))
        .await
        .expect("allowed");
    assert_eq!(engine.asked(), ["nobody tools/call tool ping"]);
}

#[tokio::test]
async fn what_an_earlier_check_denies_is_not_asked() {
    let engine = Engine::answering(allow);
    let server = TestServer::new(server(&engine));
    let reader = server.as_caller("alice").with_scopes(["documents:read"]);
    for (caller, tool, reason) in [
        (server.anonymous(), "delete", DenialReason::NoToken),
        (reader.clone(), "delete", DenialReason::MissingScope),
        (
            reader.clone().with_scopes(["documents:delete"]),
            "delete",
            DenialReason::MissingRole,
        ),
        (reader.clone(), "purge", DenialReason::DeniedByItem),
    ] {
        let arguments = match tool {
            "purge" => json!({}),
            _ => json!({"id": "a"}),
        };
        let denial = caller.call(tool, arguments).await.expect_err("denied");
        assert_eq!(denial.reason(), Some(reason));
    }
    // Nothing runs for an item that does not exist.
    assert!(reader.call("none", json!({})).await.is_err());
    assert_eq!(engine.asked(), [""; 0]);
}

#[tokio::test]
async fn only_the_arguments_that_the_author_names_reach_the_engine() {
    let engine = Engine::answering(|request| {
        let arguments = request.resource().arguments();
        let is_own = arguments
            .iter()
            .any(|(name, id)| (*name, *id) == ("id", &json!("own")));
        PolicyDecision::new(if is_own { Effect::Allow } else { Effect::Deny })
    });
    let server = TestServer::new(server(&engine).with_policy_arguments("delete", ["id"]));
    let alice = server.as_caller("alice").with_scopes(["documents:delete"]);
    let alice = alice.with_roles(["editor"]);
    let arguments = json!({"id": "own", "reason": "private"});
    alice.call("delete", arguments).await.expect("allowed");
    assert_eq!(engine.asked(), [r#"alice tools/call tool delete id="own""#]);
    let denial = alice
        .call("delete", json!({"id": "other"}))
        .await
        .expect_err("denied");
    assert_eq!(denial.reason(), Some(DenialReason::DeniedByPolicy));
    assert_eq!(
        engine.asked(),
        [r#"alice tools/call tool delete id="other""#]
    );
}

#[test]
fn wrong_names_and_the_errors_of_the_engine_are_reported_together() {
    let engine = Engine::answering(allow);
    let server = server(&engine)
        .with_policy_arguments("delete", ["reason", "key"])
        .with_policy_arguments("remove", ["id"]);
    let config = Config::new("https://documents.example/mcp").with_issuer("https://as.example");
    let error = server
        .into_router(config)
        .expect_err("it does not start")
        .to_string();
    for part in [
        "names the argument \"key\" of `delete`",
        "names \"remove\", which is no tool",
        "`reason` is private; leave it out",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let alone = Server::new("documents")
        .tools(tools![ping])
        .with_policy_arguments("ping", ["a"]);
    let config = Config::new("https://documents.example/mcp");
    let error = alone
        .into_router(config)
        .expect_err("it does not start")
        .to_string();
    assert!(error.contains("without a decision point"), "{error}");
}

impl<'w> MakeWriter<'w> for Written {
    type Writer = CapturedLog;

    fn make_writer(&'w self) -> CapturedLog {
        self.0.clone()
    }
}

struct Written(CapturedLog);

#[tokio::test]
async fn a_denial_tells_the_log_its_policy_and_reasons_and_the_caller_nothing_of_them() {
    let engine = Engine::answering(|_| {
        PolicyDecision::new(Effect::Deny)
            .with_policy("office-hours")
            .with_version("42")
            .with_reason("bob is on holiday")
    });
    let log = CapturedLog::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(Written(log.clone()))
        .finish();
    let server = TestServer::new(server(&engine));
    let alice = server.as_caller("alice").with_scopes(["documents:read"]);
    let guard = tracing::subscriber::set_default(subscriber);
    let denial = alice.read("documents://7").await.expect_err("denied");
    drop(guard);
    assert_eq!(denial.status(), 403);
    assert!(denial.challenge().is_none());
    assert_eq!(denial.reason(), Some(DenialReason::DeniedByPolicy));
    assert_eq!(denial.remedy(), Some(Remedy::AskAdministrator));
    let body = denial.body().to_string();
    assert!(
        !body.contains("holiday") && !body.contains("office-hours"),
        "{body}"
    );
    let lines = log.lines();
    let line = lines.iter().find(|line| line.contains("denied_by_policy"));
    let line: Value = serde_json::from_str(line.expect("an audit line")).expect("JSON");
    assert_eq!(line["fields"]["policy"], "office-hours");
    assert_eq!(line["fields"]["policy_version"], "42");
    assert_eq!(line["fields"]["policy_reasons"], "bob is on holiday");
}

#[tokio::test]
async fn an_explanation_shows_the_policy_and_the_reasons_of_the_engine() {
    let engine = Engine::answering(|request| match request.resource().item() {
        "documents://{id}" => PolicyDecision::new(Effect::Deny)
            .with_policy("office-hours")
            .with_version("42")
            .with_reason("it is Sunday"),
        _ => PolicyDecision::new(Effect::Allow),
    });
    let declared = || server(&engine).with_policy_arguments("delete", ["id"]);
    let config = Config::new("https://documents.example/mcp").with_issuer("https://as.example");
    let explained = |item: &'static str| {
        let (server, config) = (declared(), config.clone());
        async move { server.explain_with_policy(&config, "", item).await }
    };
    let text = explained("documents://{id}")
        .await
        .expect("an item")
        .to_string();
    let step = "denies  policy: office-hours (42); it is Sunday";
    assert!(text.contains(step), "{text}");
    let text = explained("ping").await.expect("an item").to_string();
    assert!(
        text.contains("allows  policy: the engine gives no reason"),
        "{text}"
    );
    let text = explained("delete").await.expect("an item").to_string();
    assert!(
        text.contains("open    policy: not asked, because it depends on arguments"),
        "{text}"
    );
}
