//! What an expansion of `#[mcp_resource]` says about one function. Nothing here is public API.

use super::{Contents, ResourceOutcome};
use crate::{
    item::{Call, Completer, Completing, Facts, FromCall, ToolError, bound, completing},
    text_argument::{Attempt, Failure, attempt},
};

/// One resource as its author wrote it.
pub struct ResourceDefinition<S> {
    pub(super) uri: &'static str,
    pub(super) facts: Facts,
    pub(super) mime_type: Option<&'static str>,
    pub(super) size: Option<u64>,
    pub(super) takes_context: bool,
    pub(super) takes_caller: bool,
    pub(super) completers: Vec<Completing<S>>,
    pub(super) read: Box<dyn Fn(Call<S>) -> Attempt<ResourceOutcome> + Send + Sync>,
}

impl<S> ResourceDefinition<S> {
    /// A resource by its URI, its facts, what it gives back and what reads it.
    pub fn new<T>(
        uri: &'static str,
        facts: Facts,
        contents: Contents<T>,
        read: impl Fn(Call<S>) -> Attempt<ResourceOutcome> + Send + Sync + 'static,
    ) -> Self {
        Self {
            uri,
            facts,
            mime_type: contents.mime_type,
            size: None,
            takes_context: false,
            takes_caller: false,
            completers: Vec::new(),
            read: Box::new(read),
        }
    }

    /// What stands in for a definition beside the errors of an attribute; it is never run.
    #[must_use]
    pub fn stub() -> Self {
        let nothing = |_| attempt("", async { Err(Failure::Failed(ToolError::new(""))) });
        Self::new(
            "stub:stub",
            Facts::stub(),
            super::contents::<String>(),
            nothing,
        )
    }

    /// `mime_type = "…"`.
    #[must_use]
    pub fn mime_type(mut self, mime_type: &'static str) -> Self {
        self.mime_type = Some(mime_type);
        self
    }

    /// `size = …`, in bytes.
    #[must_use]
    pub fn size(mut self, bytes: u64) -> Self {
        self.size = Some(bytes);
        self
    }

    /// Says that the function has a parameter of this extractor.
    #[must_use]
    pub fn extracts<T: FromCall<S>>(mut self) -> Self {
        self.takes_context |= T::NEEDS_CONTEXT;
        self.takes_caller |= T::NEEDS_CALLER;
        self
    }

    /// `#[arg(complete = …)]`.
    #[must_use]
    pub fn completes<E: Send + 'static, How>(
        mut self,
        variable: &'static str,
        completer: impl Completer<E, How>,
        beside: fn(&mut Call<S>) -> Result<E, ToolError>,
    ) -> Self
    where
        S: 'static,
    {
        self.completers
            .push(completing(variable, completer, beside));
        self
    }
}

impl<S: Clone + Send + Sync + 'static> ResourceDefinition<S> {
    /// The same with its state in it, so that what serves it is compiled once, and not
    /// anew for each type of state.
    pub(super) fn bound(self, state: S) -> ResourceDefinition<()> {
        let Self {
            uri,
            facts,
            mime_type,
            size,
            takes_context,
            takes_caller,
            completers,
            read,
        } = self;
        let completers = completers.into_iter();
        ResourceDefinition {
            uri,
            facts,
            mime_type,
            size,
            takes_context,
            takes_caller,
            completers: completers.map(|one| bound(one, state.clone())).collect(),
            read: Box::new(move |bare| read(bare.with_state(state.clone()))),
        }
    }
}
