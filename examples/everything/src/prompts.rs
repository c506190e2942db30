//! Prompts with every kind of content. The suite defines their names and texts.

use rmcp::model::{ContentBlock, PromptMessage, ResourceContents, Role};

use schemars::JsonSchema;
use serde::Deserialize;
use toolgate::{Reply, Round, ToolError, interaction::Elicited};

use crate::content::IMAGE;

/// The context that the user chooses for a prompt.
#[derive(Deserialize, JsonSchema)]
struct About {
    context: String,
}

fn user(content: ContentBlock) -> PromptMessage {
    PromptMessage::new(Role::User, content)
}

/// Returns the cities that begin with the typed text.
fn cities(begun: &str) -> Vec<&'static str> {
    let cities = ["paris", "prague", "porto"].into_iter();
    cities.filter(|city| city.starts_with(begun)).collect()
}

offer! {
    mcp_prompt, prompts: PromptSet;

    /// One message, without arguments.
    async fn test_simple_prompt() -> &'static str {
        "This is a simple prompt for testing."
    }

    /// One message, with both arguments in it.
    async fn test_prompt_with_arguments(
        /// The first.
        #[arg(complete = cities)]
        arg1: String,
        /// The second.
        arg2: String,
    ) -> String {
        format!("Prompt with arguments: arg1='{arg1}', arg2='{arg2}'")
    }

    /// A resource, and what to do with it.
    async fn test_prompt_with_embedded_resource(
        /// The resource's URI.
        #[arg(rename = "resourceUri")]
        uri: String,
    ) -> Vec<PromptMessage> {
        let text = ResourceContents::text("Embedded resource content for testing.", uri);
        vec![
            user(ContentBlock::resource(text.with_mime_type("text/plain"))),
            user(ContentBlock::text("Please process the embedded resource above.")),
        ]
    }

    /// An image, and what to do with it.
    async fn test_prompt_with_image() -> Vec<PromptMessage> {
        vec![
            user(ContentBlock::image(IMAGE, "image/png")),
            user(ContentBlock::text("Please analyze the image above.")),
        ]
    }

    /// One message, about a context that the user is asked for first.
    async fn test_input_required_result_prompt(
        #[extract] round: Round<()>,
    ) -> Result<Reply<String>, ToolError> {
        Ok(match round.elicited("user_context")? {
            None => {
                let message = "What context should the prompt use?";
                round.ask(&()).form::<About>("user_context", message).into()
            }
            Some(Elicited::Accepted(About { context })) => {
                Reply::Done(format!("Use this context: {context}"))
            }
            Some(_) => Reply::Done("Use no context.".to_owned()),
        })
    }

    /// Says nothing; `test_trigger_prompt_change` removes and adds it.
    async fn switched_prompt() -> &'static str {
        "Nothing."
    }
}
