//! Which prompts a server has. Explicit, as its tools are.

use super::{Prompt, PromptDefinition};
use crate::error::SetupErrors;

/// Collects the prompts of a server, whose state is `S`. The order in which they are added
/// does not matter.
pub struct PromptSet<S> {
    definitions: Vec<PromptDefinition<S>>,
}

impl<S> PromptSet<S> {
    pub(crate) fn new() -> Self {
        Self {
            definitions: Vec::new(),
        }
    }

    /// Adds the prompt that `#[mcp_prompt]` made of the function of this name.
    ///
    /// Two prompts of one name are a fault when the server starts.
    pub fn add<T: PromptDef<S>>(&mut self) {
        self.push(T::definition());
    }

    /// Adds a prompt by its definition; expansions call this.
    #[doc(hidden)]
    pub fn push(&mut self, definition: PromptDefinition<S>) {
        self.definitions.push(definition);
    }

    /// Every prompt, sorted by name, numbered in that order. What is wrong goes to `faults`.
    pub(crate) fn finish(self, faults: &mut SetupErrors) -> Vec<Prompt<S>> {
        let mut definitions = self.definitions;
        definitions.sort_unstable_by_key(|definition| definition.facts.name);
        for pair in definitions.windows(2) {
            let (name, next) = (pair[0].facts.name, pair[1].facts.name);
            if name == next {
                faults.add(
                    format!("two prompts are named `{name}`"),
                    "register it once, or give one of them another name with `name = \"…\"`",
                );
            }
        }
        let mut prompts = Vec::with_capacity(definitions.len());
        for (definition, number) in definitions.into_iter().zip(0..) {
            prompts.push(Prompt::build(definition, number, faults));
        }
        prompts
    }
}

impl<S: Clone + Send + Sync + 'static> PromptSet<S> {
    /// The same with the state in each.
    pub(crate) fn bound(self, state: &S) -> PromptSet<()> {
        let definitions = self.definitions.into_iter();
        PromptSet {
            definitions: definitions.map(|one| one.bound(state.clone())).collect(),
        }
    }
}

impl<S> std::fmt::Debug for PromptSet<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.definitions.iter().map(|one| one.facts.name);
        f.debug_set().entries(names).finish()
    }
}

/// A prompt for servers whose state is `S`. `#[mcp_prompt]` implements it; nobody else does.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a prompt for a server whose state is `{S}`",
    label = "not declared with `#[mcp_prompt]`",
    note = "put `#[toolgate::mcp_prompt(…)]` on the function"
)]
pub trait PromptDef<S> {
    /// What the expansion says about the function.
    #[doc(hidden)]
    fn definition() -> PromptDefinition<S>;
}

/// The prompts of one `#[mcp_tools] impl`, whose number is `BLOCK`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the prompts of `{Self}` cannot be registered on a server whose state is `{S}`",
    note = "methods with `&self` need `Arc<{Self}>: FromRef<{S}>`: make the state an `Arc<{Self}>`, or implement `FromRef`"
)]
pub trait PromptGroup<S, const BLOCK: u64> {
    /// Adds each of them.
    fn register(set: &mut PromptSet<S>);
}

/// Lists prompts as [`tools!`](crate::tools) lists tools: `prompts![review, greet]`, or
/// `prompts![in scope::ALL; review, greet]`.
#[macro_export]
macro_rules! prompts {
    (in $vocabulary:path; $($prompt:path),* $(,)?) => {
        |_set: &mut $crate::PromptSet<_>| {
            $({
                type Listed = $prompt;
                const _: () = $crate::__private::assert_listed::<Listed>($vocabulary);
                $crate::__private::add_prompt(_set, |_: Listed| {});
            })*
        }
    };
    ($($prompt:path),* $(,)?) => {
        |_set: &mut $crate::PromptSet<_>| {
            $( $crate::__private::add_prompt(_set, |_: $prompt| {}); )*
        }
    };
}
