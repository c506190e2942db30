//! Refusing a request: the audit line, the form of the answer, and what the answer repeats.

use http::HeaderMap;

use crate::scope::ScopeSet;

use super::{
    Gate,
    audit::{self, Subject},
    refusal::{Refusal, RefusalContext, RefusalForm, RefusedRequest, ResponseEnvelope},
    tool_result_denial::{DeniedCall, ToolResultEnvelope},
};

impl Gate {
    /// A refusal, written to the audit log, in the form that its caller is to get: as a
    /// result, when a challenge refuses the call of a tool and the server says so.
    pub(super) fn refuse(
        &self,
        subject: Subject<'_>,
        refusal: Refusal,
        headers: &HeaderMap,
        to: ResponseEnvelope,
    ) -> Box<RefusedRequest<'_>> {
        let refusal = self.note(subject, refusal);
        let chooses = self.tool_result_denial.as_ref().filter(|_| to.is_call);
        let call = DeniedCall {
            headers,
            caller: subject.caller,
        };
        let is_result = chooses.is_some_and(|chooses| refusal.is_challenge() && chooses(&call));
        let form = match to.id {
            Some(id) if is_result => RefusalForm::ToolResult(ToolResultEnvelope {
                id,
                marks_complete: to.marks_complete,
            }),
            Some(id) => RefusalForm::JsonRpc(id),
            None => RefusalForm::OAuth,
        };
        let needed = match (&refusal, subject.operation) {
            (Refusal::InsufficientScope { needed, .. }, _) => *needed,
            (_, Some(operation)) => self.rules.needed(operation, ScopeSet::EMPTY),
            (_, None) => ScopeSet::EMPTY,
        };
        let target = subject.operation.and_then(|of| self.rules.target(of));
        let item = target.and_then(|target| Some((target, self.item_names.get(target)?)));
        Box::new(RefusedRequest {
            refusal,
            form,
            item,
            needed,
        })
    }

    /// Writes the audit line of a refusal.
    pub(super) fn note(&self, subject: Subject<'_>, refusal: Refusal) -> Refusal {
        let (needed, missing) = refusal.scopes();
        audit::refused(
            subject,
            refusal.outcome(),
            needed,
            missing,
            self.rules.table(),
        );
        refusal
    }

    /// How a refusal is told to whom used the scheme `DPoP`, or not.
    pub(super) fn voice(&self, dpop: bool) -> RefusalContext<'_> {
        RefusalContext {
            challenges: &self.challenges,
            told: &self.told,
            table: self.rules.table(),
            hosts: self.origins.hosts(),
            dpop: dpop || self.authenticator.takes_only_bound(),
        }
    }
}
