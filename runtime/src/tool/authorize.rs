//! `authorize = path`: a function of the author's that decides over caller and arguments,
//! at the gate and again before the tool runs.

use std::{
    borrow::Cow,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use serde_json::{Map, Value};

use super::Slot;
use crate::{
    caller::Caller,
    item::{ToolError, redaction},
    scope::Scope,
};

/// Why a tool's `authorize` function denies a call.
///
/// The function gets the caller and a reference to each argument of the tool, in the
/// tool's order; in a public tool the caller is an `Option<&Caller>`. It runs at the gate,
/// before the tool: it is quick, waits for nothing, and says the same each time.
///
/// ```
/// use toolgate::{Caller, AuthorizeError, mcp_tool};
///
/// fn check(caller: &Caller, path: &str) -> Result<(), AuthorizeError> {
///     if path.contains("..") {
///         return Err(AuthorizeError::denied("the path leaves the folder"));
///     }
///     if path.starts_with("/etc/") && !caller.has("files:admin") {
///         return Err(AuthorizeError::needs_scopes(["files:admin"]));
///     }
///     Ok(())
/// }
///
/// /// Reads a file.
/// #[mcp_tool(scope = "files:read", authorize = check, demands = ["files:admin"])]
/// fn read_file(
///     /// Where it is.
///     path: String,
/// ) -> String {
///     path
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a denial that is not returned denies nothing"]
pub struct AuthorizeError(Reason);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Reason {
    Needs(Vec<Box<str>>),
    Because(Cow<'static, str>),
}

impl AuthorizeError {
    /// Demands further scopes: a 403 that names them, so that a client can ask for them.
    ///
    /// Each is declared at the tool, `demands = ["files:admin"]`: what a server may ask
    /// for is known before it starts. One that is not, or that the caller has already,
    /// would send clients in circles; it is logged as a fault, and the call is refused
    /// as if by [`because`](Self::denied).
    pub fn needs_scopes<T: AsRef<str>>(scopes: impl IntoIterator<Item = T>) -> Self {
        let scopes = scopes.into_iter().map(|scope| Box::from(scope.as_ref()));
        Self(Reason::Needs(scopes.collect()))
    }

    /// Refuses for a reason that no scope would mend, told to the caller: a 403 without a
    /// challenge, so that nobody logs in for nothing.
    pub fn denied(reason: impl Into<Cow<'static, str>>) -> Self {
        Self(Reason::Because(reason.into()))
    }
}

/// What the gate is told: a [`AuthorizeError`] whose demands are such as can be met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// These scopes, of those that the tool declares, are needed too.
    Needs(Box<[Scope]>),
    /// No token would help.
    Because(Cow<'static, str>),
}

/// The check of one tool.
pub(super) struct Check {
    demands: &'static [Scope],
    ask: Box<dyn Fn(&mut Asked) -> Answer + Send + Sync>,
}

/// What the author's function says, or why it cannot be asked: arguments that cannot be read.
#[doc(hidden)]
pub type Answer = Result<Result<(), AuthorizeError>, ToolError>;

impl Check {
    pub(super) fn new(
        demands: &'static [Scope],
        ask: impl Fn(&mut Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self {
            demands,
            ask: Box::new(ask),
        }
    }

    /// The scopes that it may demand.
    pub(super) fn demands(&self) -> &'static [Scope] {
        self.demands
    }

    /// Asks the author's function, with arguments that the tool's schema allows.
    ///
    /// # Errors
    ///
    /// When the arguments cannot be read by their types; then the tool cannot run either.
    pub(super) fn ask(
        &self,
        tool: &str,
        caller: Option<&Caller>,
        arguments: Map<String, Value>,
    ) -> Result<Result<(), Refused>, ToolError> {
        let mut asked = Asked {
            caller: caller.cloned(),
            arguments,
        };
        // It borrows nothing that outlives it; what its statics share is the author's.
        let answer = catch_unwind(AssertUnwindSafe(|| (self.ask)(&mut asked)));
        let Ok(answer) = answer else {
            tracing::error!(target: "toolgate::tool", tool, "the tool's `authorize` function panicked; the call was refused");
            return Ok(Err(Refused::Because("the call could not be judged".into())));
        };
        Ok(answer?.map_err(|denied| self.refused(tool, caller, denied)))
    }

    /// A denial as the gate can answer it.
    fn refused(&self, tool: &str, caller: Option<&Caller>, denied: AuthorizeError) -> Refused {
        let demanded = match denied.0 {
            Reason::Because(reason) => return Refused::Because(reason),
            Reason::Needs(demanded) => demanded,
        };
        let declared = |name: &str| {
            let mut demands = self.demands.iter().copied();
            demands.find(|scope| scope.as_str() == name)
        };
        let scopes: Option<Box<[Scope]>> = demanded.iter().map(|name| declared(name)).collect();
        let is_met = || {
            let has = |name: &str| caller.is_some_and(|caller| caller.has(name));
            demanded.iter().all(|name| has(name))
        };
        match scopes {
            Some(scopes) if !is_met() => Refused::Needs(scopes),
            _ => {
                tracing::error!(
                    target: "toolgate::tool",
                    tool,
                    demanded = redaction::cut(&demanded.join(" "), 400),
                    "the tool's `authorize` function demands what `demands = […]` does not declare, or what the caller has: the call was refused without a challenge"
                );
                Refused::Because("the caller may not make this call".into())
            }
        }
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("demands", &self.demands)
            .finish_non_exhaustive()
    }
}

/// What an expansion has to ask the author's function with.
#[doc(hidden)]
pub struct Asked {
    caller: Option<Caller>,
    arguments: Map<String, Value>,
}

impl Asked {
    /// The caller of a public tool, if it is known.
    #[must_use]
    pub fn caller(&self) -> Option<&Caller> {
        self.caller.as_ref()
    }

    /// The caller of any other tool.
    ///
    /// # Errors
    ///
    /// When there is none, which the gate has made impossible.
    pub fn known_caller(&self) -> Result<&Caller, ToolError> {
        self.caller()
            .ok_or_else(|| ToolError::new("this tool needs a caller, and the call has no token"))
    }
}

impl<T> Slot<T> {
    /// Takes an argument out of what is asked about.
    ///
    /// # Errors
    ///
    /// When the type reads less than its schema allows.
    pub fn look(self, asked: &mut Asked, name: &str) -> Result<T, ToolError> {
        self.read_from(&mut asked.arguments, name)
    }

    /// The same for all arguments as one value.
    ///
    /// # Errors
    ///
    /// When the type reads less than its schema allows.
    pub fn look_at_all(self, asked: &mut Asked) -> Result<T, ToolError> {
        self.read_all(std::mem::take(&mut asked.arguments))
    }
}

/// What an `authorize` function returns.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "an `authorize` function returns `Result<(), AuthorizeError>`, not `{Self}`",
    label = "not a decision on the call",
    note = "return `Ok(())`, `Err(AuthorizeError::needs_scopes([…]))` or `Err(AuthorizeError::denied(\"…\"))`; the function cannot be `async`, because it decides before the tool runs"
)]
pub trait Verdict {
    /// The answer.
    fn verdict(self) -> Result<(), AuthorizeError>;
}

impl Verdict for Result<(), AuthorizeError> {
    fn verdict(self) -> Result<(), AuthorizeError> {
        self
    }
}

/// The end of an expansion's question.
///
/// # Errors
///
/// None; what could not be read has ended the question before.
#[doc(hidden)]
pub fn verdict(answer: impl Verdict) -> Answer {
    Ok(answer.verdict())
}
