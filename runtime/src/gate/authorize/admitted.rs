//! [`AdmittedRequest`]: a request that the rules admit, before its item and the decision point
//! have decided.

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    authorization::{NotPermittedError, Permit, Rules, Target, Undecided},
    caller::Caller,
    item::Authorized,
    operation::Operation,
};

use super::{
    super::{
        execution_path::ExecutionPath, message::IncomingMessage, policy_note::PolicyNote,
        session::SessionGuard,
    },
    AuthorizedRequest,
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
