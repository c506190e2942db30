//! The registered names of items, for the messages of refusals.

use std::sync::Arc;

use crate::{
    authorization::{ProtectedItems, Target},
    operation::Operation,
};

/// The names of tools and prompts and the URIs of resources, each as it is registered.
///
/// Messages name items by these, never by text from a client.
#[derive(Debug, Default, Clone)]
pub(crate) struct ItemNames {
    tools: Vec<Arc<str>>,
    prompts: Vec<Arc<str>>,
    resources: Vec<Arc<str>>,
}

impl ItemNames {
    /// Collects the names of the offered items.
    pub(crate) fn of(protected_items: &ProtectedItems) -> Self {
        let tools = protected_items
            .tools
            .iter()
            .map(|(name, _)| Arc::from(&**name));
        let prompts = protected_items
            .prompts
            .iter()
            .map(|(name, _)| Arc::from(&**name));
        let resources = protected_items
            .resources
            .iter()
            .map(|(uri, _)| uri.as_str().into());
        Self {
            tools: tools.collect(),
            prompts: prompts.collect(),
            resources: resources.collect(),
        }
    }

    /// Returns the items of one kind, each with its name.
    pub(super) fn of_kind(
        &self,
        target: fn(u32) -> Target,
    ) -> impl Iterator<Item = (Target, &str)> {
        let targets = (0..).map(target);
        targets.map_while(|target| Some((target, self.get(target)?)))
    }

    /// Returns the names of all items, each with the method that runs the item.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'static str, Arc<str>)> {
        let kinds = [
            (Operation::CallTool(""), &self.tools),
            (Operation::GetPrompt(""), &self.prompts),
            (Operation::ReadResource(""), &self.resources),
        ];
        kinds.into_iter().flat_map(|(runs, names)| {
            let named = move |name| (runs.kind(), Arc::clone(name));
            names.iter().map(named)
        })
    }

    /// Returns the name of an item.
    pub(crate) fn get(&self, target: Target) -> Option<&str> {
        self.shared(target).map(|name| &**name)
    }

    /// Returns the name of an item, to be cloned without an allocation.
    pub(crate) fn shared(&self, target: Target) -> Option<&Arc<str>> {
        let (names, number) = match target {
            Target::Tool(number) => (&self.tools, number),
            Target::Prompt(number) => (&self.prompts, number),
            Target::Resource(number) => (&self.resources, number),
        };
        names.get(usize::try_from(number).ok()?)
    }
}
