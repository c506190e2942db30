//! May they? One pure, total function, asked at the gate and again at dispatch.
//!
//! Its answer is a value. An [`Admission`] can be made here only, and a tool does not
//! run without one; a [`Denial`] holds all that a challenge needs to say.

use std::collections::HashMap;

use crate::{
    access::Access,
    operation::Operation,
    principal::Principal,
    scope::{ScopeSet, ScopeTable},
};

/// Which operation asks what of its caller. Built once, at start-up.
#[derive(Debug)]
pub(crate) struct Rules {
    table: ScopeTable,
    tools: HashMap<Box<str>, (ToolId, Access)>,
    handshake: Access,
    /// What is asked of a caller before they are told that there is no such thing.
    unlisted: Access,
    baseline: ScopeSet,
}

/// A tool's place in its server's tool set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ToolId(pub(crate) u32);

impl Rules {
    /// The rules of a server's tools.
    ///
    /// `baseline` are the scopes to ask for when a client arrives without a token;
    /// `open` lets callers without a token shake hands and list.
    pub(crate) fn new(
        table: ScopeTable,
        tools: impl IntoIterator<Item = (Box<str>, Access)>,
        baseline: ScopeSet,
        open: bool,
    ) -> Self {
        let tools: HashMap<_, _> = tools
            .into_iter()
            .zip(0..)
            .map(|((name, access), number)| (name, (ToolId(number), access)))
            .collect();
        let nothing_to_protect =
            !tools.is_empty() && tools.values().all(|(_, access)| *access == Access::Public);
        Self {
            table,
            tools,
            unlisted: if nothing_to_protect {
                Access::Public
            } else {
                Access::Authenticated
            },
            handshake: if open {
                Access::Public
            } else {
                Access::Authenticated
            },
            baseline,
        }
    }

    /// The server's scopes.
    pub(crate) fn table(&self) -> &ScopeTable {
        &self.table
    }

    /// What an operation asks for, and of which tool.
    fn rule(&self, operation: Operation<'_>) -> Rule<'_> {
        match operation {
            Operation::CallTool(name) => match self.tools.get(name) {
                Some((tool, access)) => Rule::Tool(*tool, access),
                // Its absence is told to those only who may know what there is.
                None => Rule::Other(&self.unlisted),
            },
            Operation::Initialize
            | Operation::Discover
            | Operation::Ping
            | Operation::ListTools
            | Operation::Notify
            | Operation::Reply
            | Operation::Stream
            | Operation::EndSession => Rule::Other(&self.handshake),
            Operation::Unruled(_) => Rule::None,
        }
    }

    /// The scopes to name when a token is missing or bad: the called tool's, else the
    /// baseline.
    pub(crate) fn wanted(&self, operation: Option<Operation<'_>>) -> ScopeSet {
        match operation.map(|operation| self.rule(operation)) {
            Some(Rule::Tool(_, access @ Access::Scopes(_))) => access.wanted(ScopeSet::EMPTY),
            _ => self.baseline,
        }
    }

    /// Decides whether a caller may do what was asked.
    pub(crate) fn decide(
        &self,
        operation: Operation<'_>,
        principal: Option<&Principal>,
    ) -> Decision {
        let (tool, access) = match self.rule(operation) {
            Rule::Tool(tool, access) => (Some(tool), access),
            Rule::Other(access) => (None, access),
            Rule::None if principal.is_some() || self.unlisted == Access::Public => {
                return Decision::Deny(Denial::Unruled);
            }
            Rule::None => (None, &self.unlisted),
        };
        let granted = match (access, principal) {
            (Access::Public, None) => ScopeSet::EMPTY,
            (_, Some(principal)) => principal.granted(),
            (_, None) => {
                return Decision::Deny(Denial::NoToken {
                    wanted: self.wanted(Some(operation)),
                });
            }
        };
        if !access.admits(granted) {
            return Decision::Deny(Denial::InsufficientScope {
                needed: access.wanted(granted),
                missing: access.wanted(granted).minus(granted),
                held: principal.map_or(ScopeSet::EMPTY, Principal::held),
            });
        }
        Decision::Admit(Admission {
            principal: principal.cloned(),
            method: Method::of(operation),
            tool,
        })
    }

    /// Asks again, at dispatch, with the operation that is about to run.
    ///
    /// # Errors
    ///
    /// [`NotAdmitted`] when the operation is another than the one that was admitted, or
    /// when its caller may not do it.
    pub(crate) fn confirm(
        &self,
        admission: &Admission,
        operation: Operation<'_>,
    ) -> Result<(), NotAdmitted> {
        match self.decide(operation, admission.principal()) {
            Decision::Admit(again)
                if again.method == admission.method && again.tool == admission.tool =>
            {
                Ok(())
            }
            Decision::Admit(_) | Decision::Deny(_) => Err(NotAdmitted),
        }
    }
}

enum Rule<'r> {
    Tool(ToolId, &'r Access),
    Other(&'r Access),
    None,
}

/// The answer to "may they?".
#[derive(Debug)]
pub(crate) enum Decision {
    Admit(Admission),
    Deny(Denial),
}

/// Evidence that a caller may do one thing. Only [`Rules::decide`] makes one.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    principal: Option<Principal>,
    method: Method,
    tool: Option<ToolId>,
}

impl Admission {
    /// Who was admitted; none for a caller without a token.
    pub(crate) fn principal(&self) -> Option<&Principal> {
        self.principal.as_ref()
    }

    /// The tool that may be run, if the admission is one to run a tool.
    pub(crate) fn tool(&self) -> Option<ToolId> {
        self.tool
    }
}

/// An operation without the text that its request brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Initialize,
    Discover,
    Ping,
    ListTools,
    CallTool,
    Notify,
    Reply,
    Stream,
    EndSession,
    Unruled,
}

impl Method {
    fn of(operation: Operation<'_>) -> Self {
        match operation {
            Operation::Initialize => Self::Initialize,
            Operation::Discover => Self::Discover,
            Operation::Ping => Self::Ping,
            Operation::ListTools => Self::ListTools,
            Operation::CallTool(_) => Self::CallTool,
            Operation::Notify => Self::Notify,
            Operation::Reply => Self::Reply,
            Operation::Stream => Self::Stream,
            Operation::EndSession => Self::EndSession,
            Operation::Unruled(_) => Self::Unruled,
        }
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
