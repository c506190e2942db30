//! [`ItemInputs`]: the arguments of tools and prompts, for the decision point.

use std::collections::HashMap;

use rmcp::model::{Prompt, Tool};
use serde_json::{Value, json};

use crate::policy::PolicyKind;

/// The arguments of tools and prompts by kind and name, each with its JSON Schema.
#[derive(Debug, Default)]
pub(super) struct ItemInputs(HashMap<(PolicyKind, String), HashMap<String, Value>>);

impl ItemInputs {
    /// Reads the arguments of what lists publish.
    pub(super) fn of<'i>(
        tools: impl Iterator<Item = &'i Tool>,
        prompts: impl Iterator<Item = &'i Prompt>,
    ) -> Self {
        let tools = tools.map(|tool| {
            let properties = tool
                .input_schema
                .get("properties")
                .and_then(Value::as_object);
            let properties = properties.into_iter().flatten();
            let arguments = properties.map(|(name, schema)| (name.clone(), schema.clone()));
            (
                (PolicyKind::Tool, tool.name.to_string()),
                arguments.collect(),
            )
        });
        let prompts = prompts.map(|prompt| {
            let arguments = prompt.arguments.iter().flatten();
            // Arguments of prompts are text.
            let arguments = arguments.map(|one| (one.name.clone(), json!({"type": "string"})));
            (
                (PolicyKind::Prompt, prompt.name.clone()),
                arguments.collect(),
            )
        });
        Self(tools.chain(prompts).collect())
    }

    /// Returns the schema of an argument, or `None` if the item does not have it. If the handler
    /// has not listed the item, its arguments are unknown, and any is accepted.
    pub(super) fn schema(&self, kind: PolicyKind, item: &str, argument: &str) -> Option<Value> {
        match self.0.get(&(kind, item.to_owned())) {
            Some(arguments) => arguments.get(argument).cloned(),
            None => Some(Value::Bool(true)),
        }
    }
}
