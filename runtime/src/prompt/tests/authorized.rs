//! The `authorize` function: a prompt begins with the very values that it authorized.

use super::*;
use crate::item::{AuthorizeDenial, AuthorizeError};

fn may_begin(
    caller: &Caller,
    text: &str,
    State(house): &State<&'static str>,
    tone: &Option<Tone>,
) -> Result<(), AuthorizeError> {
    match (text, tone) {
        ("secret", _) => Err(AuthorizeError::denied(format!("not in the {house}"))),
        (_, Some(Tone::Plain)) if !caller.has("write") => {
            Err(AuthorizeError::needs_scopes(["write"]))
        }
        _ => Ok(()),
    }
}

/// Begins.
#[mcp_prompt(authenticated, authorize = may_begin, authorize_scopes = ["write"])]
fn begin(
    text: String,
    caller: Caller,
    State(house): State<&'static str>,
    tone: Option<Tone>,
) -> String {
    let who = caller.subject().unwrap_or_default();
    format!("{house} {who} {text} {tone:?}")
}

impl Desk {
    /// Returns a permit with what the prompt has authorized, as the gate does.
    async fn authorized(&self, arguments: Value) -> Result<Permit, AuthorizeDenial> {
        let mut permit = self.permit(Operation::GetPrompt("begin"));
        let call = self.call(arguments);
        let authorizing = self.prompt("begin").authorize("begin", call).unwrap();
        permit.set_parameters(authorizing.await?.parameters);
        Ok(permit)
    }

    async fn get_with(&self, permit: &Permit, arguments: Value) -> Result<String, ErrorData> {
        let call = self.call(arguments);
        let response = self.prompt("begin").respond(permit, "begin", true, call);
        let GetPromptResponse::Complete(result) = response.await? else {
            panic!("a question");
        };
        let json = serde_json::to_value(result).unwrap();
        let text = &json["messages"][0]["content"]["text"];
        Ok(text.as_str().unwrap().to_owned())
    }
}

#[tokio::test]
async fn the_arguments_that_were_authorized_begin_whatever_is_sent_later() {
    let desk = desk_of(prompts![begin]);
    let secret = json!({"text": "secret"});
    let denied = desk.authorized(secret.clone()).await.unwrap_err();
    assert_eq!(denied, AuthorizeDenial::Denied("not in the desk".into()));
    let demand = desk.authorized(json!({"text": "a", "tone": "plain"})).await;
    assert!(matches!(
        demand.unwrap_err(),
        AuthorizeDenial::NeedsScopes(_)
    ));
    let permit = desk.authorized(json!({"text": "a", "tone": "kind"})).await;
    let permit = permit.unwrap();
    let begun = desk.get_with(&permit, secret.clone()).await.unwrap();
    assert_eq!(begun, "desk alice a Some(Kind)");
    // The permit covers one request.
    let error = desk.get_with(&permit, secret).await.unwrap_err();
    assert_eq!(error.message, "this request was not admitted");
}

#[tokio::test]
async fn arguments_that_the_prompt_does_not_take_are_errors_and_not_asked_about() {
    let desk = desk_of(prompts![begin]);
    for wrong in [
        json!({}),
        json!({"text": 7}),
        json!({"text": "a", "more": "b"}),
        json!({"text": "a", "tone": "rude"}),
    ] {
        let permit = desk.authorized(wrong.clone()).await.unwrap();
        let error = desk.get_with(&permit, json!({"text": "a"})).await;
        let error = error.unwrap_err();
        assert_eq!(error.code, ErrorCode::INVALID_PARAMS, "{wrong} {error:?}");
    }
}
