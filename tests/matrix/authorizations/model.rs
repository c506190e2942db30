//! What the contract says about one request to an item with `authorize`, as simply as possible.

use support::client::Revision;

/// The gate in front of the items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// A server with sessions.
    Server,
    /// A server without sessions.
    StatelessPath,
    /// A gate in front of a handler that is written with rmcp, whose `asks` has `confirm`.
    Handler,
}

impl Gate {
    pub(crate) const ALL: [Self; 3] = [Self::Server, Self::StatelessPath, Self::Handler];
}

/// What the function does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allow,
    Deny,
    /// Denies a caller without `desk:admin`.
    NeedsScope,
    Slow,
    Panic,
}

impl Verdict {
    pub(crate) const ALL: [Self; 5] = [
        Self::Allow,
        Self::Deny,
        Self::NeedsScope,
        Self::Slow,
        Self::Panic,
    ];
}

/// Who sends the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Anonymous,
    WithoutScopes,
    Reader,
    Admin,
}

impl Who {
    pub(crate) const ALL: [Self; 4] = [
        Self::Anonymous,
        Self::WithoutScopes,
        Self::Reader,
        Self::Admin,
    ];

    pub(crate) fn scopes(self) -> Option<&'static str> {
        match self {
            Self::Anonymous => None,
            Self::WithoutScopes => Some(""),
            Self::Reader => Some("desk:read"),
            Self::Admin => Some("desk:admin desk:read"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Call,
    CallThroughRmcp,
    /// A call that asks its client, with one verdict in all rounds.
    Rounds,
    /// The same, allowed until the client answers.
    SecondRound,
    Read,
    Get,
    Subscribe,
    CompletePrompt,
    CompleteTemplate,
    ListTools,
    ListPrompts,
    ListResources,
    ListTemplates,
    /// An update of a resource, whose subscription was allowed.
    Update,
}

/// The expected response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) status: u16,
    /// The code of the JSON-RPC error.
    pub(crate) code: Option<i64>,
    /// `error` of the challenge.
    pub(crate) error: Option<String>,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) ran: Vec<String>,
    /// What is on the list, or which updates arrive.
    pub(crate) listed: Option<Vec<String>>,
    pub(crate) is_error: bool,
}

impl Expected {
    pub(crate) fn of_status(status: u16) -> Self {
        Self {
            status,
            code: None,
            error: None,
            scopes: None,
            ran: Vec::new(),
            listed: None,
            is_error: false,
        }
    }

    fn refused(status: u16, code: i64) -> Self {
        Self {
            code: Some(code),
            ..Self::of_status(status)
        }
    }

    fn challenged(self, error: Option<&str>, scopes: &[&str]) -> Self {
        Self {
            error: error.map(str::to_owned),
            scopes: Some(scopes.iter().map(|&one| one.to_owned()).collect()),
            ..self
        }
    }

    fn ran(what: &str) -> Self {
        Self {
            ran: vec![what.to_owned()],
            ..Self::of_status(200)
        }
    }

    fn listed(names: &[&str]) -> Self {
        Self {
            listed: Some(names.iter().map(|&one| one.to_owned()).collect()),
            ..Self::of_status(200)
        }
    }
}

/// Returns the refusal of a verdict at the gate, or `None` if it allows the request.
fn refusal(verdict: Verdict, who: Who) -> Option<Expected> {
    match verdict {
        Verdict::Allow => None,
        Verdict::NeedsScope if who == Who::Admin => None,
        Verdict::NeedsScope => Some(
            Expected::refused(403, -31403)
                .challenged(Some("insufficient_scope"), &["desk:admin", "desk:read"]),
        ),
        // A panic denies.
        Verdict::Deny | Verdict::Panic => Some(Expected::refused(403, -31403)),
        // Nobody decided, so the body has the form of OAuth.
        Verdict::Slow => Some(Expected::of_status(503)),
    }
}

pub(crate) fn expected(
    gate: Gate,
    revision: Revision,
    verdict: Verdict,
    who: Who,
    operation: Operation,
) -> Expected {
    if who == Who::Anonymous {
        return Expected::refused(401, -31401).challenged(None, &["desk:read"]);
    }
    let shown = who != Who::WithoutScopes;
    // The function decides about a use, and never about what is listed.
    match operation {
        Operation::ListTools if shown => return Expected::listed(&["asks", "context", "fast"]),
        Operation::ListPrompts if shown => return Expected::listed(&["letter"]),
        Operation::ListResources if shown => return Expected::listed(&["desk://end"]),
        Operation::ListTemplates if shown => return Expected::listed(&["desk://{id}"]),
        Operation::ListTools
        | Operation::ListPrompts
        | Operation::ListResources
        | Operation::ListTemplates => return Expected::listed(&[]),
        _ if !shown => {
            return Expected::refused(403, -31403)
                .challenged(Some("insufficient_scope"), &["desk:read"]);
        }
        _ => {}
    }
    match operation {
        // A completion has no arguments yet, so the function is not called.
        Operation::CompletePrompt | Operation::CompleteTemplate => Expected::ran("complete"),
        Operation::SecondRound => second_round(gate, revision, verdict, who),
        Operation::Update => match refusal(verdict, who) {
            None => Expected::listed(&["desk://it", "desk://end"]),
            Some(_) => Expected::listed(&["desk://end"]),
        },
        operation => match refusal(verdict, who) {
            Some(refusal) => refusal,
            None => match operation {
                Operation::Call => Expected::ran("fast"),
                Operation::CallThroughRmcp => Expected::ran("context"),
                Operation::Rounds => second_round(gate, revision, verdict, who),
                Operation::Read => Expected::ran("desk://it"),
                Operation::Get => Expected::ran("letter"),
                // Without a session there is no such method.
                Operation::Subscribe
                    if gate == Gate::StatelessPath && revision != Revision::Stateless =>
                {
                    Expected::refused(200, -32601)
                }
                _ => Expected::of_status(200),
            },
        },
    }
}

/// Returns the answer to a call that has asked its client.
fn second_round(gate: Gate, revision: Revision, verdict: Verdict, who: Who) -> Expected {
    // Nobody can be asked: in these revisions only a session says what its client can do.
    if gate == Gate::StatelessPath && revision != Revision::Stateless {
        return Expected {
            is_error: true,
            ..Expected::of_status(200)
        };
    }
    match refusal(verdict, who) {
        None => Expected::ran("asks"),
        Some(refusal) if revision == Revision::Stateless => refusal,
        // The response of the session has begun, so its status is 200.
        Some(refusal) => Expected::refused(
            200,
            if refusal.status == 503 {
                -32603
            } else {
                -32600
            },
        ),
    }
}
