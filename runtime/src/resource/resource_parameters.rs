//! What an expansion of `#[mcp_resource]` states about one function. Not part of the public API.

use super::ResourceKind;
use crate::item::{Call, Definition, ItemDeclaration, Returns, Running};

/// One resource as its author declared it.
pub type ResourceDefinition<S> = Definition<S, ResourceKind>;

/// What an attribute states about a resource alone.
pub struct ResourceParameters {
    pub(super) uri: &'static str,
    pub(super) mime_type: Option<&'static str>,
    pub(super) size: Option<u64>,
}

impl<S> Definition<S, ResourceKind> {
    /// Creates a resource from its URI, its declaration, its result and the function that reads it.
    pub fn new<T>(
        uri: &'static str,
        declaration: ItemDeclaration,
        result: Returns<ResourceKind, T>,
        read: impl Fn(Call<S>) -> Running<ResourceKind> + Send + Sync + 'static,
    ) -> Self {
        let parameters = ResourceParameters {
            uri,
            mime_type: result.facts(),
            size: None,
        };
        Self::with_parameters(declaration, parameters, read)
    }

    /// `mime_type = "…"`.
    #[must_use]
    pub fn mime_type(mut self, mime_type: &'static str) -> Self {
        self.parameters.mime_type = Some(mime_type);
        self
    }

    /// `size = …`, in bytes.
    #[must_use]
    pub fn size(mut self, bytes: u64) -> Self {
        self.parameters.size = Some(bytes);
        self
    }
}
