//! Decides which tool may run, as simply as possible, by a second reading of the request.

use crate::json_parser::Node;

use super::{
    callers::{self, Holder},
    case::{Case, Era, is_offered, method},
    tools::{BODY_LIMIT, Run},
};

/// The caller, according to the `Authorization` headers alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    Anonymous,
    /// Invalid credentials: even public tools are refused.
    Refused,
    Holder(Holder),
}

pub(super) fn caller(case: &Case) -> Caller {
    let mut values = case.all("authorization");
    let (value, more) = (values.next(), values.next());
    let Some(value) = value else {
        return Caller::Anonymous;
    };
    if more.is_some() {
        return Caller::Refused;
    }
    // RFC 9110 §5.5 strips trailing spaces from a value. No socket was involved here, so they
    // are still present.
    let Some(space) = value.iter().position(|&byte| byte == b' ') else {
        return other_scheme(value);
    };
    let (scheme, token) = value.split_at(space);
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return other_scheme(value);
    }
    let spaces = token.iter().take_while(|&&byte| byte == b' ').count();
    let token = &token[spaces..];
    let known = callers::tokens().iter();
    let mut known = known.filter(|known| known.text.as_bytes() == token);
    match known.next().and_then(|token| token.holder) {
        Some(holder) => Caller::Holder(holder),
        None => Caller::Refused,
    }
}

/// A scheme that resembles `Bearer` is an error; any other scheme is no token.
fn other_scheme(value: &[u8]) -> Caller {
    let word: Vec<u8> = value
        .iter()
        .skip_while(|byte| !byte.is_ascii_alphanumeric())
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .copied()
        .collect();
    match word.eq_ignore_ascii_case(b"bearer") {
        true => Caller::Refused,
        false => Caller::Anonymous,
    }
}

/// What the URIs of the resource begin with, before the path.
const PAGE: &str = "page://desk";

/// Whether the caller may run a tool, a prompt or a resource with this argument.
pub(super) fn may_run(caller: Caller, tool: &str, argument: Option<&str>) -> bool {
    let holder = match caller {
        Caller::Refused => return false,
        Caller::Anonymous => return matches!(tool, "ping" | "mirrored"),
        Caller::Holder(holder) => holder,
    };
    let has = |scope| holder.has(scope);
    match tool {
        "ping" | "mirrored" | "whoami" => true,
        "read" | "echo" | "sums" => has("desk:read"),
        "READ" => has("desk:admin"),
        "write" | "slow" => has("desk:write"),
        "rewrite" | "fails" => has("desk:read") && has("desk:write"),
        "edit" => has("desk:read") && holder.has_role("editor"),
        "pay" => has("desk:read") && holder.has_recent_second_factor(),
        "erase" => {
            let is_both = holder.has_role("editor") && holder.has_role("auditor");
            has("desk:write") && (holder.has_role("owner") || is_both)
        }
        "purge" => has("desk:admin") || has("desk:write"),
        "open" | "review" | "page" => {
            has("desk:read")
                && match argument.map(|path| path.trim_start_matches(PAGE)) {
                    Some("/secret") => has("files:admin"),
                    Some("/gone") => false,
                    _ => true,
                }
        }
        _ => false,
    }
}

/// Returns why a tool should not have run, if there is a reason.
pub(super) fn fault(case: &Case, run: &Run, owner: Option<Holder>) -> Option<String> {
    let caller = caller(case);
    let told = run.told.as_deref();
    let reasons = [
        (case.method != "POST", "it was not a POST"),
        (
            !matches!(case.uri, "/mcp" | "/mcp/" | "/mcp?x=1"),
            "it had another path, or a token in its query",
        ),
        (!may_run(caller, run.tool, told), "its caller may not"),
        (
            subject(caller) != run.subject.as_deref(),
            "it ran for another caller",
        ),
        (
            !matches!(
                case.only("host"),
                Some(b"127.0.0.1:8000" | b"localhost:8000")
            ),
            "the host is foreign",
        ),
        (
            case.all("origin").any(|origin| {
                !matches!(origin, b"http://localhost:6274" | b"http://127.0.0.1:8000")
            }),
            "the origin is foreign",
        ),
        (case.body.len() > BODY_LIMIT, "its body is too large"),
        (
            !is_owner(case.era, caller, owner),
            "the session belongs to another caller",
        ),
    ];
    if let Some((_, reason)) = reasons.into_iter().find(|(holds, _)| *holds) {
        return Some(reason.to_owned());
    }
    differs(case, run).map(str::to_owned)
}

fn subject(caller: Caller) -> Option<&'static str> {
    match caller {
        Caller::Holder(holder) => holder.subject,
        Caller::Anonymous | Caller::Refused => None,
    }
}

fn is_owner(era: Era, caller: Caller, owner: Option<Holder>) -> bool {
    match (era, owner, caller) {
        (Era::Stateless | Era::Sessionless(_), _, _) | (_, None, _) => true,
        (_, Some(owner), Caller::Holder(holder)) => owner.is_same_as(&holder),
        (_, Some(_), _) => false,
    }
}

/// Returns how the request differs from what ran.
fn differs(case: &Case, run: &Run) -> Option<&'static str> {
    let Some(message) = Node::read(&case.body) else {
        return Some("its body is not JSON");
    };
    if message.any_name(&|name| name.starts_with("$serde_json::private::")) {
        return Some("its body is ambiguous");
    }
    if !matches!(message.only("id"), Some(Node::Number(_) | Node::Text(_))) {
        return Some("it is not a request, or has two ids");
    }
    if message.only("jsonrpc").and_then(Node::text) != Some("2.0") {
        return Some("it is not JSON-RPC 2.0");
    }
    if message.only("method").and_then(Node::text) != Some(method(run.tool)) {
        return Some("its only method is another");
    }
    let Some(params) = message.only("params").filter(|params| params.is_object()) else {
        return Some("its params are not one object");
    };
    if run.tool == "page" {
        let uri = params.only("uri").and_then(Node::text);
        let path = uri.and_then(|uri| uri.strip_prefix(PAGE));
        if path.is_none() || path != run.told.as_deref() {
            return Some("the resource received another URI");
        }
        return header_differs(case, run);
    }
    if params.only("name").and_then(Node::text) != Some(run.tool) {
        return Some("its name is another");
    }
    let mut arguments = params.members("arguments");
    let (one, more) = (arguments.next(), arguments.next());
    if more.is_some() {
        return Some("its arguments are repeated");
    }
    let argument = match run.tool {
        "echo" | "sums" | "erase" => "text",
        "open" | "review" => "path",
        "mirrored" => "region",
        _ => return header_differs(case, run),
    };
    // Of repeated arguments the last one counts, for the check and for the tool.
    let last = one.and_then(|arguments| arguments.members(argument).last());
    if last.and_then(Node::text) != run.told.as_deref() {
        return Some("the tool received another argument");
    }
    header_differs(case, run)
}

/// 2026-07-28 repeats method and name in headers; earlier revisions do not.
fn header_differs(case: &Case, run: &Run) -> Option<&'static str> {
    if case.only("mcp-protocol-version") != Some(b"2026-07-28") {
        return None;
    }
    if case.only("mcp-method") != Some(method(run.tool).as_bytes()) {
        return Some("its header has another method");
    }
    let name = case.only("mcp-name");
    let uri = run.told.as_deref().map(|path| format!("{PAGE}{path}"));
    let named = match run.tool {
        "page" => uri.as_deref().unwrap_or_default(),
        tool => tool,
    };
    let is_named = name == Some(named.as_bytes())
        || (run.tool == "read" && name == Some(b"=?base64?cmVhZA==?="))
        || (run.tool == "ping" && name == Some(b"=?base64?cGluZw==?="))
        // White space around a value is not part of it.
        || name.is_some_and(|name| name.trim_ascii() == named.as_bytes());
    (!is_named).then_some("its header has another name")
}

/// Whether a request without deviations runs its tool.
pub(super) fn runs(case: &Case, owner: Option<Holder>) -> bool {
    let argument = case.call.argument.map(|(_, value)| value);
    let caller = caller(case);
    is_offered(case.call.name)
        && may_run(caller, case.call.name, argument)
        && is_owner(case.era, caller, owner)
}
