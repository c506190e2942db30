//! One item of each kind that requires two scopes: a challenge has to name both at once.

use toolgate::{
    Changes, PromptSet, ResourceSet, ToolSet, mcp_prompt, mcp_resource, mcp_tool, prompts,
    resources, tools,
};

use crate::steps::scope;

/// Returns a text to callers with both scopes.
#[mcp_tool(scopes = [scope::USE, scope::WRITE], step_up, read_only)]
async fn two_scopes() -> &'static str {
    "both scopes"
}

/// A text for callers with both scopes.
#[mcp_resource(uri = "test://two-scopes", scopes = [scope::USE, scope::WRITE], step_up)]
async fn two_scopes_text() -> &'static str {
    "both scopes"
}

/// The id in the URI, for callers with both scopes.
#[mcp_resource(
    uri = "test://two-scopes/{id}/data",
    scopes = [scope::USE, scope::WRITE],
    step_up
)]
async fn two_scopes_data(id: String) -> String {
    format!("both scopes for {id}")
}

/// A message for callers with both scopes.
#[mcp_prompt(scopes = [scope::USE, scope::WRITE], step_up)]
async fn two_scopes_prompt() -> &'static str {
    "both scopes"
}

pub(crate) fn tools(set: &mut ToolSet<Changes>) {
    tools![in scope::ALL; two_scopes](set);
}

pub(crate) fn resources(set: &mut ResourceSet<Changes>) {
    resources![in scope::ALL; two_scopes_text, two_scopes_data](set);
}

pub(crate) fn prompts(set: &mut PromptSet<Changes>) {
    prompts![in scope::ALL; two_scopes_prompt](set);
}
