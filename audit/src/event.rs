//! The events of the log: decisions, decisions of users, and ends of runs.

use std::{fmt, net::SocketAddr, time::Duration};

/// Whether a decision allows the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// The operation may run. If `runs` is true, an item runs, and the end of the run follows.
    Allowed {
        /// Whether an item runs.
        runs: bool,
    },
    /// The operation is refused.
    Denied {
        /// The stable code of the denial, if it has one.
        reason_code: Option<&'a str>,
        /// The author's own code.
        detail: Option<&'a str>,
        /// Whether the item was running.
        is_late: bool,
    },
    /// A limit refuses the operation, or its authentic token is not accepted. A client can cause
    /// such refusals without limit, so the log writes one a second and counts the others.
    Aggregated {
        /// The stable code of the denial.
        reason_code: Option<&'a str>,
    },
}

/// A decision, without the token and the arguments. The log shortens texts that are too long.
#[derive(Clone, Copy)]
pub struct Decision<'a> {
    /// The number of the decision in this process.
    pub id: u64,
    /// When it was made, in seconds since the start of 1970.
    pub time: u64,
    /// The id of the request.
    pub request_id: &'a str,
    /// The id of the trace.
    pub trace_id: Option<&'a str>,
    /// The id of the session. The log writes a pseudonym: the id can be enough to use the session.
    pub session: Option<&'a str>,
    /// The issuer of the token.
    pub issuer: Option<&'a str>,
    /// The subject of the token.
    pub subject: Option<&'a str>,
    /// The client of the token.
    pub client: Option<&'a str>,
    /// The subjects of those who act for the subject, with the issuer that names each: the current
    /// actor first.
    pub actors: &'a [(&'a str, &'a str)],
    /// The method of the message.
    pub method: &'a str,
    /// The item that the request names.
    pub item: Option<&'a str>,
    /// The decision in one word: `admitted`, or the kind of the refusal.
    pub decision: &'a str,
    /// The scopes that the operation needs, separated by spaces. They are formatted only if the
    /// decision has a record of its own.
    pub required_scopes: &'a dyn fmt::Display,
    /// The scopes of this server that the token names.
    pub token_scopes: &'a dyn fmt::Display,
    /// The needed scopes that are missing.
    pub missing_scopes: &'a dyn fmt::Display,
    /// Whether the operation is allowed.
    pub verdict: Verdict<'a>,
    /// The policy by which a decision point has decided.
    pub policy: Option<&'a str>,
    /// The version of its policies.
    pub policy_version: Option<&'a str>,
}

impl<'a> Decision<'a> {
    /// Builds a decision about a request without a caller, an item and scopes.
    #[must_use]
    pub fn new(id: u64, time: u64, method: &'a str, verdict: Verdict<'a>) -> Self {
        Self {
            id,
            time,
            request_id: "",
            trace_id: None,
            session: None,
            issuer: None,
            subject: None,
            client: None,
            actors: &[],
            method,
            item: None,
            decision: match verdict {
                Verdict::Allowed { .. } => "admitted",
                Verdict::Denied { .. } | Verdict::Aggregated { .. } => "denied",
            },
            required_scopes: &"",
            token_scopes: &"",
            missing_scopes: &"",
            verdict,
            policy: None,
            policy_version: None,
        }
    }

    /// Returns whether the operation is allowed.
    pub(crate) fn is_allowed(&self) -> bool {
        matches!(self.verdict, Verdict::Allowed { .. })
    }
}

impl fmt::Debug for Decision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decision")
            .field("id", &self.id)
            .field("method", &self.method)
            .field("verdict", &self.verdict)
            .finish_non_exhaustive()
    }
}

/// The decision of a user about a request.
#[derive(Debug, Clone, Copy)]
pub struct UserDecision<'a> {
    /// When it was made, in seconds since the start of 1970.
    pub time: u64,
    /// The kind and the name of the item.
    pub item: &'a str,
    /// The channel on which the decision arrived: `client` or `page`.
    pub channel: &'a str,
    /// The decision, in one word.
    pub answer: &'a str,
    /// The id of the question. The log writes a pseudonym: the id can be a secret.
    pub question: &'a str,
    /// The issuer of the caller's token.
    pub issuer: Option<&'a str>,
    /// The subject of the caller's token.
    pub subject: Option<&'a str>,
}

/// An action of the operator.
#[derive(Debug, Clone, Copy)]
pub struct OperatorAction<'a> {
    /// When it was sent, in seconds since the start of 1970.
    pub time: u64,
    /// The action, in one word.
    pub action: &'a str,
    /// The kind of the target, in one word.
    pub kind: &'a str,
    /// The name of the target.
    pub name: &'a str,
    /// The issuer of revoked tokens.
    pub issuer: Option<&'a str>,
    /// For how many seconds tokens are revoked.
    pub seconds: Option<u64>,
    /// The address that sent it.
    pub peer: SocketAddr,
}

/// The end of a run.
#[derive(Debug, Clone, Copy)]
pub struct RunEnd<'a> {
    /// The number of the decision in this process.
    pub id: u64,
    /// When the run ended, in seconds since the start of 1970.
    pub time: u64,
    /// How it ended, in one word.
    pub result: &'a str,
    /// Why the server has cancelled it, in one word.
    pub reason_code: Option<&'a str>,
    /// How long it took from the decision to the end.
    pub duration: Duration,
}
