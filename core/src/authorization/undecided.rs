//! [`Undecided`]: what the rules admit before the decision point has decided.

use std::{collections::HashSet, sync::Arc};

use super::{NotPermittedError, Permit, Rules, Target};
use crate::operation::Operation;

/// What a decision point says. There is no third value: a fault is no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// The operation may run.
    Allow,
    /// The operation must not run.
    Deny,
}

/// An operation that the rules admit, and that the decision point of the server has to allow. It
/// permits nothing: no item and no list takes it in place of a [`Permit`].
///
/// ```compile_fail,E0308
/// use toolgate_core::authorization::{Permit, Undecided};
///
/// fn run(_: &Permit) {}
///
/// fn before_the_decision(undecided: &Undecided) {
///     run(undecided);
/// }
/// ```
#[derive(Debug)]
#[must_use = "nothing runs before the decision point has allowed it"]
pub struct Undecided(pub(super) Permit);

impl Undecided {
    pub(super) fn new(permit: Permit) -> Self {
        Self(permit)
    }

    /// As [`Rules::reauthorize`].
    ///
    /// # Errors
    ///
    /// [`NotPermittedError`] if the rules admitted another operation.
    pub fn confirm(
        &self,
        rules: &Rules,
        operation: Operation<'_>,
    ) -> Result<(), NotPermittedError> {
        rules.reauthorize(&self.0, operation)
    }

    /// Returns the permit if the decision point allows the operation. `shown` are the items that it
    /// allows a list to show.
    ///
    /// # Errors
    ///
    /// Returns the undecided operation if the decision point denies it.
    pub fn into_permit(mut self, effect: Effect, shown: HashSet<Target>) -> Result<Permit, Self> {
        self.0.shown = Some(Arc::new(shown));
        match effect {
            Effect::Allow => Ok(self.0),
            Effect::Deny => Err(self),
        }
    }
}
