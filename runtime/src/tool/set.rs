//! Which tools a server has. Explicit: what is exposed is read in one line of its source.

use super::{Tool, ToolDefinition};
use crate::error::SetupErrors;

/// Collects the tools of a server. The order in which they are added does not matter.
///
/// `S` is the server's state. A module can offer its tools as a function of its own:
///
/// ```
/// use toolgate::{ToolSet, mcp_tool};
///
/// /// Adds two numbers.
/// #[mcp_tool(public)]
/// fn add(
///     /// The first.
///     a: i64,
///     /// The second.
///     b: i64,
/// ) -> i64 {
///     a + b
/// }
///
/// pub fn tools(set: &mut ToolSet<()>) {
///     set.add::<add>();
/// }
/// ```
pub struct ToolSet<S> {
    definitions: Vec<ToolDefinition<S>>,
}

impl<S> ToolSet<S> {
    pub(crate) fn new() -> Self {
        Self {
            definitions: Vec::new(),
        }
    }

    /// Adds the tool that `#[mcp_tool]` made of the function of this name.
    ///
    /// Two tools of one name are a fault when the server starts.
    pub fn add<T: ToolDef<S>>(&mut self) {
        self.push(T::definition());
    }

    /// Adds a tool by its definition; expansions call this.
    #[doc(hidden)]
    pub fn push(&mut self, definition: ToolDefinition<S>) {
        self.definitions.push(definition);
    }

    /// Every tool, sorted by name, numbered in that order. What is wrong goes to `faults`.
    pub(crate) fn finish(self, faults: &mut SetupErrors) -> Vec<Tool<S>> {
        let mut definitions = self.definitions;
        definitions.sort_unstable_by_key(|definition| definition.facts.name);
        for pair in definitions.windows(2) {
            let (name, next) = (pair[0].facts.name, pair[1].facts.name);
            if name == next {
                faults.add(
                    format!("two tools are named `{name}`"),
                    "register it once, or give one of them another name with `name = \"…\"`",
                );
            }
        }
        let mut tools = Vec::with_capacity(definitions.len());
        for (definition, number) in definitions.into_iter().zip(0..) {
            tools.push(Tool::build(definition, number, faults));
        }
        tools
    }
}

impl<S: Clone + Send + Sync + 'static> ToolSet<S> {
    /// The same with the state in each.
    pub(crate) fn bound(self, state: &S) -> ToolSet<()> {
        let definitions = self.definitions.into_iter();
        ToolSet {
            definitions: definitions.map(|one| one.bound(state.clone())).collect(),
        }
    }
}

impl<S> std::fmt::Debug for ToolSet<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.definitions.iter().map(|one| one.facts.name);
        f.debug_set().entries(names).finish()
    }
}

/// A tool for servers whose state is `S`. `#[mcp_tool]` implements it; nobody else does.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tool for a server whose state is `{S}`",
    label = "not declared with toolgate's `#[mcp_tool]`",
    note = "put `#[toolgate::mcp_tool(…)]` on the function; other crates have an attribute with this name, so check the `use`"
)]
pub trait ToolDef<S> {
    /// What the expansion says about the function.
    #[doc(hidden)]
    fn definition() -> ToolDefinition<S>;
}

/// The tools of one `#[mcp_tools] impl`, whose number is `BLOCK`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the tools of `{Self}` cannot be registered on a server whose state is `{S}`",
    note = "methods with `&self` need `Arc<{Self}>: FromRef<{S}>`: make the state an `Arc<{Self}>`, or implement `FromRef`"
)]
pub trait ToolGroup<S, const BLOCK: u64> {
    /// Adds each of them.
    fn register(set: &mut ToolSet<S>);
}

/// Lists tools for [`Server::tools`](crate::Server::tools): `tools![add, desk::list]`.
///
/// With a vocabulary, `tools![in scope::ALL; add, desk::list]`, a tool that asks for a
/// scope which the vocabulary does not declare is a compile error; see
/// [`scopes!`](crate::scopes).
///
/// Each name is that of a function with [`#[mcp_tool]`](crate::mcp_tool). For a function
/// without it the compiler says `expected type, found function`:
/// put the attribute of *this* crate on it.
#[macro_export]
macro_rules! tools {
    (in $vocabulary:path; $($tool:path),* $(,)?) => {
        |_set: &mut $crate::ToolSet<_>| {
            $({
                type Listed = $tool;
                const _: () = $crate::__private::assert_listed::<Listed>($vocabulary);
                $crate::__private::add(_set, |_: Listed| {});
            })*
        }
    };
    ($($tool:path),* $(,)?) => {
        |_set: &mut $crate::ToolSet<_>| {
            $( $crate::__private::add(_set, |_: $tool| {}); )*
        }
    };
}
