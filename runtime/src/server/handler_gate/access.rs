//! The access of one item of a handler, declared next to the handler.

use std::time::Duration;

use crate::{
    access::{Conditions, Requirement},
    item::{DeclaredQuestion, ItemLimits},
    rate::Rate,
    scope::Scope,
    server::registry::AccessTerms,
};

/// The access of a tool, prompt or resource of a handler behind a [`HandlerGate`](crate::gate::HandlerGate).
/// [`access!`](macro@crate::access) builds it in the syntax of `#[mcp_tool]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    requirement: Option<Requirement>,
    conditions: Conditions,
    step_up: bool,
    authorize_scopes: &'static [Scope],
    question: Option<DeclaredQuestion>,
    limits: ItemLimits,
}

impl Access {
    /// The item is denied to every caller, as if it did not exist.
    pub const REFUSED: Self = Self {
        requirement: None,
        conditions: Conditions::NONE,
        step_up: false,
        authorize_scopes: &[],
        question: None,
        limits: ItemLimits::NONE,
    };

    /// Builds the access for this requirement.
    #[must_use]
    pub const fn of(requirement: Requirement) -> Self {
        Self {
            requirement: Some(requirement),
            ..Self::REFUSED
        }
    }

    /// Requests the scopes at the first use of the item instead of at the login.
    #[must_use]
    pub const fn step_up(self) -> Self {
        Self {
            step_up: true,
            ..self
        }
    }

    /// Requires roles, a person, an authentication context or a recent login in addition to the scopes. With
    /// [`Requirement::Public`] this is an error at start-up.
    #[must_use]
    pub const fn with_conditions(self, conditions: Conditions) -> Self {
        Self { conditions, ..self }
    }

    /// Declares the scopes that the `authorize` function of the item can demand: a server must
    /// know at start-up which scopes it may request.
    ///
    /// ```
    /// use toolgate::{Scope, access};
    ///
    /// const ADMIN: Scope = Scope::new("files:admin");
    /// let access = access!(scope = "files:read").authorize_scopes(&[ADMIN]);
    /// ```
    #[must_use]
    pub const fn authorize_scopes(self, scopes: &'static [Scope]) -> Self {
        Self {
            authorize_scopes: scopes,
            ..self
        }
    }

    /// Asks the user before the item runs, as `confirm = "…"` does for an item of a
    /// [`Server`](crate::Server): the question shows the arguments that it names, and below it all
    /// others. The answer is valid for these arguments, this caller and five minutes, and each
    /// process accepts it once. A client that cannot ask its user gets 403 `not_confirmed`.
    ///
    /// `{name}` stands for an argument of the tool or the prompt, or for a variable of the
    /// resource's URI. A name that the item does not have is an error at start-up, as far as the
    /// handler lists its arguments.
    ///
    /// The question is a round of its own. A handler that answers such a request with
    /// `InputRequired` cannot get its own answer, so the gate refuses that response. In a session
    /// of an older revision the handler can still ask its client while the request waits.
    ///
    /// ```
    /// use toolgate::{access, gate::HandlerGate};
    ///
    /// let gate = HandlerGate::builder("notes")
    ///     .tool("delete", access!(scope = "notes:write", confirm = "Delete {id}?"))
    ///     .tools_by(|tool| {
    ///         let hints = tool.annotations.as_ref();
    ///         match hints.and_then(|hints| hints.destructive_hint) {
    ///             Some(false) => access!(scope = "notes:write"),
    ///             _ => access!(scope = "notes:write").confirm("Do you want this?"),
    ///         }
    ///     });
    /// ```
    #[must_use]
    pub const fn confirm(self, question: &'static str) -> Self {
        Self {
            question: Some(DeclaredQuestion::confirm(self.question, question)),
            ..self
        }
    }

    /// Asks the user on the server's own page before the item runs, as `approve = "…"` does for an
    /// item of a [`Server`](crate::Server): the user signs in there, sees the arguments and decides.
    /// A client cannot answer for its user. Everything else is as for
    /// [`confirm`](Self::confirm), with the code `not_approved`. With `confirm`, or with
    /// [`Requirement::Public`], it is an error at start-up.
    ///
    /// Requires the feature `approval`. Without it, this is an error at start-up.
    ///
    /// ```
    /// use toolgate::{access, gate::HandlerGate};
    ///
    /// let gate = HandlerGate::builder("notes")
    ///     .tool("delete", access!(scope = "notes:write", approve = "Delete {id}?"))
    ///     .tool("purge", access!(scope = "notes:write").approve("Delete all notes?"));
    /// ```
    #[must_use]
    pub const fn approve(self, question: &'static str) -> Self {
        Self {
            question: Some(DeclaredQuestion::approve(self.question, question)),
            ..self
        }
    }

    /// Limits how often one caller may use the item, as `rate = "10/min"` and `burst = 20` do for an
    /// item of a [`Server`](crate::Server). A request beyond the rate gets 429 `rate_limited`.
    ///
    /// ```
    /// use toolgate::{access, gate::Rate};
    ///
    /// let limited = access!(scope = "notes:read", rate = "10/min", burst = 20);
    /// let rate = Rate::per_minute(10).with_burst(20);
    /// assert_eq!(limited, access!(scope = "notes:read").rate(rate));
    /// ```
    #[must_use]
    pub const fn rate(mut self, rate: Rate) -> Self {
        self.limits.rate = Some(rate);
        self
    }

    /// Limits how many requests of one caller for the item run at the same time, as
    /// `concurrency = 4` does. A further request gets 429 `too_many_running`. 0 is an error at
    /// start-up.
    ///
    /// ```
    /// use toolgate::access;
    ///
    /// let limited = access!(scope = "notes:read", concurrency = 4);
    /// assert_eq!(limited, access!(scope = "notes:read").concurrency(4));
    /// ```
    #[must_use]
    pub const fn concurrency(mut self, most: u32) -> Self {
        self.limits.concurrency = Some(most);
        self
    }

    /// Cancels the item if it runs longer than this time, as `timeout = "30s"` does: the handler's
    /// future is dropped, and the caller gets a tool error, or the protocol's error for a prompt or
    /// a resource. Less than a millisecond and more than a day are errors at start-up.
    ///
    /// ```
    /// use std::time::Duration;
    /// use toolgate::access;
    ///
    /// let limited = access!(scope = "notes:read", timeout = "30s");
    /// assert_eq!(limited, access!(scope = "notes:read").timeout(Duration::from_secs(30)));
    /// ```
    #[must_use]
    pub const fn timeout(mut self, time: Duration) -> Self {
        self.limits.timeout = Some(time);
        self
    }

    /// Returns `None` if the item is refused.
    pub(super) fn terms(self) -> Option<AccessTerms> {
        self.requirement.map(|requirement| AccessTerms {
            requirement,
            conditions: self.conditions,
            step_up: self.step_up,
            authorize_scopes: self.authorize_scopes.to_vec(),
            question: self.question,
            limits: self.limits,
            // The gate cannot open a state of the handler, so a client could invent one.
            takes_rounds: self.question.is_some(),
        })
    }
}

/// Declares the access of an item in the syntax of `#[mcp_tool]`: `scope = "a"`,
/// `scopes = ["a", "b"]` (all of them), `any_scope = ["a", ["b", "c"]]`, each also with `step_up`;
/// `authenticated`; `public`; and `refused`, which denies the item to every caller. `role`,
/// `roles`, `any_role`, `person`, `acr` and `max_age` are allowed with scopes and with `authenticated`, and
/// `confirm = "Delete {id}?"` ([`Access::confirm`]), `rate`, `burst`, `concurrency` and `timeout`
/// ([`Access::rate`]) with everything except `refused`; `approve = "Delete {id}?"` in place of
/// `confirm`, also not with `public` ([`Access::approve`]).
///
/// A scope is a string or a [`Scope`](crate::Scope). An invalid scope does not compile.
///
/// ```
/// use toolgate::{access, auth::Requirement, gate::Access};
///
/// assert_eq!(access!(public), Access::of(Requirement::Public));
/// let write = access!(scope = "notes:write", step_up);
/// assert_eq!(write, access!(scopes = ["notes:write"]).step_up());
/// let purge =
///     access!(scope = "notes:write", role = "editor", acr = "urn:example:mfa", max_age = 300);
/// assert_ne!(purge, access!(scope = "notes:write"));
/// ```
///
/// ```compile_fail
/// let scope = toolgate::access!(scope = "notes write");
/// ```
#[macro_export]
macro_rules! access {
    ($($declaration:tt)*) => {
        $crate::__private::access! { $crate $($declaration)* }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Scope;

    #[test]
    fn the_words_mean_what_they_mean_to_a_tool() {
        const READ: Scope = Scope::new("read");
        let scopes = |needs: Access| match needs.terms().unwrap().requirement {
            Requirement::Scopes(sets) => sets.to_vec(),
            other => panic!("{other:?}"),
        };
        assert_eq!(scopes(access!(scope = READ)), [&[READ]]);
        let both: &[Scope] = &[READ, Scope::new("write")];
        assert_eq!(scopes(access!(scopes = [READ, "write"])), [both]);
        assert_eq!(scopes(access!(any_scope = ["read", "write"])).len(), 2);
        let nested = scopes(access!(any_scope = ["admin", [READ, "write"]]));
        assert_eq!(nested, [&[Scope::new("admin")], both]);
        let any = access!(any_scope = ["read", "write"], step_up);
        assert!(any.terms().unwrap().step_up);
        assert!(!access!(authenticated).terms().unwrap().step_up);
        assert!(access!(refused).terms().is_none());
        const EDITOR: &str = "editor";
        let limits = access!(
            authenticated,
            any_role = [EDITOR, ["a", "b"]],
            acr = ["x", "y"],
            max_age = 300
        );
        let limits = limits.terms().unwrap().conditions;
        assert_eq!(limits.roles(), [&["editor"][..], &["a", "b"]]);
        assert_eq!(limits.acr(), ["x", "y"]);
        assert_eq!(limits.max_age(), Some(Duration::from_secs(300)));
        assert!(access!(refused).step_up().terms().is_none());
        assert!(access!(refused).confirm("Sure?").terms().is_none());
        let asks = access!(public, confirm = "Sure?");
        assert_eq!(asks, access!(public).confirm("Sure?"));
        assert_eq!(
            asks.terms().unwrap().question,
            Some(DeclaredQuestion::Confirm("Sure?"))
        );
        let asks = access!(authenticated, approve = "Sure?");
        assert_eq!(asks, access!(authenticated).approve("Sure?"));
        assert_eq!(
            asks.terms().unwrap().question,
            Some(DeclaredQuestion::Approve("Sure?"))
        );
        assert_eq!(
            asks.confirm("Really?").terms().unwrap().question,
            Some(DeclaredQuestion::Both)
        );
    }
}
