//! Tools that change what there is, and what they change.

use toolgate::{Changes, State, ToolError};

offer! {
    mcp_tool, tools: ToolSet;

    /// Changes the list of tools: one of them goes and comes back.
    async fn test_trigger_tool_change(State(changes): State<Changes>) -> Result<(), ToolError> {
        changes.switch_off("switched")?;
        Ok(changes.switch_on("switched")?)
    }

    /// Changes the list of prompts: one of them goes and comes back.
    async fn test_trigger_prompt_change(State(changes): State<Changes>) -> Result<(), ToolError> {
        changes.switch_prompt_off("switched_prompt")?;
        Ok(changes.switch_prompt_on("switched_prompt")?)
    }

    /// Does nothing; it is what `test_trigger_tool_change` changes.
    #[and(read_only)]
    async fn switched() -> () {}
}
