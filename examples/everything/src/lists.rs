//! Tools that change the lists of tools and prompts, and the tool that they switch.

use toolgate::{Changes, State, ToolError};

offer! {
    mcp_tool, tools: ToolSet;

    /// Changes the list of tools: removes one tool and adds it again.
    async fn test_trigger_tool_change(State(changes): State<Changes>) -> Result<(), ToolError> {
        changes.switch_off("switched")?;
        Ok(changes.switch_on("switched")?)
    }

    /// Changes the list of prompts: removes one prompt and adds it again.
    async fn test_trigger_prompt_change(State(changes): State<Changes>) -> Result<(), ToolError> {
        changes.switch_prompt_off("switched_prompt")?;
        Ok(changes.switch_prompt_on("switched_prompt")?)
    }

    /// Does nothing; `test_trigger_tool_change` removes and adds it.
    #[and(read_only)]
    async fn switched() -> () {}
}
