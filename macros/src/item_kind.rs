//! The kind of item that an attribute declares: a tool, a resource or a prompt.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::Attribute;

/// A kind of item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Tool,
    Resource,
    Prompt,
}

const TOOL: [&str; 19] = [
    "scope",
    "scopes",
    "any_scope",
    "authenticated",
    "public",
    "authorize",
    "demands",
    "name",
    "title",
    "description",
    "read_only",
    "destructive",
    "idempotent",
    "open_world",
    "icons",
    "meta",
    "client_capabilities",
    "step_up",
    "crate",
];

const RESOURCE: [&str; 16] = [
    "uri",
    "scope",
    "scopes",
    "any_scope",
    "authenticated",
    "public",
    "name",
    "title",
    "description",
    "mime_type",
    "size",
    "icons",
    "meta",
    "client_capabilities",
    "step_up",
    "crate",
];

const PROMPT: [&str; 13] = [
    "scope",
    "scopes",
    "any_scope",
    "authenticated",
    "public",
    "name",
    "title",
    "description",
    "icons",
    "meta",
    "client_capabilities",
    "step_up",
    "crate",
];

impl Family {
    pub(crate) const ALL: [Self; 3] = [Self::Tool, Self::Resource, Self::Prompt];

    /// Returns the family of an attribute, or `None` if it is not one of ours.
    pub(crate) fn of(attribute: &Attribute) -> Option<Self> {
        let last = attribute.path().segments.last()?;
        Self::ALL
            .into_iter()
            .find(|family| last.ident == family.attribute())
    }

    /// The name of the attribute.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Self::Tool => "mcp_tool",
            Self::Resource => "mcp_resource",
            Self::Prompt => "mcp_prompt",
        }
    }

    /// The noun for the item in error messages.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Resource => "resource",
            Self::Prompt => "prompt",
        }
    }

    /// The first half of the error for a missing access.
    pub(crate) fn question(self) -> &'static str {
        match self {
            Self::Tool => "this tool does not declare who may call it:",
            Self::Resource => "this resource does not declare who may read it:",
            Self::Prompt => "this prompt does not declare who may get it:",
        }
    }

    /// The keys of the attribute.
    pub(crate) fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Tool => &TOOL,
            Self::Resource => &RESOURCE,
            Self::Prompt => &PROMPT,
        }
    }

    /// Builds the name of the runtime's type for this kind: `Tool`, `Resource`, `Prompt`.
    pub(crate) fn kind(self) -> Ident {
        self.part("")
    }

    /// Builds the name of one of the runtime's types: `ToolSet`, `ResourceSet`, `PromptSet`.
    pub(crate) fn part(self, part: &str) -> Ident {
        let prefix = match self {
            Self::Tool => "Tool",
            Self::Resource => "Resource",
            Self::Prompt => "Prompt",
        };
        format_ident!("{prefix}{part}", span = Span::mixed_site())
    }

    /// Builds the name of the runtime's function that reads an argument.
    pub(crate) fn reads(self) -> Ident {
        let name = match self {
            Self::Tool => "argument",
            Self::Resource | Self::Prompt => "text",
        };
        Ident::new(name, Span::mixed_site())
    }

    /// Builds the name of the runtime's function that converts results.
    pub(crate) fn returns(self) -> Ident {
        format_ident!("{}_result", self.noun(), span = Span::mixed_site())
    }

    /// The default name of the function that registers the methods of a block.
    pub(crate) fn register(self) -> &'static str {
        match self {
            Self::Tool => "tools",
            Self::Resource => "resources",
            Self::Prompt => "prompts",
        }
    }
}
