//! The check of a call's arguments by the tool's own `authorize` function.

use crate::{
    authorization::Permit, caller::Caller, operation::Operation, scope::ScopeSet,
    tool::AuthorizeDenial,
};

use super::super::{Gate, message::IncomingMessage, refusal::Refusal};

impl Gate {
    /// Asks the `authorize` function of the permitted tool, before the tool runs.
    ///
    /// # Errors
    ///
    /// Returns the refusal if the function denies the call.
    pub(super) fn check_arguments(
        &self,
        permit: &mut Permit,
        message: &IncomingMessage,
    ) -> Result<(), Refusal> {
        let Some(operation @ Operation::CallTool(_)) = message.operation() else {
            return Ok(());
        };
        let Some(tools) = &self.stateless_fast_path else {
            return Ok(());
        };
        tools
            .authorize(permit, message.arguments())
            .map_err(|refused| self.argument_refusal(refused, operation, permit.caller()))
    }

    pub(in crate::gate) fn argument_refusal(
        &self,
        refused: AuthorizeDenial,
        operation: Operation<'_>,
        caller: Option<&Caller>,
    ) -> Refusal {
        let demanded = match refused {
            AuthorizeDenial::Denied(reason) => return Refusal::Forbidden { reason },
            AuthorizeDenial::NeedsScopes(scopes) => scopes,
        };
        let table = self.rules.table();
        let granted = caller.map_or(ScopeSet::EMPTY, Caller::granted);
        let demanded = table.held(demanded.iter().map(|scope| scope.as_str()));
        let needed = self.rules.needed(operation, granted).union(demanded);
        match caller {
            None => Refusal::NoToken { wanted: needed },
            Some(caller) => Refusal::InsufficientScope {
                challenged: self.challenged_scopes(needed, caller.held()),
                needed,
                missing: needed.minus(granted),
            },
        }
    }
}
