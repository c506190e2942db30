//! What an expansion of `#[mcp_prompt]` states about one function. Not part of the public API.

use super::PromptKind;
use crate::{
    item::{Call, Definition, ItemDeclaration, Running},
    text_argument::TextArgumentReader,
};

/// One prompt as its author declared it.
pub type PromptDefinition<S> = Definition<S, PromptKind>;

/// What an attribute states about a prompt alone.
pub struct PromptParameters {
    pub(super) arguments: Vec<Argument>,
}

/// One argument.
pub(super) struct Argument {
    pub(super) name: &'static str,
    description: &'static str,
    pub(super) is_required: bool,
}

impl Argument {
    /// Returns its description, if it has one.
    pub(super) fn described(&self) -> Option<&'static str> {
        Some(self.description.trim()).filter(|text| !text.is_empty())
    }
}

impl<S> Definition<S, PromptKind> {
    /// Creates a prompt from its declaration and the function that returns its messages.
    pub fn new(
        declaration: ItemDeclaration,
        get: impl Fn(Call<S>) -> Running<PromptKind> + Send + Sync + 'static,
    ) -> Self {
        let parameters = PromptParameters {
            arguments: Vec::new(),
        };
        Self::with_parameters(declaration, parameters, get)
    }

    /// Adds an argument.
    #[must_use]
    pub fn argument<T>(
        mut self,
        slot: TextArgumentReader<T>,
        name: &'static str,
        description: &'static str,
    ) -> Self {
        self.parameters.arguments.push(Argument {
            name,
            description,
            is_required: !slot.is_optional(),
        });
        self
    }
}
