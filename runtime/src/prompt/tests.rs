//! What the attribute makes, got as a server gets it.

use std::sync::Arc;

use rmcp::model::{ErrorCode, GetPromptResult, PromptMessage, Role};
use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::{
    State,
    authorization::Permit,
    authorization::{Decision, ProtectedItems, Rules},
    caller::Caller,
    claims::Claims,
    item::{Call, Item},
    mcp_prompt, mcp_tools,
    operation::Operation,
    scope::ScopeTable,
};

mod authorized;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tone {
    Kind,
    Plain,
}

/// Reviews a text.
///
/// In any language.
#[mcp_prompt(
    scope = "read",
    name = "text.review",
    title = "Review",
    icons = ["https://example.com/a.png"],
    meta = json!({"example.com/cost": 3}),
    step_up
)]
async fn review(
    /// The text.
    text: String,
    State(house): State<&'static str>,
    /// How to say it.
    #[arg(complete = tones)]
    tone: Option<Tone>,
    #[arg(rename = "max-lines")] lines: Option<u8>,
    caller: Caller,
) -> Result<String, ToolFault> {
    let who = caller.subject().unwrap_or_default().to_owned();
    match &*text {
        "fail" => Err(ToolFault),
        "panic" => panic!("as the test asks"),
        text => Ok(format!("{house} {who} {text} {tone:?} {lines:?}")),
    }
}

#[derive(Debug)]
struct ToolFault;

impl std::fmt::Display for ToolFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it is not done today")
    }
}

impl std::error::Error for ToolFault {}

fn tones(begun: &str) -> Vec<&'static str> {
    let tones = ["kind", "plain"].into_iter();
    tones.filter(|tone| tone.starts_with(begun)).collect()
}

/// Greets.
#[mcp_prompt(public)]
fn greet() -> Vec<PromptMessage> {
    vec![
        PromptMessage::new_text(Role::User, "Hello."),
        PromptMessage::new_text(Role::Assistant, "Good day."),
    ]
}

/// Says what it is.
#[mcp_prompt(authenticated)]
fn described() -> GetPromptResult {
    GetPromptResult::new(vec![PromptMessage::new_text(Role::User, "x")])
        .with_description("said by hand")
}

struct Desk {
    prompts: Vec<Item<&'static str, PromptKind>>,
    rules: Rules,
}

fn desk() -> Desk {
    desk_of(prompts![review, greet, described])
}

fn desk_of(add: impl FnOnce(&mut PromptSet<&'static str>)) -> Desk {
    let mut set = PromptSet::new();
    add(&mut set);
    let mut faults = SetupErrors::default();
    let prompts = set.finish(&mut faults);
    let prompts = faults.finish(prompts).unwrap();
    let scopes = prompts.iter().flat_map(|one| one.requirement().scopes());
    let table = ScopeTable::with_hierarchy(scopes, &[]).unwrap();
    let accesses = prompts
        .iter()
        .map(|one| (Box::from(one.name()), one.requirement().resolve(&table)));
    let protected_items = ProtectedItems {
        prompts: accesses.collect(),
        ..ProtectedItems::default()
    };
    let baseline = table.required();
    Desk {
        rules: Rules::new(table, protected_items, baseline, true),
        prompts,
    }
}

impl Desk {
    fn alice(&self) -> Caller {
        let claims = json!({
            "iss": "https://issuer.example", "sub": "alice", "aud": "a", "exp": 2_000, "scope": "read",
        });
        let claims = Claims::from_json(claims.to_string().as_bytes()).unwrap();
        crate::tests::caller(claims, self.rules.table())
    }

    fn permit(&self, operation: Operation<'_>) -> Permit {
        match self.rules.decide(operation, Some(self.alice())) {
            Decision::Admit(permit) => permit,
            refused => panic!("{refused:?}"),
        }
    }

    fn prompt(&self, name: &str) -> &Item<&'static str, PromptKind> {
        self.prompts.iter().find(|one| one.name() == name).unwrap()
    }

    fn call(&self, arguments: Value) -> Call<&'static str> {
        let Value::Object(arguments) = arguments else {
            panic!("arguments are an object")
        };
        Call::new("desk", arguments, Some(self.alice()), None)
    }

    async fn get(&self, name: &str, arguments: Value) -> Result<GetPromptResult, ErrorData> {
        let permit = self.permit(Operation::GetPrompt(name));
        let call = self.call(arguments);
        match self.prompt(name).respond(&permit, name, true, call).await? {
            GetPromptResponse::Complete(result) => Ok(result),
            other => panic!("{other:?}"),
        }
    }

    async fn error(&self, name: &str, arguments: Value) -> (ErrorCode, String) {
        let error = self.get(name, arguments).await.unwrap_err();
        (error.code, error.message.into_owned())
    }
}

#[test]
fn the_listing_says_what_the_attribute_says() {
    let desk = desk();
    let names: Vec<_> = desk.prompts.iter().map(Item::name).collect();
    assert_eq!(names, ["described", "greet", "text.review"]);
    let review = desk.prompt("text.review");
    assert_eq!(
        serde_json::to_value(review.listing()).unwrap(),
        json!({
            "name": "text.review",
            "title": "Review",
            "description": "Reviews a text.\n\nIn any language.",
            "arguments": [
                {"name": "text", "description": "The text.", "required": true},
                {"name": "tone", "description": "How to say it.", "required": false},
                {"name": "max-lines", "required": false},
            ],
            "icons": [{"src": "https://example.com/a.png"}],
            "_meta": {
                "example.com/cost": 3,
                "securitySchemes": [{"type": "oauth2", "scopes": ["read"]}],
            },
        })
    );
    assert!(review.is_step_up() && !review.takes_context());
    assert_eq!(review.undescribed_arguments(), ["max-lines"]);
    assert!(desk.prompt("greet").listing().arguments.is_none());
}

#[tokio::test]
async fn null_for_an_optional_argument_counts_as_left_out() {
    let desk = desk();
    let left_out = desk.get("text.review", json!({"text": "7"})).await.unwrap();
    let nulls = json!({"text": "7", "tone": null, "max-lines": null});
    assert_eq!(desk.get("text.review", nulls).await.unwrap(), left_out);
    let (_, told) = desk.error("text.review", json!({"text": null})).await;
    assert!(told.contains("`text` must be a text"), "{told}");
}

#[tokio::test]
async fn arguments_are_texts_that_are_read_by_their_types() {
    let desk = desk();
    let arguments = json!({"text": "7", "tone": "plain", "max-lines": "3"});
    let result = desk.get("text.review", arguments).await.unwrap();
    assert_eq!(
        result.messages,
        [PromptMessage::new_text(
            Role::User,
            "desk alice 7 Some(Plain) Some(3)"
        )]
    );
    assert_eq!(
        result.description.as_deref(),
        Some("Reviews a text.\n\nIn any language.")
    );
    let result = desk.get("text.review", json!({"text": ""})).await.unwrap();
    assert_eq!(
        result.messages,
        [PromptMessage::new_text(Role::User, "desk alice  None None")]
    );
}

#[tokio::test]
async fn arguments_that_are_wrong_are_named_all_together() {
    let desk = desk();
    let wrong = json!({"tone": 7, "other": "a", "more": {"a": 1}});
    let (code, message) = desk.error("text.review", wrong).await;
    assert_eq!(code, ErrorCode::INVALID_PARAMS);
    for part in [
        "the argument `text` is missing",
        "the argument `tone` must be a text",
        "there is no argument `other`",
        "there is no argument `more`",
    ] {
        assert!(message.contains(part), "{message}");
    }
    let (code, message) = desk
        .error("text.review", json!({"text": "a", "tone": "loud"}))
        .await;
    assert_eq!(code, ErrorCode::INVALID_PARAMS);
    assert!(message.contains("`tone` cannot be read"), "{message}");
}

#[tokio::test]
async fn an_error_is_reported_by_its_own_text() {
    let desk = desk();
    for (text, expected) in [
        ("fail", "it is not done today"),
        (
            "panic",
            "it failed unexpectedly; this is an error in the server, not in the request",
        ),
    ] {
        let (code, message) = desk.error("text.review", json!({ "text": text })).await;
        assert_eq!(code, ErrorCode::INTERNAL_ERROR);
        assert_eq!(message, expected);
    }
}

#[tokio::test]
async fn messages_are_taken_as_they_are() {
    let desk = desk();
    let result = desk.get("greet", json!({})).await.unwrap();
    assert_eq!(result.messages.len(), 2);
    assert_eq!(result.description.as_deref(), Some("Greets."));
    let result = desk.get("described", json!({})).await.unwrap();
    assert_eq!(result.description.as_deref(), Some("said by hand"));
}

#[tokio::test]
async fn an_admission_for_another_prompt_makes_and_completes_nothing() {
    let desk = desk();
    let review = desk.prompt("text.review");
    for operation in [Operation::GetPrompt("greet"), Operation::ListPrompts] {
        let other = desk.permit(operation);
        let error = review
            .respond(&other, "text.review", true, desk.call(json!({"text": "a"})))
            .await
            .map_err(ErrorData::from)
            .unwrap_err();
        assert_eq!(error.message, "this request was not admitted");
        let completing = review.complete(&other, "tone", "k", desk.call(json!({})));
        assert!(completing.is_none());
    }
    let permit = desk.permit(Operation::CompletePrompt("text.review"));
    let completing = review.complete(&permit, "tone", "k", desk.call(json!({})));
    assert_eq!(completing.unwrap().await.values, ["kind"]);
    let completing = review.complete(&permit, "text", "k", desk.call(json!({})));
    assert!(completing.is_none());
}

#[test]
fn two_prompts_of_one_name_do_not_start() {
    let mut set = PromptSet::<&'static str>::new();
    (prompts![greet, described, greet])(&mut set);
    let mut faults = SetupErrors::default();
    set.finish(&mut faults);
    let told = faults.finish(()).unwrap_err().to_string();
    assert!(told.contains("two prompts are named `greet`"), "{told}");
}

struct House(u8);

#[mcp_tools]
impl House {
    /// Asks about the house.
    #[mcp_prompt(scope = "read")]
    async fn ask(&self, #[arg(complete = Self::rooms)] room: String) -> String {
        format!("What is in {room} of {}?", self.0)
    }

    fn rooms(begun: &str, house: Arc<Self>) -> Vec<String> {
        vec![format!("{begun}{}", house.0)]
    }
}

#[test]
fn methods_are_prompts() {
    let mut set = PromptSet::<Arc<House>>::new();
    House::prompts(&mut set);
    let prompts = set.finish(&mut SetupErrors::default());
    assert_eq!(prompts.len(), 1);
    assert_eq!(prompts[0].name(), "ask");
}
