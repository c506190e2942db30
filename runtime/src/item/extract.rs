//! Extractors: parameters that an item takes from its server and its call.

use std::sync::Arc;

use super::{Call, Context, ToolError};
use crate::caller::Caller;

/// A parameter that is not an argument: its value comes from the call, and the model does not
/// see it.
///
/// `#[mcp_tool]` recognises [`State`], [`Caller`], `Option<Caller>` and [`Context`] by name.
/// Mark your own with `#[extract]`:
///
/// ```
/// use toolgate::{ToolError, mcp_tool, tool::{Call, FromCall}};
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
    note = "`State` is `toolgate::State`, not axum's; `State<T>` needs `T: FromRef<{S}>`, which is implemented when `T` is the state itself and is `Clone`",
    note = "parameters named `State`, `Caller`, `Context` or marked `#[extract]` are extractors; mark one with `#[arg]` to make it an argument"
)]
pub trait FromCall<S>: Sized {
    /// Whether it uses [`Call::context`]. Set it to `false` if not: calls of a tool that needs
    /// no context take the fast path.
    const NEEDS_CONTEXT: bool = true;

    /// Whether it fails for a call without a token. If it is `true`, a public tool with such a
    /// parameter is an error at start-up, and not on each call.
    const NEEDS_CALLER: bool = false;

    /// Extracts the value. It runs before the tool, after the arguments were validated.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such value. The client gets it as a tool error.
    fn from_call(call: &mut Call<S>) -> Result<Self, ToolError>;
}

/// A part of the server's state, or all of it.
///
/// ```
/// use toolgate::{State, mcp_tool, tool::FromRef};
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

/// Gets a value from the server's state `T`.
///
/// The state itself is always available, if it is `Clone`. Methods with `&self` need an `Arc`
/// of their type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not available from the server's state `{T}`",
    label = "not part of `{T}`",
    note = "implement `FromRef<{T}>` for it, or use it as the state: `Server::with_state(\"name\", value)`"
)]
pub trait FromRef<T> {
    /// Returns the value from the state.
    fn from_ref(state: &T) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> FromRef<T> for T {
    fn from_ref(state: &T) -> Self {
        state.clone()
    }
}

/// A state that is `Clone` can have methods as tools without an `Arc`.
#[diagnostic::do_not_recommend]
impl<T: Clone> FromRef<T> for Arc<T> {
    fn from_ref(state: &T) -> Self {
        Arc::new(state.clone())
    }
}

/// Returns the receiver of a method.
pub fn receiver<S, T>(call: &Call<S>) -> Arc<T>
where
    Arc<T>: FromRef<S>,
{
    Arc::from_ref(call.state())
}

/// Returns the value of an extractor.
///
/// # Errors
///
/// The error of the extractor.
pub fn extract<S, T: FromCall<S>>(call: &mut Call<S>) -> Result<T, ToolError> {
    T::from_call(call)
}
