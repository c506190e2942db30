//! What an expansion of `#[mcp_tool]` states about one function: a declaration and two functions. Not
//! part of the public API.

use super::{ToolKind, schema_builder::SchemaBuilder};
use crate::item::{Call, Definition, ItemDeclaration, Running};

/// One tool as its author declared it.
pub type ToolDefinition<S> = Definition<S, ToolKind>;

/// What an attribute states about a tool alone.
pub struct ToolParameters {
    pub(super) describe: Box<dyn FnOnce(&mut SchemaBuilder) + Send>,
}

impl<S> Definition<S, ToolKind> {
    /// Creates a tool from its declaration, its schemas and the function that runs it.
    pub fn new(
        declaration: ItemDeclaration,
        describe: impl FnOnce(&mut SchemaBuilder) + Send + 'static,
        call: impl Fn(Call<S>) -> Running<ToolKind> + Send + Sync + 'static,
    ) -> Self {
        let parameters = ToolParameters {
            describe: Box::new(describe),
        };
        Self::with_parameters(declaration, parameters, call)
    }
}
