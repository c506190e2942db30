//! [`RegistersItems`]: what `Server::tools`, `Server::prompts` and `Server::resources` take.

use super::{ItemSet, Kind};

/// Registers items of kind `K` on a server whose state is `S`: `tools![a, b]`, `Desk::tools` of a
/// `#[mcp_tools] impl Desk`, or a function over `&mut ToolSet<S>`.
///
/// Every `FnOnce(&mut ItemSet<S, K>)` implements it, and nothing else can. The compiler infers
/// `How`.
///
/// ```
/// use toolgate::{Server, ToolSet, mcp_tool, tool::RegistersItems, tool::ToolKind, tools};
///
/// /// Adds two numbers.
/// #[mcp_tool(public)]
/// fn add(a: i32, b: i32) -> i32 {
///     a + b
/// }
///
/// /// Builds a server for tests.
/// fn server<How>(items: impl RegistersItems<(), ToolKind, How>) -> Server<()> {
///     Server::new("test").tools(items)
/// }
///
/// let by_list = server(tools![add]);
/// let by_function = server(|set: &mut ToolSet<()>| tools![add](set));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not register items on a server whose state is `{S}`",
    label = "neither a list of functions nor a function that takes `&mut ItemSet<{S}, {K}>`",
    note = "list functions by their names: `.tools(tools![add, desk::list])`, `.prompts(prompts![review])`, `.resources(resources![note])`; of a block, name the function that registers its methods: `.tools(Desk::tools)`",
    note = "a server has the state of its items: `Server::with_state(\"desk\", Arc::new(Desk))`"
)]
pub trait RegistersItems<S, K: Kind, How>: FnOnce(&mut ItemSet<S, K>) {}

/// Marks the functions that register items.
#[doc(hidden)]
#[derive(Debug)]
pub enum Registering {}

#[diagnostic::do_not_recommend]
impl<S, K: Kind, F: FnOnce(&mut ItemSet<S, K>)> RegistersItems<S, K, Registering> for F {}

/// A second implementation, for no type. With only one, the compiler would report why it does not
/// apply ("function is expected to take 1 argument"), instead of the message above.
#[diagnostic::do_not_recommend]
impl<S, K: Kind, F: Unimplemented + FnOnce(&mut ItemSet<S, K>)> RegistersItems<S, K, ()> for F {}

/// Implemented by no type.
#[doc(hidden)]
pub trait Unimplemented {}
