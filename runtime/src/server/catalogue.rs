//! The tools, prompts and resources of a server, as registered.

use std::sync::Arc;

use rmcp::model::ServerCapabilities;

use crate::{
    access::Requirement,
    authorization::{Permit, Switches, Target},
    error::SetupErrors,
    prompt::{Prompt, PromptSet},
    resource::{Resource, ResourceSet},
    tool::{Tool, ToolSet},
};

use super::{
    changes::Names,
    registry::{AccessTerms, Registry},
};

/// The registered items while the server is being built.
pub(super) struct Sets<S> {
    pub(super) tools: ToolSet<S>,
    pub(super) prompts: PromptSet<S>,
    pub(super) resources: ResourceSet<S>,
}

impl<S> Sets<S> {
    pub(super) fn new() -> Self {
        Self {
            tools: ToolSet::new(),
            prompts: PromptSet::new(),
            resources: ResourceSet::new(),
        }
    }
}

impl<S: Clone + Send + Sync + 'static> Sets<S> {
    /// Returns the same sets with the state applied to each item.
    pub(super) fn bound(self, state: &S) -> Sets<()> {
        Sets {
            tools: self.tools.bound(state),
            prompts: self.prompts.bound(state),
            resources: self.resources.bound(state),
        }
    }
}

impl Sets<()> {
    /// Builds the catalogue. Errors are added to `faults`.
    pub(super) fn finish(self, faults: &mut SetupErrors) -> Catalogue {
        Catalogue {
            tools: self.tools.finish(faults),
            prompts: self.prompts.finish(faults),
            resources: self.resources.finish(faults),
        }
    }
}

/// The registered items. An item's index is its number.
pub(super) struct Catalogue {
    pub(super) tools: Vec<Tool<()>>,
    pub(super) prompts: Vec<Prompt<()>>,
    pub(super) resources: Vec<Resource<()>>,
}

impl Catalogue {
    /// Returns the tool that the admission is for.
    pub(super) fn permitted_tool(&self, permit: &Permit) -> Option<&Tool<()>> {
        match permit.target() {
            Some(Target::Tool(number)) => self.tools.get(number as usize),
            _ => None,
        }
    }

    /// Returns the prompt that the admission is for.
    pub(super) fn permitted_prompt(&self, permit: &Permit) -> Option<&Prompt<()>> {
        match permit.target() {
            Some(Target::Prompt(number)) => self.prompts.get(number as usize),
            _ => None,
        }
    }

    /// Returns the resource that the admission is for.
    pub(super) fn permitted_resource(&self, permit: &Permit) -> Option<&Resource<()>> {
        match permit.target() {
            Some(Target::Resource(number)) => self.resources.get(number as usize),
            _ => None,
        }
    }

    /// Returns the offered items and their access terms.
    pub(super) fn offered(&self, changes: bool) -> Registry {
        let terms = |requirement: Requirement, step_up: bool| AccessTerms {
            requirement,
            step_up,
            demands: Vec::new(),
        };
        let tools = self.tools.iter().map(|tool| {
            let mut terms = terms(tool.requirement(), tool.is_step_up());
            terms.demands = tool.demands().collect();
            (tool.name().to_owned(), terms)
        });
        let prompts = self.prompts.iter().map(|prompt| {
            let terms = terms(prompt.requirement(), prompt.is_step_up());
            (prompt.name().to_owned(), terms)
        });
        let resources = self.resources.iter().map(|resource| {
            let terms = terms(resource.requirement(), resource.is_step_up());
            (resource.pattern().clone(), terms)
        });
        Registry {
            tools: tools.collect(),
            prompts: prompts.collect(),
            resources: resources.collect(),
            changes,
        }
    }

    /// Creates a switch for each item.
    pub(super) fn switches(&self) -> Arc<Switches> {
        let Self {
            tools,
            prompts,
            resources,
        } = self;
        let switches = Switches::new(tools.len(), prompts.len(), resources.len());
        Arc::new(switches)
    }

    /// Returns the name that each item is switched by.
    pub(super) fn names(&self) -> Names {
        let tools = self.tools.iter().map(|tool| tool.name().to_owned());
        let prompts = self.prompts.iter().map(|prompt| prompt.name().to_owned());
        let resources = self.resources.iter();
        let resources = resources.map(|resource| resource.pattern().as_str().to_owned());
        Names {
            tools: tools.collect(),
            prompts: prompts.collect(),
            resources: resources.collect(),
        }
    }

    /// Returns the capabilities that the server declares. A server without items declares an
    /// empty list of tools.
    pub(super) fn capabilities(&self, changes: bool) -> ServerCapabilities {
        let mut capabilities = ServerCapabilities::default();
        let told = changes.then_some(true);
        if !self.prompts.is_empty() {
            let prompts = capabilities.prompts.get_or_insert_default();
            prompts.list_changed = told;
        }
        if !self.resources.is_empty() {
            let resources = capabilities.resources.get_or_insert_default();
            resources.list_changed = told;
            resources.subscribe = told;
        }
        let has_others = capabilities.prompts.is_some() || capabilities.resources.is_some();
        if !self.tools.is_empty() || !has_others {
            let tools = capabilities.tools.get_or_insert_default();
            tools.list_changed = told;
        }
        let completes = self.prompts.iter().any(Prompt::has_completers)
            || self.resources.iter().any(Resource::has_completers);
        let logs = self.tools.iter().any(Tool::takes_context)
            || self.prompts.iter().any(Prompt::takes_context)
            || self.resources.iter().any(Resource::takes_context);
        capabilities.logging = logs.then(Default::default);
        capabilities.completions = completes.then(Default::default);
        capabilities
    }

    /// Logs a warning for each item that has arguments without a description.
    pub(super) fn warn_of_undescribed_arguments(&self) {
        for tool in &self.tools {
            warn(
                "tool",
                tool.name(),
                &tool.undescribed_arguments().join(", "),
            );
        }
        for prompt in &self.prompts {
            let arguments = prompt.undescribed_arguments().join(", ");
            warn("prompt", prompt.name(), &arguments);
        }
    }
}

fn warn(noun: &str, name: &str, arguments: &str) {
    if !arguments.is_empty() {
        tracing::warn!(
            noun,
            name,
            arguments,
            "arguments without a description: write a doc comment on the parameter, so that a model knows what to pass"
        );
    }
}
