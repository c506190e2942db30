//! `authorize = path`: the author's function that authorizes a request by its caller and the
//! parameters of the item. The item runs with exactly the values that it authorized.

use std::{
    any::Any,
    future::{Ready, ready},
    panic::AssertUnwindSafe,
};

use futures_util::{FutureExt, future::BoxFuture};
use serde_json::{Map, Value};

use super::{
    AuthorizeDenial, AuthorizeError, AuthorizedValues, Call, CallError, FromCall, Later, Now,
    ToolError,
};
use crate::{caller::Caller, denial::ItemDenial, error::SetupErrors, scope::Scope};

/// The decision of an `authorize` function on one request.
pub(crate) type Authorizing = BoxFuture<'static, Result<Authorized, AuthorizeDenial>>;

/// The parameters of an authorized request, for its permit. They have the form in which the item
/// takes them.
pub(crate) struct Authorized {
    pub(crate) parameters: Box<dyn Any + Send>,
    /// `false` if a parameter cannot be read. The item then answers with the error, and the
    /// function was not called.
    pub(crate) is_readable: bool,
}

/// The form in which a server's own items take authorized parameters.
pub(crate) type AuthorizedParameters = Result<AuthorizedValues, CallError>;

impl Authorized {
    /// Returns the parameters, or the error of one that cannot be read.
    pub(super) fn new(parameters: AuthorizedParameters) -> Self {
        Self {
            is_readable: parameters.is_ok(),
            parameters: Box::new(parameters),
        }
    }
}

/// The `authorize` function of one item.
pub(super) struct AuthorizeFunction<S> {
    /// The extractors that it takes and that need the context of a request.
    need_context: Vec<&'static str>,
    decide: Decide<S>,
}

/// Reads the parameters and calls the author's function with them.
type Decide<S> = Box<dyn Fn(Call<S>) -> Deciding + Send + Sync>;

/// The decision of the author's function, with the parameters that it is about.
#[doc(hidden)]
pub type Deciding = BoxFuture<'static, Result<AuthorizedParameters, AuthorizeError>>;

impl<S> AuthorizeFunction<S> {
    pub(super) fn new(decide: impl Fn(Call<S>) -> Deciding + Send + Sync + 'static) -> Self {
        Self {
            need_context: Vec::new(),
            decide: Box::new(decide),
        }
    }

    /// Declares that the function takes this extractor.
    pub(super) fn take<T: FromCall<S>>(&mut self) {
        if T::NEEDS_CONTEXT {
            self.need_context.push(std::any::type_name::<T>());
        }
    }

    /// Reports extractors that cannot be extracted at the gate.
    pub(super) fn check(&self, noun: &str, name: &str, faults: &mut SetupErrors) {
        for extractor in &self.need_context {
            faults.add(
                format!("the `authorize` function of the {noun} `{name}` takes `{extractor}`, which needs the context of a request: it decides before there is one"),
                "set `NEEDS_CONTEXT` to `false` in the extractor's `FromCall`, if it does not use `Call::context`; otherwise decide inside of the item",
            );
        }
    }

    /// Calls the author's function with the parameters of a call. `authorize_scopes` are the scopes
    /// that the item declares, and `shown` the arguments, if the item shows them to its user.
    pub(super) fn authorize(
        &self,
        call: Call<S>,
        authorize_scopes: &'static [Scope],
        shown: Map<String, Value>,
    ) -> Authorizing {
        let (item, caller) = (call.item(), call.caller());
        let deciding = (self.decide)(call);
        let decision = async move {
            let authorized =
                decide((item.noun, item.name), authorize_scopes, caller, deciding).await?;
            Ok(Authorized::new(
                authorized.map(|values| values.with_shown(shown)),
            ))
        };
        decision.boxed()
    }
}

impl<S: Clone + Send + Sync + 'static> AuthorizeFunction<S> {
    /// Returns the function with the state applied.
    pub(super) fn with_state_applied(self, state: S) -> AuthorizeFunction<()> {
        let Self {
            need_context,
            decide,
        } = self;
        AuthorizeFunction {
            need_context,
            decide: Box::new(move |call| decide(call.with_state(state.clone()))),
        }
    }
}

/// Waits for the decision of an author's function. A panic denies.
///
/// `item` is the noun and the name of the item, `authorize_scopes` are the scopes that it declares.
pub(crate) async fn decide<T>(
    (noun, name): (&str, &str),
    authorize_scopes: &[Scope],
    caller: Option<Caller>,
    deciding: BoxFuture<'static, Result<T, AuthorizeError>>,
) -> Result<T, AuthorizeDenial> {
    // The future borrows nothing. Only state of the author can become inconsistent.
    let decision = AssertUnwindSafe(deciding).catch_unwind().await;
    let Ok(decision) = decision else {
        tracing::error!(target: "toolgate::tool", noun, name, "an `authorize` function panicked; the request was refused");
        let failed = ItemDenial::failed("the request could not be authorized");
        return Err(AuthorizeDenial::Denied(failed));
    };
    decision.map_err(|denial| denial.resolve((noun, name), authorize_scopes, caller.as_ref()))
}

/// Returns the caller of an item that is not public.
///
/// # Errors
///
/// Returns an error without a caller, which the gate makes impossible.
#[doc(hidden)]
pub fn known_caller(caller: Option<&Caller>) -> Result<&Caller, ToolError> {
    caller.ok_or_else(|| ToolError::new("this needs a caller, and the request has no token"))
}

/// Returns the decision for the definition of an item. An expansion reads the parameters, calls
/// the function, and returns its decision with the values.
#[doc(hidden)]
pub fn authorizing<T: Send + 'static>(
    decision: impl Future<Output = Result<(Result<(), AuthorizeError>, T), CallError>> + Send + 'static,
) -> Deciding {
    let decision = decision.map(|read| match read {
        Ok((decision, values)) => decision.map(|()| Ok(AuthorizedValues::new(values))),
        Err(unreadable) => Ok(Err(unreadable)),
    });
    decision.boxed()
}

/// Takes the values that the gate authorized out of a call.
///
/// # Errors
///
/// Returns an error if the permit of the call covers none: then nothing runs.
#[doc(hidden)]
pub fn authorized<S, T: 'static>(call: &mut Call<S>) -> Result<T, CallError> {
    let values = call.take_authorized().and_then(AuthorizedValues::downcast);
    values.ok_or_else(|| {
        // The gate and the dispatch disagree, which is an error in this library: refuse.
        let name = call.tool();
        tracing::error!(target: "toolgate::tool", name, "a request that its `authorize` function has not authorized was refused");
        CallError::failed("this request was not admitted")
    })
}

/// What an `authorize` function returns: `Result<(), AuthorizeError>`, or a future of it. The
/// compiler infers `How`.
#[diagnostic::on_unimplemented(
    message = "an `authorize` function returns `Result<(), AuthorizeError>`, not `{Self}`",
    label = "not a decision on the request",
    note = "return `Ok(())`, `Err(AuthorizeError::needs_scopes([…]))` or `Err(AuthorizeError::denied(\"…\"))`; the function can be `async`"
)]
pub trait AuthorizeReturn<How> {
    /// The future of the decision.
    #[doc(hidden)]
    type Decision: Future<Output = Result<(), AuthorizeError>>;

    /// Returns the decision.
    #[doc(hidden)]
    fn decision(self) -> Self::Decision;
}

impl AuthorizeReturn<Now> for Result<(), AuthorizeError> {
    type Decision = Ready<Self>;

    fn decision(self) -> Ready<Self> {
        ready(self)
    }
}

#[diagnostic::do_not_recommend]
impl<F: Future<Output = Result<(), AuthorizeError>>> AuthorizeReturn<Later> for F {
    type Decision = F;

    fn decision(self) -> F {
        self
    }
}

/// Returns the decision of an `authorize` function. The output of the future does not depend on
/// `R`, so that a function with another result is one compile error.
#[doc(hidden)]
pub fn decision<How, R: AuthorizeReturn<How>>(
    returned: R,
) -> impl Future<Output = Result<(), AuthorizeError>> {
    returned.decision()
}
