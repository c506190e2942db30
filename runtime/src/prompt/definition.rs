//! What an expansion of `#[mcp_prompt]` says about one function. Nothing here is public API.

use rmcp::model::GetPromptResponse;

use crate::{
    item::{Call, Completer, Completing, Facts, FromCall, ToolError, bound, completing},
    text_argument::{Attempt, Failure, TextSlot, attempt},
};

/// One prompt as its author wrote it.
pub struct PromptDefinition<S> {
    pub(super) facts: Facts,
    pub(super) arguments: Vec<Argument>,
    pub(super) takes_context: bool,
    pub(super) takes_caller: bool,
    pub(super) completers: Vec<Completing<S>>,
    pub(super) get: Box<dyn Fn(Call<S>) -> Attempt<GetPromptResponse> + Send + Sync>,
}

/// One argument.
pub(super) struct Argument {
    pub(super) name: &'static str,
    description: &'static str,
    pub(super) is_required: bool,
}

impl Argument {
    /// Its description, if it has one.
    pub(super) fn described(&self) -> Option<&'static str> {
        Some(self.description.trim()).filter(|text| !text.is_empty())
    }
}

impl<S> PromptDefinition<S> {
    /// A prompt by its facts and what makes it.
    pub fn new(
        facts: Facts,
        get: impl Fn(Call<S>) -> Attempt<GetPromptResponse> + Send + Sync + 'static,
    ) -> Self {
        Self {
            facts,
            arguments: Vec::new(),
            takes_context: false,
            takes_caller: false,
            completers: Vec::new(),
            get: Box::new(get),
        }
    }

    /// What stands in for a definition beside the errors of an attribute; it is never run.
    #[must_use]
    pub fn stub() -> Self {
        let nothing = |_| attempt("", async { Err(Failure::Failed(ToolError::new(""))) });
        Self::new(Facts::stub(), nothing)
    }

    /// An argument.
    #[must_use]
    pub fn argument<T>(
        mut self,
        slot: TextSlot<T>,
        name: &'static str,
        description: &'static str,
    ) -> Self {
        self.arguments.push(Argument {
            name,
            description,
            is_required: !slot.is_optional(),
        });
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
        argument: &'static str,
        completer: impl Completer<E, How>,
        beside: fn(&mut Call<S>) -> Result<E, ToolError>,
    ) -> Self
    where
        S: 'static,
    {
        self.completers
            .push(completing(argument, completer, beside));
        self
    }
}

impl<S: Clone + Send + Sync + 'static> PromptDefinition<S> {
    /// The same with its state in it, so that what serves it is compiled once, and not
    /// anew for each type of state.
    pub(super) fn bound(self, state: S) -> PromptDefinition<()> {
        let Self {
            facts,
            arguments,
            takes_context,
            takes_caller,
            completers,
            get,
        } = self;
        let completers = completers.into_iter();
        PromptDefinition {
            facts,
            arguments,
            takes_context,
            takes_caller,
            completers: completers.map(|one| bound(one, state.clone())).collect(),
            get: Box::new(move |bare| get(bare.with_state(state.clone()))),
        }
    }
}
