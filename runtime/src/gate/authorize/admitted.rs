//! [`AdmittedRequest`]: a request that the rules admit, before its item and the decision point
//! have decided; [`AuthorizedRequest`]: a request that may run.

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    authorization::{NotPermittedError, Permit, Rules, Target, Undecided},
    caller::Caller,
    item::Authorized,
    observer::RunReport,
    operation::Operation,
};

use super::super::{
    decision_point::{Allowed, DecisionPoint, NotAllowed, PolicyFault, PolicyQuestion},
    execution_path::ExecutionPath,
    message::IncomingMessage,
    policy_note::PolicyNote,
    session::{SessionGuard, SessionReservation, StartingCall},
};

/// What the rules have made of a request.
pub(crate) enum Admission {
    /// Nothing else has to allow it.
    Permitted(Permit),
    /// The decision point has to allow it.
    Undecided(Undecided),
}

impl Admission {
    pub(crate) fn caller(&self) -> Option<&Caller> {
        match self {
            Self::Permitted(permit) => permit.caller(),
            Self::Undecided(undecided) => undecided.caller(),
        }
    }

    pub(crate) fn target(&self) -> Option<Target> {
        match self {
            Self::Permitted(permit) => permit.target(),
            Self::Undecided(undecided) => undecided.target(),
        }
    }

    /// Checks that the rules have admitted this operation.
    pub(super) fn confirm(
        &self,
        rules: &Rules,
        operation: Operation<'_>,
    ) -> Result<(), NotPermittedError> {
        match self {
            Self::Permitted(permit) => rules.reauthorize(permit, operation),
            Self::Undecided(undecided) => undecided.confirm(rules, operation),
        }
    }

    /// Asks the decision point, if it has to allow the operation.
    ///
    /// # Errors
    ///
    /// Returns the operation if it is not allowed.
    pub(crate) async fn decided(
        self,
        point: Option<&DecisionPoint>,
        rules: &Rules,
        question: PolicyQuestion<'_>,
    ) -> Result<Allowed, Box<NotAllowed>> {
        match (self, point) {
            (Self::Permitted(permit), _) => Ok(Allowed { permit, note: None }),
            (Self::Undecided(undecided), Some(point)) => {
                point.decide(rules, undecided, question).await
            }
            // The rules require a decision only if the server has a decision point.
            (Self::Undecided(undecided), None) => Err(Box::new(NotAllowed {
                undecided,
                fault: PolicyFault::Failed,
            })),
        }
    }

    /// Extends it to the parameters that the item has authorized.
    pub(crate) fn extend(&mut self, authorized: Authorized) {
        match self {
            Self::Permitted(permit) => permit.set_parameters(authorized.parameters),
            Self::Undecided(undecided) => undecided.set_parameters(authorized.parameters),
        }
    }
}

/// A request that the rules admit. No part of it runs yet.
pub(in crate::gate) struct AdmittedRequest {
    pub(in crate::gate) admission: Admission,
    pub(in crate::gate) execution_path: ExecutionPath,
    pub(in crate::gate) message: IncomingMessage,
    /// The bytes of the message, for rmcp.
    pub(in crate::gate) body: Bytes,
    pub(in crate::gate) session: Option<Arc<SessionGuard>>,
}

impl AdmittedRequest {
    /// Returns the request with its permit.
    pub(super) fn permitted(
        permit: Permit,
        policy: Option<Box<PolicyNote>>,
        (execution_path, message, body, session): (
            ExecutionPath,
            IncomingMessage,
            Bytes,
            Option<Arc<SessionGuard>>,
        ),
    ) -> Box<AuthorizedRequest> {
        let operation = message.operation();
        Box::new(AuthorizedRequest {
            streams: matches!(operation, Some(Operation::Stream | Operation::Listen(_))),
            lists_tools: matches!(operation, Some(Operation::ListTools)),
            permit,
            execution_path,
            message,
            body,
            reservation: None,
            session,
            starting: None,
            report: None,
            policy,
        })
    }
}

/// A request that may run.
pub(in crate::gate) struct AuthorizedRequest {
    /// The proof, with the caller and the target.
    pub(in crate::gate) permit: Permit,
    pub(in crate::gate) execution_path: ExecutionPath,
    /// The message that was authorized, with the arguments of a call.
    pub(in crate::gate) message: IncomingMessage,
    /// The bytes of the message, for rmcp.
    pub(in crate::gate) body: Bytes,
    /// The place of the session that an `initialize` opens.
    pub(in crate::gate) reservation: Option<SessionReservation>,
    /// The session of the request. It does not end before this is dropped.
    pub(in crate::gate) session: Option<Arc<SessionGuard>>,
    /// Set while a call in a session starts that may still go to the session's service.
    pub(in crate::gate) starting: Option<StartingCall>,
    /// Whether the answer is a stream without an end.
    pub(in crate::gate) streams: bool,
    pub(in crate::gate) lists_tools: bool,
    /// Reports how the run ends, if anything observes the gate.
    pub(in crate::gate) report: Option<Arc<RunReport>>,
    /// What the records say of the decision point.
    pub(in crate::gate) policy: Option<Box<PolicyNote>>,
}
