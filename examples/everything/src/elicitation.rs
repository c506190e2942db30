//! Tools that ask the user of the client with every kind of form.

use rmcp::model::ElicitRequestParams;
use serde_json::{Value, json};
use toolgate::{Context, ToolError};

/// Shows a form, and returns what the user did with it.
async fn ask(
    context: &Context,
    told: &str,
    message: &str,
    schema: Value,
) -> Result<String, ToolError> {
    let form: ElicitRequestParams = serde_json::from_value(json!({
        "mode": "form",
        "message": message,
        "requestedSchema": schema,
    }))?;
    let answer = serde_json::to_value(context.peer().create_elicitation(form).await?)?;
    let (action, content) = (&answer["action"], &answer["content"]);
    Ok(format!(
        "{told}: action={}, content={content}",
        action.as_str().unwrap_or_default()
    ))
}

offer! {
    mcp_tool, tools: ToolSet;

    /// Asks for a name and an address.
    #[and(read_only)]
    async fn test_elicitation(
        /// The message for the user.
        message: String,
        context: Context,
    ) -> Result<String, ToolError> {
        let schema = json!({
            "type": "object",
            "properties": {
                "username": { "type": "string", "description": "User's response" },
                "email": { "type": "string", "description": "User's email address" },
            },
            "required": ["username", "email"],
        });
        ask(&context, "User response", &message, schema).await
    }

    /// Asks with a form that has default values.
    #[and(read_only)]
    async fn test_elicitation_sep1034_defaults(context: Context) -> Result<String, ToolError> {
        let schema = json!({
            "type": "object",
            "properties": {
                "name": { "type": "string", "default": "John Doe" },
                "age": { "type": "integer", "default": 30 },
                "score": { "type": "number", "default": 95.5 },
                "status": {
                    "type": "string",
                    "enum": ["active", "inactive", "pending"],
                    "default": "active",
                },
                "verified": { "type": "boolean", "default": true },
            },
            "required": [],
        });
        ask(&context, "Elicitation completed", "Is this right?", schema).await
    }

    /// Asks the user to choose, with each of the five kinds of enum.
    #[and(read_only)]
    async fn test_elicitation_sep1330_enums(context: Context) -> Result<String, ToolError> {
        let titled = json!([
            { "const": "value1", "title": "First" },
            { "const": "value2", "title": "Second" },
            { "const": "value3", "title": "Third" },
        ]);
        let plain = ["option1", "option2", "option3"];
        let schema = json!({
            "type": "object",
            "properties": {
                "untitledSingle": { "type": "string", "enum": plain },
                "titledSingle": { "type": "string", "oneOf": titled },
                "legacyEnum": {
                    "type": "string",
                    "enum": ["opt1", "opt2", "opt3"],
                    "enumNames": ["First", "Second", "Third"],
                },
                "untitledMulti": { "type": "array", "items": { "type": "string", "enum": plain } },
                "titledMulti": { "type": "array", "items": { "anyOf": titled } },
            },
            "required": [],
        });
        ask(&context, "Elicitation completed", "Which ones?", schema).await
    }
}
