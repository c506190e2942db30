//! What the contract says about one request to an item with conditions, as simply as possible.

use std::collections::BTreeSet;

use support::{
    client::Revision,
    guarded_items::{CARD, KINDS, Login, MFA},
};

/// Who sends the request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller {
    pub(crate) scopes: &'static str,
    pub(crate) roles: &'static [&'static str],
    pub(crate) is_person: bool,
    pub(crate) login: Login<'static>,
}

/// The operation, with the kind of its item.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operation {
    Call(&'static str),
    CallThroughRmcp(&'static str),
    Read(&'static str),
    Get(&'static str),
    Subscribe(&'static str),
    Unsubscribe(&'static str),
    Listen(&'static str),
    CompletePrompt(&'static str),
    CompleteTemplate(&'static str),
    ListTools,
    ListPrompts,
    ListTemplates,
}

/// The expected response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) status: u16,
    pub(crate) error: Option<String>,
    pub(crate) scope: Option<BTreeSet<String>>,
    pub(crate) acr_values: Option<String>,
    pub(crate) max_age: Option<String>,
    pub(crate) ran: Vec<String>,
    pub(crate) listed: Option<BTreeSet<String>>,
}

impl Expected {
    fn of_status(status: u16) -> Self {
        Self {
            status,
            error: None,
            scope: None,
            acr_values: None,
            max_age: None,
            ran: Vec::new(),
            listed: None,
        }
    }
}

fn names(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Returns the scopes that an item of a kind needs.
fn scopes(kind: &str) -> BTreeSet<String> {
    names(match kind {
        "role" | "acr" | "person" => "desk:read",
        "any" => "desk:write",
        "all" => "desk:read desk:write",
        _ => "",
    })
}

fn has_scopes(kind: &str, caller: Caller) -> bool {
    scopes(kind).is_subset(&names(caller.scopes))
}

fn has_roles(kind: &str, caller: Caller) -> bool {
    let has = |role| caller.roles.contains(&role);
    match kind {
        "role" => has("editor"),
        "roles" => has("editor") && has("auditor"),
        "any" => has("owner") || has("editor") && has("auditor"),
        "all" => has("owner"),
        _ => true,
    }
}

fn has_person(kind: &str, caller: Caller) -> bool {
    kind != "person" || caller.is_person
}

fn contexts(kind: &str) -> Vec<&'static str> {
    match kind {
        "acr" => vec![MFA, CARD],
        "all" => vec![MFA],
        _ => Vec::new(),
    }
}

fn has_age(kind: &str) -> bool {
    kind == "age" || kind == "all"
}

fn has_login(kind: &str, caller: Caller) -> bool {
    let contexts = contexts(kind);
    let is_strong =
        contexts.is_empty() || caller.login.is_some_and(|(acr, _)| contexts.contains(&acr));
    let is_recent = !has_age(kind) || caller.login.is_some_and(|(_, age)| age <= 300);
    is_strong && is_recent
}

fn kind(operation: Operation) -> Option<&'static str> {
    match operation {
        Operation::Call(kind)
        | Operation::CallThroughRmcp(kind)
        | Operation::Read(kind)
        | Operation::Get(kind)
        | Operation::Subscribe(kind)
        | Operation::Unsubscribe(kind)
        | Operation::Listen(kind)
        | Operation::CompletePrompt(kind)
        | Operation::CompleteTemplate(kind) => Some(kind),
        Operation::ListTools | Operation::ListPrompts | Operation::ListTemplates => None,
    }
}

pub(crate) fn expected(revision: Revision, caller: Caller, operation: Operation) -> Expected {
    let Some(kind) = kind(operation) else {
        // A login can be made stronger, so it hides nothing.
        let is_shown = |kind: &&&str| {
            has_scopes(kind, caller) && has_roles(kind, caller) && has_person(kind, caller)
        };
        let shown: Vec<&str> = KINDS.iter().filter(is_shown).copied().collect();
        let slow = shown.iter().map(|kind| format!("slow_{kind}"));
        let slow = slow.filter(|_| matches!(operation, Operation::ListTools));
        let shown = shown.iter().map(|kind| (*kind).to_owned());
        return Expected {
            listed: Some(shown.chain(slow).collect()),
            ..Expected::of_status(200)
        };
    };
    let challenged = scopes(kind).union(&names(caller.scopes)).cloned().collect();
    let challenged = Some(challenged).filter(|all: &BTreeSet<String>| !all.is_empty());
    if !has_scopes(kind, caller) {
        return Expected {
            error: Some("insufficient_scope".to_owned()),
            scope: challenged,
            ..Expected::of_status(403)
        };
    }
    if !has_roles(kind, caller) || !has_person(kind, caller) {
        return Expected::of_status(403);
    }
    if !has_login(kind, caller) {
        let contexts = contexts(kind);
        return Expected {
            error: Some("insufficient_user_authentication".to_owned()),
            scope: challenged,
            acr_values: (!contexts.is_empty()).then(|| contexts.join(" ")),
            max_age: has_age(kind).then(|| "300".to_owned()),
            ..Expected::of_status(401)
        };
    }
    let is_stateless = revision == Revision::Stateless;
    let ran = |what: &str| vec![what.to_owned()];
    match operation {
        // Removed in 2026-07-28.
        Operation::Subscribe(_) | Operation::Unsubscribe(_) if is_stateless => {
            Expected::of_status(404)
        }
        Operation::Call(_) | Operation::CallThroughRmcp(_) => Expected {
            ran: ran(&format!("{kind} tool")),
            ..Expected::of_status(200)
        },
        Operation::Read(_) => Expected {
            ran: ran(&format!("{kind} resource")),
            ..Expected::of_status(200)
        },
        Operation::Get(_) => Expected {
            ran: ran(&format!("{kind} prompt")),
            ..Expected::of_status(200)
        },
        Operation::CompletePrompt(_) | Operation::CompleteTemplate(_) => Expected {
            ran: ran("ids"),
            ..Expected::of_status(200)
        },
        _ => Expected::of_status(200),
    }
}
