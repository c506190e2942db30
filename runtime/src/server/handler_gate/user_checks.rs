//! The questions that users answer before an item of a handler runs.

use std::{borrow::Cow, sync::Arc};

use rmcp::model::{JsonObject, Prompt, Tool};

use crate::{
    authorization::Target,
    error::SetupErrors,
    item::{RoundSeal, UserCheck},
    server::{
        gate_plan::GatePlan,
        registry::{AccessTerms, ItemAccessRegistry},
    },
    uri_pattern::UriPattern,
};

use super::inventory::Inventory;

/// The questions, by the numbers of their items.
pub(super) struct UserChecks {
    tools: Vec<Option<UserCheck>>,
    prompts: Vec<Option<UserCheck>>,
    resources: Vec<(UriPattern, Option<UserCheck>)>,
}

/// The questions, and what binds an answer to the request that it belongs to.
pub(super) struct SealedUserChecks {
    all: UserChecks,
    pub(super) seal: Arc<RoundSeal>,
}

impl UserChecks {
    /// Reads the questions of the offered items. Returns `None` if there are none. A question that
    /// names an argument which the handler does not list is an error.
    pub(super) fn of(
        offered: &ItemAccessRegistry,
        inventory: &Inventory,
        faults: &mut SetupErrors,
    ) -> Option<Self> {
        let listed_tool = |name: &str| {
            inventory
                .tools
                .iter()
                .flatten()
                .find(|one| one.name == name)
        };
        let tools = offered.tools.iter().map(|(name, terms)| {
            let listed = listed_tool(name);
            let has = |argument: &str| listed.is_none_or(|tool| takes(tool, argument));
            read(("tool", name), terms, has, faults)
        });
        let tools = tools.collect();
        let listed_prompt = |name: &str| {
            let mut listed = inventory.prompts.iter().flatten();
            listed.find(|one| one.name == name)
        };
        let prompts = offered.prompts.iter().map(|(name, terms)| {
            let listed = listed_prompt(name);
            let has = |argument: &str| listed.is_none_or(|prompt| prompt_takes(prompt, argument));
            read(("prompt", name), terms, has, faults)
        });
        let prompts = prompts.collect();
        let resources = offered.resources.iter().map(|(pattern, terms)| {
            let has = |variable: &str| pattern.variables().any(|one| one == variable);
            let decision = read(("resource", pattern.as_str()), terms, has, faults);
            (pattern.clone(), decision)
        });
        let all = Self {
            resources: resources.collect(),
            tools,
            prompts,
        };
        let named = all.tools.iter().chain(&all.prompts);
        let mut questions = named.chain(all.resources.iter().map(|(_, question)| question));
        questions.any(Option::is_some).then_some(all)
    }

    /// Adds what seals the states. An error is added to `faults`.
    pub(super) fn sealed_by(
        self,
        plan: &GatePlan,
        faults: &mut SetupErrors,
    ) -> Option<SealedUserChecks> {
        let seal = plan.round_seal(faults)?;
        Some(SealedUserChecks { all: self, seal })
    }
}

impl SealedUserChecks {
    /// Returns the question of an item.
    pub(super) fn get(&self, target: Target) -> Option<&UserCheck> {
        let all = &self.all;
        match target {
            Target::Tool(index) => all.tools.get(index as usize)?.as_ref(),
            Target::Prompt(index) => all.prompts.get(index as usize)?.as_ref(),
            Target::Resource(index) => all.resources.get(index as usize)?.1.as_ref(),
        }
    }

    /// Returns what the user sees of a request: the arguments, or the variables of the URI.
    pub(super) fn shown<'r>(
        &self,
        target: Target,
        requested: &str,
        arguments: Option<&'r JsonObject>,
    ) -> Cow<'r, JsonObject> {
        let Target::Resource(index) = target else {
            return arguments.map_or_else(Cow::default, Cow::Borrowed);
        };
        let pattern = self.all.resources.get(index as usize);
        let values = pattern.and_then(|(pattern, _)| pattern.matches(requested));
        let values = values.into_iter().flatten();
        Cow::Owned(
            values
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect(),
        )
    }
}

/// Reads the question of one item.
fn read(
    item: (&str, &str),
    terms: &AccessTerms,
    has: impl Fn(&str) -> bool,
    faults: &mut SetupErrors,
) -> Option<UserCheck> {
    let decision = UserCheck::new(terms.question?, item, terms.requirement, has);
    decision
        .map_err(|(what, remedy)| faults.add(what, remedy))
        .ok()
}

/// Returns whether a tool lists an argument. Any name fits a schema without properties.
fn takes(tool: &Tool, argument: &str) -> bool {
    let properties = tool.input_schema.get("properties");
    properties.is_none_or(|properties| properties.get(argument).is_some())
}

/// Returns whether a prompt lists an argument. Any name fits a prompt that lists none.
fn prompt_takes(prompt: &Prompt, argument: &str) -> bool {
    let arguments = prompt.arguments.as_ref();
    arguments.is_none_or(|all| all.iter().any(|one| one.name == argument))
}
