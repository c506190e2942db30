//! What the contract says about one request, as simply as possible.

use std::collections::BTreeSet;

use support::client::Revision;

/// The server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerKind {
    /// Public items in addition to protected ones.
    Mixed,
    /// The same with an open handshake.
    Open,
    /// No public items.
    Closed,
}

impl ServerKind {
    pub(crate) const ALL: [Self; 3] = [Self::Mixed, Self::Open, Self::Closed];
}

/// The credentials of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bearer {
    None,
    Malformed,
    Expired(&'static str),
    OtherIssuer(&'static str),
    OtherAudience(&'static str),
    Valid(&'static str),
}

/// The operation of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Call(&'static str),
    /// A resource or a prompt, by the name of its kind.
    Read(&'static str),
    Get(&'static str),
    Subscribe(&'static str),
    Unsubscribe(&'static str),
    Listen(&'static str),
    CompleteTemplate(&'static str),
    CompletePrompt(&'static str),
    Handshake,
    ListTools,
    ListPrompts,
    ListResources,
    ListTemplates,
    Ping,
    Notify,
    Stream,
    End,
    UnknownMethod,
}

/// The expected response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) status: u16,
    pub(crate) error: Option<String>,
    pub(crate) scope: Option<BTreeSet<String>>,
    /// The items that ran.
    pub(crate) ran: Vec<String>,
}

type Names = BTreeSet<String>;

fn names(text: &str) -> Names {
    text.split(' ')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Returns the alternatives of an item's requirement; none if it needs no scope.
fn alternatives(item: &str) -> Vec<Names> {
    match item {
        "read" => vec![names("desk:read")],
        "write" => vec![names("desk:write")],
        "rewrite" | "both" => vec![names("desk:read desk:write")],
        "purge" | "either" => vec![names("desk:admin"), names("desk:write")],
        _ => Vec::new(),
    }
}

fn exists(kind: ServerKind, item: &str) -> bool {
    match item {
        "ping" | "open" => kind != ServerKind::Closed,
        "none such" => false,
        _ => true,
    }
}

/// Returns the item that a request names.
fn item(operation: Operation) -> Option<&'static str> {
    match operation {
        Operation::Call(item)
        | Operation::Read(item)
        | Operation::Get(item)
        | Operation::Subscribe(item)
        | Operation::Unsubscribe(item)
        | Operation::Listen(item)
        | Operation::CompleteTemplate(item)
        | Operation::CompletePrompt(item) => Some(item),
        _ => None,
    }
}

/// Returns the scopes of a token, including the implied ones.
fn granted(held: &Names) -> Names {
    let mut granted = held.clone();
    if held.contains("desk:root") {
        granted.extend(names("desk:read desk:write"));
    }
    granted
}

fn known(held: &Names) -> Names {
    let ours = names("desk:read desk:write desk:admin desk:root");
    held.intersection(&ours).cloned().collect()
}

/// Returns the scopes of a 401: those of the requested item, otherwise the baseline, which is
/// the scopes of all items without step-up.
fn wanted(kind: ServerKind, operation: Operation) -> Names {
    match item(operation) {
        Some(item) if exists(kind, item) && !alternatives(item).is_empty() => {
            alternatives(item).remove(0)
        }
        _ => names("desk:read"),
    }
}

pub(crate) fn expected(
    kind: ServerKind,
    revision: Revision,
    bearer: Bearer,
    operation: Operation,
) -> Expected {
    let refused = |status, error: Option<&str>, scope| Expected {
        status,
        error: error.map(str::to_owned),
        scope: Some(scope),
        ran: Vec::new(),
    };
    let held = match bearer {
        Bearer::Malformed
        | Bearer::Expired(_)
        | Bearer::OtherIssuer(_)
        | Bearer::OtherAudience(_) => {
            return refused(401, Some("invalid_token"), wanted(kind, operation));
        }
        Bearer::None => None,
        Bearer::Valid(scopes) => Some(names(scopes)),
    };
    let is_public = matches!(item(operation), Some("ping" | "open"));
    let needs_token = match kind {
        ServerKind::Closed => true,
        // A public item runs in a single request of 2026-07-28; the revisions with sessions
        // need a token for the session. Listening is not a use of the item.
        ServerKind::Mixed => {
            !is_public
                || revision != Revision::Stateless
                || matches!(operation, Operation::Listen(_))
        }
        ServerKind::Open => {
            !is_public && (item(operation).is_some() || operation == Operation::UnknownMethod)
        }
    };
    let Some(held) = held else {
        if needs_token {
            return refused(401, None, wanted(kind, operation));
        }
        return answered(revision, operation, kind);
    };
    if let Some(item) = item(operation)
        && exists(kind, item)
    {
        let granted = granted(&held);
        let alternatives = alternatives(item);
        let is_enough = |needed: &Names| needed.is_subset(&granted);
        if !alternatives.is_empty() && !alternatives.iter().any(is_enough) {
            // All scopes of the alternative that lacks the fewest, plus the granted ones.
            let lacks = |needed: &&Names| needed.difference(&granted).count();
            let needed = alternatives
                .iter()
                .min_by_key(lacks)
                .expect("there are some");
            let named = needed.union(&known(&held)).cloned().collect();
            return refused(403, Some("insufficient_scope"), named);
        }
    }
    answered(revision, operation, kind)
}

/// Returns the response to an authorized request.
fn answered(revision: Revision, operation: Operation, kind: ServerKind) -> Expected {
    let has_sessions = revision != Revision::Stateless;
    // 2026-07-28 returns 404 for an unknown method.
    let only_in_sessions = |otherwise| if has_sessions { otherwise } else { 404 };
    let status = match operation {
        Operation::Call(_)
        | Operation::Read(_)
        | Operation::Get(_)
        | Operation::CompleteTemplate(_)
        | Operation::CompletePrompt(_)
        // In a session, a response with "method not found".
        | Operation::Listen(_)
        | Operation::Handshake
        | Operation::ListTools
        | Operation::ListPrompts
        | Operation::ListResources
        | Operation::ListTemplates => 200,
        // Removed in 2026-07-28.
        Operation::Ping | Operation::Subscribe(_) | Operation::Unsubscribe(_) | Operation::UnknownMethod => {
            only_in_sessions(200)
        }
        Operation::Notify => 202,
        Operation::Stream => {
            if has_sessions {
                200
            } else {
                405
            }
        }
        Operation::End => {
            if has_sessions {
                204
            } else {
                405
            }
        }
    };
    let ran = match operation {
        Operation::Call(item) => exists(kind, item).then(|| item.to_owned()),
        Operation::Read(item) => exists(kind, item).then(|| format!("{item} resource")),
        Operation::Get(item) => exists(kind, item).then(|| format!("{item} prompt")),
        Operation::CompletePrompt(item) => exists(kind, item).then(|| "words".to_owned()),
        Operation::CompleteTemplate("both") => Some("ids".to_owned()),
        Operation::CompleteTemplate("either") => Some("paths".to_owned()),
        _ => None,
    };
    Expected {
        status,
        error: None,
        scope: None,
        ran: ran.into_iter().collect(),
    }
}
