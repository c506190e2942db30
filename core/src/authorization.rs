//! Decides whether a caller may perform an operation: one pure, total function, called at
//! the gate and again at dispatch.
//!
//! Only this module builds a [`Permit`], and no tool runs without one. A [`Denial`]
//! holds everything that a challenge needs.

use std::{collections::HashSet, sync::Arc};

use crate::{
    access::{Conditions, ResolvedAccess},
    caller::Caller,
    operation::Operation,
    scope::ScopeSet,
};

mod accessors;
mod authorized_parameters;
mod denial;
mod enabled_items;
mod requested_scopes;
mod rules;
mod undecided;

pub use denial::{Denial, NotPermittedError};
pub use enabled_items::EnabledItems;
pub use rules::{ProtectedItems, Rules};
pub use undecided::{Effect, Undecided};

use authorized_parameters::AuthorizedParameters;
use rules::Rule;

/// The tool, prompt or resource of an operation, as its index in the server's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A tool.
    Tool(u32),
    /// A prompt.
    Prompt(u32),
    /// A resource or a template.
    Resource(u32),
}

impl Rules {
    /// Decides whether a caller may perform an operation. The caller moves into the
    /// admission, or is returned with the denial. If the server has a decision point, this function
    /// makes no permit for an operation that the decision point has to allow.
    pub fn decide(&self, operation: Operation<'_>, caller: Option<Caller>) -> Decision {
        let target = match self.authorize(operation, caller.as_ref(), ConditionChecks::All) {
            Ok(target) => target,
            Err(denial) => return Decision::Deny(denial, caller),
        };
        let permit = Permit {
            rules: self.id,
            caller,
            kind: operation.kind(),
            target,
            authorized: AuthorizedParameters::default(),
            shown: None,
        };
        match self.asks(operation, target) {
            true => Decision::Ask(Undecided::new(permit)),
            false => Decision::Admit(permit),
        }
    }

    /// Returns whether the rules allow a caller to perform an operation now. A decision point can
    /// still deny it.
    pub fn allows(&self, operation: Operation<'_>, caller: Option<&Caller>) -> bool {
        self.authorize(operation, caller, ConditionChecks::All)
            .is_ok()
    }

    /// Returns whether lists that are filtered by grants show the item of an operation to a
    /// caller.
    pub fn shows(&self, operation: Operation<'_>, caller: Option<&Caller>) -> bool {
        self.authorize(operation, caller, ConditionChecks::RolesOnly)
            .is_ok()
    }

    /// Authorizes again at dispatch, with the operation that is about to run. The age of the
    /// login is not checked again: time has passed since the gate admitted the operation.
    ///
    /// # Errors
    ///
    /// [`NotPermittedError`] if a different operation was admitted, if different rules admitted
    /// it, or if its caller may not perform it.
    pub fn reauthorize(
        &self,
        permit: &Permit,
        operation: Operation<'_>,
    ) -> Result<(), NotPermittedError> {
        match self.authorize(operation, permit.caller(), ConditionChecks::WithoutLoginAge) {
            Ok(target)
                if self.id == permit.rules
                    && operation.kind() == permit.kind
                    && target == permit.target =>
            {
                Ok(())
            }
            Ok(_) | Err(_) => Err(NotPermittedError),
        }
    }

    /// Returns the target of an admitted operation, if it has one, or the reason for the
    /// denial.
    fn authorize(
        &self,
        operation: Operation<'_>,
        caller: Option<&Caller>,
        checks: ConditionChecks,
    ) -> Result<Option<Target>, Denial> {
        let rule = self.access_of(operation);
        let (target, accesses): (_, &[&ResolvedAccess]) = match &rule {
            Rule::Target(target, access) => (Some(*target), &[*access]),
            Rule::Untargeted(access) => (None, &[*access]),
            Rule::Every(accesses) => (None, accesses),
            Rule::Missing
                if caller.is_some()
                    || *self.access_to_learn_existence() == ResolvedAccess::Public =>
            {
                return Err(Denial::Unruled);
            }
            Rule::Missing => (None, &[self.access_to_learn_existence()]),
        };
        let granted = match caller {
            Some(caller) => caller.granted(),
            None if accesses
                .iter()
                .all(|access| **access == ResolvedAccess::Public) =>
            {
                ScopeSet::EMPTY
            }
            None => {
                let challenge_scopes = self.scopes_to_request(Some(operation));
                return Err(Denial::NoToken { challenge_scopes });
            }
        };
        if accesses.iter().all(|access| access.allows(granted)) {
            return Ok(target);
        }
        let needed = accesses
            .iter()
            .map(|access| access.scopes_to_request(granted))
            .fold(ScopeSet::EMPTY, ScopeSet::union);
        match caller {
            Some(caller) if accesses.iter().all(|one| one.scopes().allows(granted)) => {
                self.check_conditions(accesses, caller, needed, checks)?;
                Ok(target)
            }
            _ => Err(Denial::InsufficientScope {
                needed,
                missing: needed.minus(granted),
                held: caller.map_or(ScopeSet::EMPTY, Caller::held),
            }),
        }
    }

    /// Checks the further conditions: first those that another login does not satisfy.
    fn check_conditions(
        &self,
        accesses: &[&ResolvedAccess],
        caller: &Caller,
        needed: ScopeSet,
        checks: ConditionChecks,
    ) -> Result<(), Denial> {
        let claims = caller.claims();
        let mut all = accesses.iter().filter_map(|access| access.conditions());
        if all.clone().any(Conditions::person) && !claims.acts_for_person() {
            return Err(Denial::NoPerson);
        }
        if let Some(needed) = all.clone().find_map(|one| one.missing_roles(claims)) {
            return Err(Denial::MissingRole { needed });
        }
        let now = match checks {
            ConditionChecks::All => Some(self.clock.0.now()),
            ConditionChecks::WithoutLoginAge => None,
            ConditionChecks::RolesOnly => return Ok(()),
        };
        match all.find(|one| !one.accepts_login(claims, now)) {
            None => Ok(()),
            Some(conditions) => Err(Denial::InsufficientAuthentication {
                conditions: *conditions,
                needed,
                held: caller.held(),
            }),
        }
    }
}

/// Which further conditions are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ConditionChecks {
    /// All of them.
    All,
    /// All except `max_age`.
    WithoutLoginAge,
    /// The person and the roles: the others can be satisfied by logging in again.
    RolesOnly,
}

/// The result of [`Rules::decide`].
#[derive(Debug)]
pub enum Decision {
    /// The caller may perform the operation.
    Admit(Permit),
    /// The rules admit it, and the decision point has to allow it, too.
    Ask(Undecided),
    /// The caller may not, and is returned.
    Deny(Denial, Option<Caller>),
}

/// Proof that a caller may perform one operation. Only [`Rules::decide`] builds one, and where a
/// decision point has to allow the operation, only [`Undecided::into_permit`] returns it.
#[derive(Debug, Clone)]
pub struct Permit {
    /// The id of the rules that admitted it. An admission by another server's rules is not
    /// valid.
    rules: u64,
    caller: Option<Caller>,
    /// The kind of the operation; `target` is the item.
    kind: &'static str,
    target: Option<Target>,
    authorized: AuthorizedParameters,
    /// The items that the decision point shows in a list, or `None` without a decision point.
    shown: Option<Arc<HashSet<Target>>>,
}

impl Permit {
    /// Returns whether a list may show an item. Without a decision point it may show all.
    pub fn shows(&self, target: Option<Target>) -> bool {
        let shows = |shown: &HashSet<Target>| target.is_some_and(|one| shown.contains(&one));
        self.shown.as_deref().is_none_or(shows)
    }
}

#[cfg(test)]
mod tests;
