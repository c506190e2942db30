//! What a permit says of itself. Nothing here decides.

use std::any::Any;

use super::{AuthorizedParameters, Permit, Target, Undecided};
use crate::caller::Caller;

impl Permit {
    /// Returns the admitted caller, or `None` for a request without a token.
    pub fn caller(&self) -> Option<&Caller> {
        self.caller.as_ref()
    }

    /// Returns the tool, prompt or resource of the operation, if it has one.
    pub fn target(&self) -> Option<Target> {
        self.target
    }

    /// Returns whether a decision point has made the permit: its lists are for its caller alone.
    pub fn is_decided(&self) -> bool {
        self.shown.is_some()
    }

    /// Extends the permit to the parameters that its target has authorized for its caller.
    pub fn set_parameters(&mut self, parameters: Box<dyn Any + Send>) {
        self.authorized = AuthorizedParameters::new(parameters);
    }

    /// Takes the authorized parameters. They run once: each further run of the same request, as
    /// for the next round of an interaction, needs another permit.
    pub fn take_parameters<T: 'static>(&self) -> Option<T> {
        self.authorized.take()
    }
}

impl Undecided {
    /// Returns the admitted caller, or `None` for a request without a token.
    pub fn caller(&self) -> Option<&Caller> {
        self.0.caller()
    }

    /// Returns the tool, prompt or resource of the operation, if it has one.
    pub fn target(&self) -> Option<Target> {
        self.0.target()
    }

    /// As [`Permit::set_parameters`].
    pub fn set_parameters(&mut self, parameters: Box<dyn Any + Send>) {
        self.0.set_parameters(parameters);
    }
}
