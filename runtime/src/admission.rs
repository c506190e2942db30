//! May they? One pure, total function, asked at the gate and again at dispatch.
//!
//! Its answer is a value. An [`Admission`] can be made here only, and a tool does not
//! run without one; a [`Denial`] holds all that a challenge needs to say.

use crate::{access::Access, operation::Operation, principal::Principal, scope::ScopeSet};

mod rules;
mod switches;

pub(crate) use rules::{Offers, Rules};
pub(crate) use switches::Switches;

use rules::Rule;

/// What an operation is about: a tool, a prompt or a resource, by its place in the
/// server's own list of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    Tool(u32),
    Prompt(u32),
    Resource(u32),
}

impl Rules {
    /// Decides whether a caller may do what was asked. The caller goes into the admission,
    /// or comes back with the denial.
    pub(crate) fn decide(
        &self,
        operation: Operation<'_>,
        principal: Option<Principal>,
    ) -> Decision {
        match self.judge(operation, principal.as_ref()) {
            Ok(target) => Decision::Admit(Admission {
                rules: self.id,
                principal,
                kind: operation.kind(),
                target,
            }),
            Err(denial) => Decision::Deny(denial, principal),
        }
    }

    /// Whether a caller may use a target: what lists of what is granted ask.
    pub(crate) fn admits(&self, operation: Operation<'_>, principal: Option<&Principal>) -> bool {
        self.judge(operation, principal).is_ok()
    }

    /// Asks again, at dispatch, with the operation that is about to run.
    ///
    /// # Errors
    ///
    /// [`NotAdmitted`] when the operation is another than the one that was admitted, when
    /// other rules admitted it, or when its caller may not do it.
    pub(crate) fn confirm(
        &self,
        admission: &Admission,
        operation: Operation<'_>,
    ) -> Result<(), NotAdmitted> {
        match self.judge(operation, admission.principal()) {
            Ok(target)
                if self.id == admission.rules
                    && operation.kind() == admission.kind
                    && target == admission.target =>
            {
                Ok(())
            }
            Ok(_) | Err(_) => Err(NotAdmitted),
        }
    }

    /// What is admitted, as far as it is one of the server's own things; or why not.
    fn judge(
        &self,
        operation: Operation<'_>,
        principal: Option<&Principal>,
    ) -> Result<Option<Target>, Denial> {
        let rule = self.rule(operation);
        let (target, accesses): (_, &[&Access]) = match &rule {
            Rule::Of(target, access) => (Some(*target), &[*access]),
            Rule::General(access) => (None, &[*access]),
            Rule::All(accesses) => (None, accesses),
            Rule::None if principal.is_some() || *self.unlisted() == Access::Public => {
                return Err(Denial::Unruled);
            }
            Rule::None => (None, &[self.unlisted()]),
        };
        let granted = match principal {
            Some(principal) => principal.granted(),
            None if accesses.iter().all(|access| **access == Access::Public) => ScopeSet::EMPTY,
            None => {
                let wanted = self.wanted(Some(operation));
                return Err(Denial::NoToken { wanted });
            }
        };
        if accesses.iter().all(|access| access.admits(granted)) {
            return Ok(target);
        }
        let needed = accesses
            .iter()
            .map(|access| access.wanted(granted))
            .fold(ScopeSet::EMPTY, ScopeSet::union);
        Err(Denial::InsufficientScope {
            needed,
            missing: needed.minus(granted),
            held: principal.map_or(ScopeSet::EMPTY, Principal::held),
        })
    }
}

/// The answer to "may they?".
#[derive(Debug)]
pub(crate) enum Decision {
    Admit(Admission),
    Deny(Denial, Option<Principal>),
}

/// Evidence that a caller may do one thing. Only [`Rules::decide`] makes one.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    /// The rules that admitted: another server's gate is none of ours.
    rules: u64,
    principal: Option<Principal>,
    /// The kind of the operation; what it is about, if anything, is the target.
    kind: &'static str,
    target: Option<Target>,
}

impl Admission {
    /// Who was admitted; none for a caller without a token.
    pub(crate) fn principal(&self) -> Option<&Principal> {
        self.principal.as_ref()
    }

    /// What the operation is about, if it is one of the server's own things.
    pub(crate) fn target(&self) -> Option<Target> {
        self.target
    }
}

/// Why a caller may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denial {
    /// A token is needed and there is none.
    NoToken {
        /// The scopes to ask for.
        wanted: ScopeSet,
    },
    /// The token lacks a scope.
    InsufficientScope {
        /// Every scope that the operation needs.
        needed: ScopeSet,
        /// Those of them that the token neither names nor implies.
        missing: ScopeSet,
        /// The scopes of this server that the token names.
        held: ScopeSet,
    },
    /// The operation has no rule.
    Unruled,
}

/// What is about to run is not what was admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotAdmitted;

#[cfg(test)]
mod tests;
