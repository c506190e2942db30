//! The execution paths: the ways of an authorized request to the code that runs.

use crate::authorization::Target;

use super::{
    Gate,
    fast_message::{FastRequest, Revision},
    message::{IncomingMessage, Readers},
    session_fast_path::SessionFastPath,
    stateless_fast_path::StatelessFastPath,
};

/// The way of an authorized request from the gate to the code that runs.
///
/// [`ExecutionPath::choose`] is the only place that decides it, after authorization. An execution
/// path never changes who may do what: every execution path runs with the same
/// [`Permit`](crate::authorization::Permit), and a tool checks that the permit names it.
///
/// A fast path may decline a request that it was chosen for, without an effect: a session may
/// have ended meanwhile. Then the request takes the execution path [`ExecutionPath::Rmcp`].
///
/// One re-entry exists behind the execution paths: rmcp's dispatch (`server/handler/item_calls.rs`)
/// runs a tool that needs nothing from rmcp with the code of [`ExecutionPath::StatelessCall`], so
/// that a call in a session does as little as a call without one. It chooses no execution path: the
/// second check has already compared what rmcp read with the permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExecutionPath {
    /// `tools/call` without a session, of a tool that needs nothing from rmcp.
    StatelessCall,
    /// `tools/list` without a session, from a cache of JSON bytes.
    ToolList,
    /// `tools/call` in a session, of a tool that needs nothing from rmcp. If it takes long, the
    /// session's service waits for its end.
    DirectSessionCall,
    /// `tools/call` in a session: rmcp's session gets the message that was authorized.
    SessionCall,
    /// Everything else: rmcp reads the request again, and dispatch compares it with the permit. A
    /// recorded stream is resumed without rmcp (`stream_resume.rs`).
    Rmcp,
}

/// The fast paths that the service behind the gate offers.
#[derive(Clone, Copy)]
pub(super) struct FastPaths<'g> {
    pub(super) stateless: Option<&'g dyn StatelessFastPath>,
    pub(super) session: Option<&'g dyn SessionFastPath>,
}

impl Gate {
    /// Returns the fast paths that the service behind the gate offers.
    pub(super) fn fast_paths(&self) -> FastPaths<'_> {
        FastPaths {
            stateless: self.stateless_fast_path.as_deref(),
            session: self.session_fast_path.as_deref(),
        }
    }

    /// Returns which readers read a message.
    pub(super) fn readers(&self) -> Readers {
        match self.fast_paths() {
            FastPaths {
                stateless: None,
                session: None,
            } => Readers::RmcpOnly,
            _ => Readers::FastFirst,
        }
    }

    /// Returns whether clients may get sessions. A service without fast paths decides it
    /// without the gate.
    pub(super) fn opens_sessions(&self) -> bool {
        self.session_fast_path.is_some() || self.stateless_fast_path.is_none()
    }
}

impl ExecutionPath {
    /// Chooses the execution path of a permitted request. `target` is the permit's.
    pub(super) fn choose(
        paths: FastPaths<'_>,
        message: &IncomingMessage,
        is_in_session: bool,
        target: Option<Target>,
    ) -> Self {
        // rmcp answers every unusual request: then there is one set of rules for invalid
        // requests.
        let IncomingMessage::Fast(message) = message else {
            return Self::Rmcp;
        };
        let is_stateless_tool = || matches!((paths.stateless, target), (Some(path), Some(target)) if path.takes(target));
        match (&message.request, &message.revision, is_in_session) {
            // The tool sends no progress and asks no question. A client needs rmcp's session only
            // during a slow call: to cancel it, or to resume its answer.
            (FastRequest::Call { .. }, Revision::Older { .. }, true)
                if paths.session.is_some() && is_stateless_tool() =>
            {
                Self::DirectSessionCall
            }
            // A session can cancel a call, report its progress, ask its client and replay its
            // answer, so rmcp's session runs the tool.
            (FastRequest::Call { .. }, Revision::Older { .. }, true) if paths.session.is_some() => {
                Self::SessionCall
            }
            // In a session other methods are too rare for an execution path, and 2026-07-28 has no
            // sessions.
            (_, _, true) => Self::Rmcp,
            // Where there are sessions, a request of their revisions belongs into one: rmcp
            // refuses it.
            (_, Revision::Older { .. }, false) if paths.session.is_some() => Self::Rmcp,
            // Nothing of rmcp's machinery is needed.
            (FastRequest::Call { .. }, _, false) if is_stateless_tool() => Self::StatelessCall,
            // The tool may need rmcp's context, or no tool has the name: rmcp's dispatch answers.
            (FastRequest::Call { .. }, _, false) => Self::Rmcp,
            // All callers that see the same tools get the same bytes.
            (FastRequest::List, Revision::Current, false) if paths.stateless.is_some() => {
                Self::ToolList
            }
            // The list has another form in older revisions, and rmcp writes it.
            (FastRequest::List, _, false) => Self::Rmcp,
        }
    }

    /// Returns whether the code that runs may send messages before its answer, if the client
    /// asks for them.
    pub(super) fn can_report(
        self,
        paths: FastPaths<'_>,
        is_list: bool,
        target: Option<Target>,
    ) -> bool {
        match (self, paths.stateless) {
            (Self::StatelessCall | Self::ToolList | Self::DirectSessionCall, _) => false,
            // The same tools and lists as on the fast path, also for an unusual request.
            (Self::Rmcp, Some(_)) if is_list => false,
            (Self::Rmcp, Some(path)) => !target.is_some_and(|target| path.takes(target)),
            (Self::SessionCall | Self::Rmcp, _) => true,
        }
    }
}

#[cfg(test)]
mod tests;
