//! `authorize = path`: the author's function that authorizes a call by its caller and its
//! arguments, at the gate and again before the tool runs.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Map, Value};

use crate::{
    authorization::AuthorizedValues,
    caller::Caller,
    denial::ItemDenial,
    item::{AuthorizeDenial, AuthorizeError, Call, CallError, ToolError},
    scope::Scope,
};

/// The `authorize` function of one tool.
pub(super) struct AuthorizeFunction {
    demands: &'static [Scope],
    decide: Decide,
}

/// Reads the arguments and calls the author's function with them.
type Decide = Box<dyn Fn(&mut AuthorizeCall) -> Authorized<AuthorizedValues> + Send + Sync>;

/// The decision of the author's function, or the error of an argument that cannot be read.
#[doc(hidden)]
pub type Authorized<T = ()> = Result<Result<T, AuthorizeError>, ToolError>;

impl AuthorizeFunction {
    pub(super) fn new(
        demands: &'static [Scope],
        decide: impl Fn(&mut AuthorizeCall) -> Authorized<AuthorizedValues> + Send + Sync + 'static,
    ) -> Self {
        Self {
            demands,
            decide: Box::new(decide),
        }
    }

    /// Returns the scopes that it may demand.
    pub(super) fn demands(&self) -> &'static [Scope] {
        self.demands
    }

    /// Calls the author's function with arguments that the tool's schema allows, and returns
    /// the values that it authorized.
    ///
    /// Arguments that cannot be read as their types are not authorized (`None`): the tool cannot
    /// run with them either, and the client gets a tool error.
    pub(super) fn authorize(
        &self,
        tool: &str,
        caller: Option<&Caller>,
        arguments: Map<String, Value>,
    ) -> Result<Option<AuthorizedValues>, AuthorizeDenial> {
        let mut call = AuthorizeCall {
            caller: caller.cloned(),
            arguments,
        };
        // The closure owns what it borrows; statics that it shares are the author's.
        match catch_unwind(AssertUnwindSafe(|| (self.decide)(&mut call))) {
            Ok(Ok(Err(denied))) => Err(denied.resolve(tool, self.demands, caller)),
            Ok(Ok(Ok(values))) => Ok(Some(values)),
            Ok(Err(_)) => Ok(None),
            Err(_) => {
                tracing::error!(target: "toolgate::tool", tool, "the tool's `authorize` function panicked; the call was refused");
                Err(AuthorizeDenial::Denied(ItemDenial::failed(
                    "the call could not be authorized",
                )))
            }
        }
    }
}

/// The call that an expansion passes to the author's function.
#[doc(hidden)]
pub struct AuthorizeCall {
    caller: Option<Caller>,
    arguments: Map<String, Value>,
}

impl AuthorizeCall {
    /// Returns the caller, or `None` for a call without a token.
    #[must_use]
    pub fn caller(&self) -> Option<&Caller> {
        self.caller.as_ref()
    }

    pub(super) fn arguments_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.arguments
    }
}

/// Returns the caller of a tool that is not public.
///
/// # Errors
///
/// Returns an error without a caller, which the gate makes impossible.
#[doc(hidden)]
pub fn known_caller(caller: Option<&Caller>) -> Result<&Caller, ToolError> {
    caller.ok_or_else(|| ToolError::new("this tool needs a caller, and the call has no token"))
}

/// Authorizes a call whose arguments no permit covers, with the very values that the tool then
/// runs with.
///
/// # Errors
///
/// Returns an error if the author's function denies the call or panics: then the call did not
/// pass the gate.
#[doc(hidden)]
pub fn confirm<S>(
    call: &Call<S>,
    decide: impl FnOnce(Option<&Caller>) -> Authorized,
) -> Result<(), CallError> {
    let caller = call.caller();
    match catch_unwind(AssertUnwindSafe(|| decide(caller.as_ref()))) {
        Ok(Ok(Ok(()))) => Ok(()),
        Ok(Err(error)) => Err(error.into()),
        Ok(Ok(Err(_))) | Err(_) => {
            tracing::error!(target: "toolgate::tool", tool = call.tool(), "a call that the tool's `authorize` function denies did not pass the gate, and was refused");
            Err(CallError::failed("this call was not admitted"))
        }
    }
}

/// Returns the decision at the gate, with the values that it is about.
///
/// # Errors
///
/// Returns the error of an argument that cannot be read.
#[doc(hidden)]
pub fn authorized_values<T: Send + 'static>(
    decision: Authorized,
    values: T,
) -> Authorized<AuthorizedValues> {
    Ok(decision?.map(|()| AuthorizedValues::new(values)))
}

/// Takes the values that the gate authorized out of a call. Returns `None` if its permit covers
/// no arguments.
#[doc(hidden)]
pub fn take_authorized<S, T: 'static>(call: &mut Call<S>) -> Option<T> {
    call.take_authorized()
}

/// What an `authorize` function returns.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "an `authorize` function returns `Result<(), AuthorizeError>`, not `{Self}`",
    label = "not a decision on the call",
    note = "return `Ok(())`, `Err(AuthorizeError::needs_scopes([…]))` or `Err(AuthorizeError::denied(\"…\"))`; the function cannot be `async`, because it decides before the tool runs"
)]
pub trait AuthorizeReturn {
    /// Returns the decision.
    fn decision(self) -> Result<(), AuthorizeError>;
}

impl AuthorizeReturn for Result<(), AuthorizeError> {
    fn decision(self) -> Result<(), AuthorizeError> {
        self
    }
}

/// Returns the decision of an `authorize` function. The closure of an expansion ends with it.
///
/// # Errors
///
/// None: an argument that cannot be read ends the closure earlier.
#[doc(hidden)]
pub fn decision(returned: impl AuthorizeReturn) -> Authorized {
    Ok(returned.decision())
}
