//! What a guarded handler requires of each request: that its gate has admitted it, with the
//! parameters that the item's `authorize` function has authorized.

use rmcp::{ErrorData, RoleServer, model::JsonObject, service::RequestContext};

use crate::{
    authorization::Permit, gate::Authorizer, operation::Operation,
    server::dispatch_check::confirmed_permit,
};

use super::GuardedHandler;
use crate::server::handler_gate::HandlerCall;

impl<H> GuardedHandler<H> {
    pub(super) fn permit(
        &self,
        context: &RequestContext<RoleServer>,
        operation: Operation<'_>,
    ) -> Result<Permit, ErrorData> {
        confirmed_permit(self.rules(), &context.extensions, operation)
    }

    /// Requires an admission for a declared item. A valid token does not give access to items
    /// that are not declared.
    pub(super) fn admit(
        &self,
        context: &RequestContext<RoleServer>,
        operation: Operation<'_>,
    ) -> Result<Permit, ErrorData> {
        let permit = self.permit(context, operation)?;
        match permit.target() {
            Some(_) => Ok(permit),
            None => Err(unknown(operation)),
        }
    }

    /// Like [`admit`](Self::admit), for an item that runs. Returns its permit, and the request that
    /// the item's `authorize` function has authorized, if it has one.
    pub(super) fn admit_run(
        &self,
        context: &RequestContext<RoleServer>,
        operation: Operation<'_>,
    ) -> Result<(Permit, Option<HandlerCall>), ErrorData> {
        let permit = self.admit(context, operation)?;
        let authorizer = self.gate.0.built_gate.gate.authorizer.as_deref();
        let is_asked = |authorizer: &Authorizer| {
            let target = permit.target();
            target.is_some_and(|target| authorizer.has_authorize(target))
        };
        if !authorizer.is_some_and(is_asked) {
            return Ok((permit, None));
        }
        let authorized = permit.take_parameters();
        let authorized = authorized.ok_or_else(|| {
            tracing::error!(
                target: "toolgate::audit",
                decision = "not_admitted",
                method = operation.kind(),
                "a request arrived at the handler that its `authorize` function has not authorized; it was refused"
            );
            ErrorData::internal_error("the operation was not admitted", None)
        })?;
        Ok((permit, Some(authorized)))
    }
}

/// Replaces the arguments that rmcp has read by those that were authorized.
pub(super) fn replace_arguments(
    arguments: &mut Option<JsonObject>,
    authorized: Option<HandlerCall>,
) {
    let Some((_, authorized)) = authorized.map(HandlerCall::into_parts) else {
        return;
    };
    if arguments.is_some() || !authorized.is_empty() {
        *arguments = Some(authorized);
    }
}

fn unknown(operation: Operation<'_>) -> ErrorData {
    match operation {
        Operation::CallTool(_) => ErrorData::invalid_params("there is no tool of this name", None),
        Operation::GetPrompt(_) | Operation::CompletePrompt(_) => {
            ErrorData::invalid_params("there is no prompt of this name", None)
        }
        _ => ErrorData::resource_not_found("there is no resource with this URI", None),
    }
}
