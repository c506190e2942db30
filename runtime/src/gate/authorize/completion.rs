//! The last step of the authorization: the place of a session, and the records of the decision.

use http::HeaderMap;

use crate::operation::Operation;

use super::{
    super::{
        Gate,
        audit::{self, AuditContext},
        refusal::{Refusal, RefusedRequest},
    },
    AuthorizedRequest, UNREADABLE,
};

impl Gate {
    /// Reserves the place of a session that the request opens, and records the decision before
    /// anything runs.
    pub(in crate::gate) fn complete(
        &self,
        authorized: &mut AuthorizedRequest,
        headers: &HeaderMap,
    ) -> Result<(), Box<RefusedRequest<'_>>> {
        let (message, permit) = (&authorized.message, &authorized.permit);
        let operation = message.operation().unwrap_or(UNREADABLE);
        let context = AuditContext::new(Some(operation), permit.caller()).of_request(headers);
        let context = context.with_policy(authorized.policy.as_deref());
        let refuse = |refusal| self.refuse(context, refusal, headers, message.response_envelope());
        // A local caller has one connection and no session in the table.
        if operation == Operation::Initialize && !self.is_local {
            let reserved = self.reserve_session(context.caller, &authorized.body);
            authorized.reservation =
                Some(reserved.map_err(|limit| refuse(Refusal::SessionLimit(limit)))?);
        }
        let is_known = operation.item_name().is_none() || permit.target().is_some();
        if self.observation.is_some() {
            authorized.report = self.report_allowed(context, is_known).map_err(refuse)?;
        }
        audit::admitted(context, is_known);
        Ok(())
    }
}
