//! Tools that talk to the client while they run.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;
use toolgate::{Context, LogLevel, ToolError};

/// Long enough to distinguish a message that is sent immediately from one that is delayed.
const PAUSE: Duration = Duration::from_millis(50);

#[expect(
    deprecated,
    reason = "2025-11-25 has sampling; a later revision deprecates it"
)]
mod deprecated {
    use rmcp::model::CreateMessageRequestParams;

    use super::{Context, ToolError, json};

    pub(super) async fn sample(context: &Context, prompt: &str) -> Result<String, ToolError> {
        let request: CreateMessageRequestParams = serde_json::from_value(json!({
            "messages": [{ "role": "user", "content": { "type": "text", "text": prompt } }],
            "maxTokens": 100,
        }))?;
        let answer = context.peer().create_message(request).await?;
        let content = serde_json::to_value(&answer.message.content)?;
        let text = content["text"].as_str().unwrap_or("no text");
        Ok(format!("LLM response: {text}"))
    }
}

offer! {
    mcp_tool, tools: ToolSet;

    /// Sends three log messages while it runs.
    #[and(read_only)]
    async fn test_tool_with_logging(context: Context) -> &'static str {
        context.log(LogLevel::Info, "Tool execution started").await;
        sleep(PAUSE).await;
        context.log(LogLevel::Info, "Tool processing data").await;
        sleep(PAUSE).await;
        context.log(LogLevel::Info, "Tool execution completed").await;
        "Three log messages were sent."
    }

    /// Sends a log message, if the client asked for log messages.
    #[and(read_only)]
    async fn test_logging_tool(context: Context) -> &'static str {
        context.log(LogLevel::Warning, "A log message.").await;
        "A log message was sent, if it was asked for."
    }

    /// Reports its progress three times.
    #[and(read_only)]
    async fn test_tool_with_progress(context: Context) -> &'static str {
        for done in [0.0, 50.0, 100.0] {
            context.progress(done, Some(100.0), None).await;
            sleep(PAUSE).await;
        }
        "Progress was reported three times."
    }

    /// Asks the client's model.
    #[and(read_only)]
    async fn test_sampling(
        /// The question.
        prompt: String,
        context: Context,
    ) -> Result<String, ToolError> {
        deprecated::sample(&context, &prompt).await
    }
}
