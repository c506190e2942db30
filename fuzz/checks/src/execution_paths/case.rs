//! One request, before it is sent.

use std::fmt;

use http::{HeaderValue, Method};

use crate::choices::Choices;

use super::{
    body,
    callers::{self, Token},
};

/// Names of tools, and names that are not tools.
const NAMES: [&str; 16] = [
    "read",
    "ping",
    "whoami",
    "READ",
    "write",
    "rewrite",
    "purge",
    "slow",
    "echo",
    "open",
    "mirrored",
    "none such",
    "Read",
    "read ",
    "=?base64?cmVhZA==?=",
    "réad",
];
const TOOLS: usize = 11;

/// Tools with other results and with policies, and a prompt and a resource that decide as `open`
/// does.
const MORE: [&str; 7] = ["sums", "fails", "review", "page", "edit", "pay", "erase"];

const PATHS: [&str; 3] = ["/notes", "/secret", "/gone"];

/// The URIs of the resource for these paths.
const PAGES: [&str; 3] = [
    "page://desk/notes",
    "page://desk/secret",
    "page://desk/gone",
];

/// The lifecycle of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Era {
    Stateless,
    /// An older revision, on the server without sessions: the index of the revision.
    Sessionless(usize),
    /// In a session: the index among the open ones.
    Session(usize),
}

/// The call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) method: &'static str,
    /// The tool, the prompt or the resource; empty for a list of tools.
    pub(super) name: &'static str,
    pub(super) argument: Option<(&'static str, &'static str)>,
    /// Another tool's name, for places where it could be confused.
    pub(super) other: &'static str,
}

/// A request.
pub(super) struct Case {
    pub(super) method: Method,
    pub(super) uri: &'static str,
    /// All headers except the session id.
    pub(super) headers: Vec<(&'static str, Vec<u8>)>,
    pub(super) body: Vec<u8>,
    pub(super) era: Era,
    pub(super) call: Call,
    /// Whether the request has no deviation.
    pub(super) is_valid: bool,
}

impl Case {
    /// Builds a request from a fuzzer's bytes.
    pub(super) fn read(choices: &mut Choices<'_>, sessions: usize) -> Self {
        let is_raw = choices.byte() == 255;
        let era = match choices.below(8) {
            0..4 => Era::Stateless,
            4 => Era::Sessionless(choices.below(sessions.max(1))),
            number => Era::Session((number - 5) % sessions.max(1)),
        };
        let tokens = callers::tokens();
        let token = tokens.get(choices.below(tokens.len() + 3));
        let call = call(choices);
        let body = match is_raw {
            true => choices.rest().to_vec(),
            false => body::write(choices, &call, era),
        };
        let method = choices.mostly("POST", &["GET", "DELETE", "PUT", "HEAD", "OPTIONS", "post"]);
        let uri = choices.mostly(
            "/mcp",
            &[
                "/mcp/",
                "/mcp?x=1",
                "/mcp?access_token=a",
                "/mcp?%61ccess_token",
                "/",
                "/MCP",
                "//mcp",
            ],
        );
        let headers = headers(choices, &call, era, token);
        Self {
            method: Method::from_bytes(method.as_bytes()).expect("a method"),
            uri,
            headers,
            body,
            era,
            call,
            is_valid: !is_raw && choices.deviations() == 0 && is_offered(call.name),
        }
    }

    /// Returns the value of a header that occurs once.
    pub(super) fn only<'c>(&'c self, name: &str) -> Option<&'c [u8]> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (Some(one), None) => Some(one),
            _ => None,
        }
    }

    /// Whether the request has credentials of the scheme `DPoP`.
    pub(super) fn tries_dpop(&self) -> bool {
        self.all("authorization").any(|value| {
            let scheme = value.split(|&byte| byte == b' ').next();
            scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"dpop"))
        })
    }

    pub(super) fn all<'c>(&'c self, name: &str) -> impl Iterator<Item = &'c [u8]> {
        self.headers
            .iter()
            .filter_map(move |(known, value)| (*known == name).then_some(&**value))
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?} {} {}", self.era, self.method, self.uri)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {}", value.escape_ascii())?;
        }
        write!(f, "{}", self.body.escape_ascii())
    }
}

pub(super) fn is_offered(name: &str) -> bool {
    NAMES[..TOOLS].contains(&name) || MORE.contains(&name)
}

/// Returns the method that runs an item.
pub(super) fn method(name: &str) -> &'static str {
    match name {
        "review" => "prompts/get",
        "page" => "resources/read",
        _ => "tools/call",
    }
}

fn call(choices: &mut Choices<'_>) -> Call {
    let name = match choices.byte() {
        240.. => choices.one(&NAMES),
        byte @ (200..224 | 232..) => MORE[usize::from(byte) % MORE.len()],
        224..232 => "",
        byte => NAMES[usize::from(byte) % TOOLS],
    };
    let argument = match name {
        "echo" => Some((
            "text",
            choices.one(&["hello", "", "\u{1f600}\"\\\u{0}", "desk:read"]),
        )),
        "erase" => Some(("text", choices.one(&["hello", "all"]))),
        "open" | "review" => Some(("path", choices.one(&PATHS))),
        "page" => Some(("uri", choices.one(&PAGES))),
        "mirrored" if choices.byte() % 2 == 1 => Some(("region", "eu")),
        _ => None,
    };
    let method = match name {
        "" => "tools/list",
        name => method(name),
    };
    Call {
        method,
        name,
        argument,
        other: NAMES[choices.below(TOOLS)],
    }
}

fn headers(
    choices: &mut Choices<'_>,
    call: &Call,
    era: Era,
    token: Option<&Token>,
) -> Vec<(&'static str, Vec<u8>)> {
    let mut headers: Vec<(&'static str, Vec<u8>)> = vec![
        ("host", b"127.0.0.1:8000".into()),
        ("content-type", b"application/json".into()),
        ("accept", b"application/json, text/event-stream".into()),
    ];
    match era {
        Era::Stateless => {
            headers.push(("mcp-protocol-version", b"2026-07-28".into()));
            headers.push(("mcp-method", call.method.into()));
            match (call.name, call.argument) {
                ("", _) => {}
                ("page", Some((_, uri))) => headers.push(("mcp-name", uri.into())),
                (name, _) => headers.push(("mcp-name", name.into())),
            }
            if let ("mirrored", Some((_, region))) = (call.name, call.argument) {
                headers.push(("mcp-param-region", region.into()));
            }
        }
        Era::Sessionless(number) | Era::Session(number) => {
            headers.push(("mcp-protocol-version", super::SESSIONS[number].0.into()));
        }
    }
    if let Some(token) = token {
        let scheme = choices.one(&["Bearer ", "Bearer ", "bearer ", "BEARER   "]);
        headers.push(("authorization", [scheme, &token.text].concat().into()));
    }
    if choices.deviates() {
        for _ in 0..=choices.below(3) {
            disturb(choices, &mut headers, call);
        }
        // A socket never delivers a value that a header cannot hold.
        headers.retain(|(_, value)| HeaderValue::from_bytes(value).is_ok());
    }
    headers
}

/// Changes the headers of a request.
fn disturb(choices: &mut Choices<'_>, headers: &mut Vec<(&'static str, Vec<u8>)>, call: &Call) {
    let at = choices.below(headers.len().max(1));
    match choices.below(6) {
        0 if at < headers.len() => {
            headers.remove(at);
        }
        1 if at < headers.len() => headers.push(headers[at].clone()),
        2 if at < headers.len() => headers[at].1 = choices.few().to_vec(),
        3 => headers.push((
            choices.one(&["mcp-name", "mcp-method", "authorization"]),
            choices.few().to_vec(),
        )),
        _ => {
            let (name, value) = other(choices, call);
            if choices.byte().is_multiple_of(2) {
                headers.retain(|(known, _)| *known != name);
            }
            headers.push((name, value));
        }
    }
}

fn other(choices: &mut Choices<'_>, call: &Call) -> (&'static str, Vec<u8>) {
    let tokens = callers::tokens();
    let token = || &*tokens[0].text;
    let value = |name, value: &str| (name, value.as_bytes().to_vec());
    match choices.below(12) {
        0 => value("mcp-name", call.other),
        1 => value(
            "mcp-name",
            choices.one(&[
                "PING",
                " read",
                "=?base64?cmVhZA==?=",
                "=?base64?cGluZw==?=",
            ]),
        ),
        2 => value(
            "mcp-method",
            choices.one(&["tools/list", "TOOLS/CALL", "ping", "tools/call, ping"]),
        ),
        3 => value(
            "mcp-protocol-version",
            choices.one(&[
                "2026-07-28",
                "2025-11-25",
                "2025-06-18",
                "2025-03-26",
                "2024-11-05",
                "2099-01-01",
                "",
            ]),
        ),
        4 => value(
            "content-type",
            choices.one(&[
                "application/json; charset=utf-8",
                "text/plain",
                "APPLICATION/JSON",
                "application/json-seq",
                "multipart/form-data",
            ]),
        ),
        5 => value(
            "accept",
            choices.one(&[
                "*/*",
                "application/json",
                "text/event-stream",
                "text/event-stream,application/json",
                "text/html",
                "APPLICATION/JSON, text/event-stream",
                "application/json;q=0.5,text/event-stream;q=0",
            ]),
        ),
        6 => value(
            "host",
            choices.one(&[
                "evil.example",
                "127.0.0.1",
                "localhost:8000",
                "127.0.0.1:8000:80",
                "127.0.0.1:8000@evil.example",
            ]),
        ),
        7 => value(
            "origin",
            choices.one(&[
                "http://localhost:6274",
                "https://evil.example",
                "null",
                "http://127.0.0.1:8000",
            ]),
        ),
        8 => {
            let form = choices.one(&[
                "Basic T",
                "Bearer T,T",
                "Bearer T x",
                "T",
                "Bearer: T",
                "Bearer\tT",
                "BearerT",
                "\"Bearer T\"",
                "Bearer T=",
                "DPoP T",
                "Bearer  T",
                " Bearer T",
                "Bearer T ",
            ]);
            value("authorization", &form.replace('T', token()))
        }
        9 => value(
            "mcp-param-region",
            choices.one(&["eu", "us", "=?base64?ZXU=?="]),
        ),
        10 => value("content-encoding", choices.one(&["gzip", "identity", "br"])),
        _ => value("last-event-id", choices.one(&["1", "0/0", ""])),
    }
}
