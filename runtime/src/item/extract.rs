//! Parameters that are no arguments: what a tool takes from its server and its call.

use std::sync::Arc;

use super::{Call, Context, ToolError};
use crate::caller::Caller;

/// A parameter that is no argument: it is made from the call and not seen by the model.
///
/// [`State`], [`Caller`], `Option<Caller>` and [`Context`] are known to `#[mcp_tool]` by
/// name; one of your own is marked `#[extract]`:
///
/// ```
/// use toolgate::{Call, FromCall, ToolError, mcp_tool};
///
/// /// The tenant that the caller belongs to.
/// pub struct Tenant(String);
///
/// impl<S> FromCall<S> for Tenant {
///     const NEEDS_CONTEXT: bool = false;
///
///     fn from_call(call: &mut Call<S>) -> Result<Self, ToolError> {
///         let caller = call.caller().ok_or_else(|| ToolError::new("no caller"))?;
///         let tenant: Option<String> = caller.claim_as("tenant")?;
///         tenant.map(Tenant).ok_or_else(|| ToolError::new("the token names no tenant"))
///     }
/// }
///
/// /// Names the caller's tenant.
/// #[mcp_tool(authenticated)]
/// fn tenant(#[extract] Tenant(name): Tenant) -> String {
///     name
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be extracted from a call to a server whose state is `{S}`",
    label = "not an extractor for this server",
    note = "`State<T>` needs `T: FromRef<{S}>`, which is implemented when `T` is the state itself and is `Clone`",
    note = "parameters named `State`, `Caller`, `Context` or marked `#[extract]` are extractors; mark one with `#[arg]` to make it an argument"
)]
pub trait FromCall<S>: Sized {
    /// Whether [`Call::context`] may be asked for. Say `false` when it is not: calls of
    /// a tool that needs no context take the shorter way.
    const NEEDS_CONTEXT: bool = true;

    /// Whether it fails for a call without a token. Say `true` then: a public tool that
    /// has such a parameter is a fault at start-up instead of one on each call.
    const NEEDS_CALLER: bool = false;

    /// Makes the value. It runs before the tool, after the arguments have been checked.
    ///
    /// # Errors
    ///
    /// Any reason why there is no such value; the caller gets it as a tool error.
    fn from_call(call: &mut Call<S>) -> Result<Self, ToolError>;
}

/// A part of the server's state, or all of it.
///
/// ```
/// use toolgate::{FromRef, State, mcp_tool};
///
/// #[derive(Clone)]
/// struct Greeting(&'static str);
///
/// #[derive(Clone)]
/// struct App {
///     greeting: Greeting,
/// }
///
/// impl FromRef<App> for Greeting {
///     fn from_ref(app: &App) -> Self {
///         app.greeting.clone()
///     }
/// }
///
/// /// Greets.
/// #[mcp_tool(public)]
/// fn greet(State(greeting): State<Greeting>) -> &'static str {
///     greeting.0
/// }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct State<T>(pub T);

impl<S, T: FromRef<S>> FromCall<S> for State<T> {
    const NEEDS_CONTEXT: bool = false;

    fn from_call(call: &mut Call<S>) -> Result<Self, ToolError> {
        Ok(Self(T::from_ref(call.state())))
    }
}

impl<S> FromCall<S> for Caller {
    const NEEDS_CONTEXT: bool = false;
    const NEEDS_CALLER: bool = true;

    fn from_call(call: &mut Call<S>) -> Result<Self, ToolError> {
        call.caller()
            .ok_or_else(|| ToolError::new("this tool needs a caller, and the call has no token"))
    }
}

impl<S> FromCall<S> for Option<Caller> {
    const NEEDS_CONTEXT: bool = false;

    fn from_call(call: &mut Call<S>) -> Result<Self, ToolError> {
        Ok(call.caller())
    }
}

impl<S> FromCall<S> for Context {
    fn from_call(call: &mut Call<S>) -> Result<Self, ToolError> {
        call.context()
    }
}

/// How a value is had from the server's state `T`.
///
/// The state itself can always be had, where it is `Clone`. Methods with `&self` ask for
/// an `Arc` of their type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not available from the server's state `{T}`",
    label = "not part of `{T}`",
    note = "implement `FromRef<{T}>` for it, or use it as the state: `Server::with_state(\"name\", value)`"
)]
pub trait FromRef<T> {
    /// Has it from the state.
    fn from_ref(state: &T) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> FromRef<T> for T {
    fn from_ref(state: &T) -> Self {
        state.clone()
    }
}

/// A state that is `Clone` needs no `Arc` of its own to have methods as tools.
#[diagnostic::do_not_recommend]
impl<T: Clone> FromRef<T> for Arc<T> {
    fn from_ref(state: &T) -> Self {
        Arc::new(state.clone())
    }
}
