//! The kind of item that an attribute declares: a tool, a resource or a prompt.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::Attribute;

/// A kind of item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemKind {
    Tool,
    Resource,
    Prompt,
}

/// The keys of every kind, before and after those of one kind.
const ACCESS: &[&str] = &[
    "scope",
    "scopes",
    "any_scope",
    "authenticated",
    "public",
    "role",
    "roles",
    "any_role",
    "acr",
    "max_age",
    "person",
    "authorize",
    "authorize_scopes",
    "name",
    "title",
    "description",
];
const PUBLISHED: &[&str] = &[
    "icons",
    "meta",
    "client_capabilities",
    "confirm",
    "approve",
    "rate",
    "burst",
    "concurrency",
    "timeout",
    "step_up",
    "crate",
];

impl ItemKind {
    pub(crate) const ALL: [Self; 3] = [Self::Tool, Self::Resource, Self::Prompt];

    /// Returns the kind of an attribute, or `None` if it is not one of ours.
    pub(crate) fn from_attribute(attribute: &Attribute) -> Option<Self> {
        let last = attribute.path().segments.last()?;
        Self::ALL
            .into_iter()
            .find(|kind| last.ident == kind.attribute())
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
    pub(crate) fn missing_access(self) -> &'static str {
        match self {
            Self::Tool => "this tool does not declare who may call it:",
            Self::Resource => "this resource does not declare who may read it:",
            Self::Prompt => "this prompt does not declare who may get it:",
        }
    }

    /// The keys of the attribute.
    pub(crate) fn keys(self) -> Vec<&'static str> {
        let (first, own): (&[_], &[_]) = match self {
            Self::Tool => (
                &[],
                &["read_only", "destructive", "idempotent", "open_world"],
            ),
            Self::Resource => (&["uri"], &["mime_type", "size"]),
            Self::Prompt => (&[], &[]),
        };
        [first, ACCESS, own, PUBLISHED].concat()
    }

    /// Returns the error for a second attribute on the same function or method.
    pub(crate) fn repeated(self, function: &str, again: &Attribute) -> String {
        let (noun, name) = (self.noun(), self.attribute());
        match Self::from_attribute(again) {
            Some(other) if other != self => format!(
                "this {function} is already a {noun}: keep `#[{name}(…)]` or `#[{}(…)]`, and write a second {function} for the other",
                other.attribute()
            ),
            _ => format!("this {function} is already a {noun}: keep only one `#[{name}(…)]`"),
        }
    }

    /// Builds the name of the runtime's type for this kind: `Tool`, `Resource`, `Prompt`.
    pub(crate) fn marker(self) -> Ident {
        self.type_name("Kind")
    }

    /// Builds the name of one of the runtime's types: `ToolSet`, `ResourceSet`, `PromptSet`.
    pub(crate) fn type_name(self, suffix: &str) -> Ident {
        let prefix = match self {
            Self::Tool => "Tool",
            Self::Resource => "Resource",
            Self::Prompt => "Prompt",
        };
        format_ident!("{prefix}{suffix}", span = Span::mixed_site())
    }

    /// Builds the name of the runtime's function that reads an argument.
    pub(crate) fn reads(self) -> Ident {
        let name = match self {
            Self::Tool => "argument",
            Self::Resource | Self::Prompt => "text",
        };
        Ident::new(name, Span::mixed_site())
    }

    /// Builds the name of the runtime's type that `reads` returns.
    pub(crate) fn slot(self) -> Ident {
        let name = match self {
            Self::Tool => "ArgumentReader",
            Self::Resource | Self::Prompt => "TextArgumentReader",
        };
        Ident::new(name, Span::mixed_site())
    }

    /// Builds the name of the runtime's function that converts results.
    pub(crate) fn returns(self) -> Ident {
        format_ident!("{}_result", self.noun(), span = Span::mixed_site())
    }

    /// The default name of the function that registers the methods of a block.
    pub(crate) fn default_register(self) -> &'static str {
        match self {
            Self::Tool => "tools",
            Self::Resource => "resources",
            Self::Prompt => "prompts",
        }
    }
}
