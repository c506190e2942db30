//! The names and the attributes of the server's span.

use std::{borrow::Cow, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};

use crate::{
    server_place::ServerPlace,
    span::{Value, clip},
};

/// What the head of a request states.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestHead<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The path, without a query.
    pub path: &'a str,
    /// The HTTP version, such as `1.1`.
    pub version: Option<&'static str>,
    /// The header `traceparent`, if there is one.
    pub traceparent: Option<&'a str>,
    /// The id of the request.
    pub request_id: &'a str,
    /// The session that the request names.
    pub session: Option<&'a str>,
    /// The revision of MCP that the request names.
    pub revision: Option<&'a str>,
}

/// The verification of a token.
#[derive(Debug, Clone, Copy)]
pub struct Verification {
    /// Whether the token was in the cache of verified tokens.
    pub is_cached: bool,
    /// What verified it, such as `signature`.
    pub kind: &'static str,
    /// Why it was not accepted: `refused` or `unavailable`.
    pub error: Option<&'static str>,
    /// The time that it took.
    pub duration: Duration,
}

impl Verification {
    pub(super) fn attributes(&self) -> Vec<(&'static str, Value)> {
        let mut attributes = vec![
            ("toolgate.token.cached", self.is_cached.into()),
            ("toolgate.token.verification", self.kind.into()),
        ];
        if let Some(error) = self.error {
            attributes.push(("error.type", error.into()));
        }
        attributes
    }
}

/// The parts of a decision that a span records. Nothing here is a token, an argument or a user.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestDecision<'a> {
    /// The method, if the server knows it.
    pub method: Option<&'a str>,
    /// The registered name of the item.
    pub item: Option<&'a str>,
    /// Whether the operation is allowed.
    pub is_allowed: bool,
    /// The outcome: `admitted`, or the kind of a refusal.
    pub outcome: &'a str,
    /// The stable code of a denial.
    pub reason: Option<&'a str>,
    /// Whether the item itself denied the request while it ran.
    pub is_late: bool,
    /// Whether the item runs.
    pub runs: bool,
}

/// Returns the name of a span before its message is known, and the attributes.
pub(super) fn of_head(
    head: &RequestHead<'_>,
    place: Option<&ServerPlace>,
) -> (&'static str, Vec<(&'static str, Value)>) {
    // A client can invent methods, and the number of names must be bounded.
    let known = ["POST", "GET", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH"];
    let method = known.into_iter().find(|method| *method == head.method);
    let mut attributes = vec![
        ("http.request.method", method.unwrap_or("_OTHER").into()),
        ("url.path", Value::clipped(head.path)),
        ("network.protocol.name", "http".into()),
        ("network.transport", "tcp".into()),
        ("toolgate.request.id", Value::clipped(head.request_id)),
    ];
    if let Some(place) = place {
        place.describe(&mut attributes);
    }
    if let Some(version) = head.version {
        attributes.push(("network.protocol.version", version.into()));
    }
    if let Some(session) = head.session {
        attributes.push(("mcp.session.id", pseudonym(session)));
    }
    if let Some(revision) = head.revision.filter(|revision| is_revision(revision)) {
        attributes.push(("mcp.protocol.version", Value::clipped(revision)));
    }
    (method.unwrap_or("HTTP"), attributes)
}

impl RequestDecision<'_> {
    /// Returns `error.type`.
    pub(super) fn error(&self) -> Option<&str> {
        match (self.is_allowed, self.outcome) {
            (true, "not_found") => Some("not_found"),
            (true, _) => None,
            (false, outcome) => Some(self.reason.unwrap_or(outcome)),
        }
    }

    /// Returns the name of the span: the method, and the tool or the prompt. The number
    /// of URIs is not bounded.
    pub(super) fn span_name(&self) -> Option<Cow<'static, str>> {
        let method = self.method?;
        let name = match (method, self.item) {
            ("tools/call" | "prompts/get", Some(item)) => format!("{method} {item}"),
            _ => method.to_owned(),
        };
        Some(clip(&name).to_owned().into())
    }

    /// Adds the attributes of MCP and of generative AI.
    pub(super) fn describe(&self, attributes: &mut Vec<(&'static str, Value)>) {
        let Some(method) = self.method else {
            attributes.push(("mcp.method.name", "_OTHER".into()));
            return;
        };
        attributes.push(("mcp.method.name", Value::clipped(method)));
        if method == "tools/call" {
            attributes.push(("gen_ai.operation.name", "execute_tool".into()));
        }
        let Some(item) = self.item else { return };
        let key = match method {
            "tools/call" => "gen_ai.tool.name",
            "prompts/get" => "gen_ai.prompt.name",
            // For a template this is the template: the URI of the client contains arguments.
            method if method.starts_with("resources/") => "mcp.resource.uri",
            _ => return,
        };
        attributes.push((key, Value::clipped(item)));
    }
}

/// Returns a pseudonym of a session: its id can be enough to use it.
fn pseudonym(session: &str) -> Value {
    let hash = digest(&SHA256, session.as_bytes());
    let digits = hash.as_ref().iter().take(16);
    let text: String = digits.map(|byte| format!("{byte:02x}")).collect();
    Value::Text(text.into())
}

/// Returns whether a text has the form of a revision, which is a date.
fn is_revision(text: &str) -> bool {
    let is_valid = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    text.len() == 10 && text.bytes().enumerate().all(is_valid)
}
