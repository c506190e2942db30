//! Batches of JSON-RPC, which 2025-06-18 removed.

use serde_json::{Value, json};

use crate::{
    check_context::CheckContext,
    finding::{
        Check, Finding, Section,
        Severity::{Fail, Note, Warn},
    },
    http::{Request, Response},
};

static REFUSED: Check = Check::new(
    "batches.refused",
    Fail,
    "A batch gets a 4xx and no result, in every revision from 2025-06-18 on.",
    "MCP 2025-06-18, Key Changes and Transports: the body MUST be a single message",
    "Refuse a body that is an array before anything in it is authorized or run.",
);
static ERROR: Check = Check::new(
    "batches.error",
    Warn,
    "That answer is one JSON-RPC error with code -32600.",
    "JSON-RPC 2.0 §5.1: Invalid Request",
    "Send `{\"code\": -32600}` with HTTP 400.",
);
static FIRST: Check = Check::new(
    "batches.first_revision",
    Note,
    "2025-03-26: a batch is answered, or refused with HTTP 400 and -32600.",
    "MCP 2025-03-26, Base Protocol: Batching; no client in use is known to send one",
    "State in the documentation which of the two the server does.",
);

pub(super) static CHECKS: &[&Check] = &[&REFUSED, &ERROR, &FIRST];

/// The revision that has batches.
const WITH_BATCHES: &str = "2025-03-26";

const STATELESS: &str = "2026-07-28";

pub(super) async fn run(context: &CheckContext) -> Vec<Finding> {
    let mut section = Section::new(CHECKS);
    let mut answers = Vec::new();
    for revision in [STATELESS, "2025-11-25", "2025-06-18"] {
        match batch(context, revision).await {
            Ok(Some(answer)) => answers.push((revision, answer)),
            Ok(None) => {}
            Err(error) => {
                section.record(&REFUSED, Err(format!("{revision}: {error}")));
                return section.close("a batch got no answer");
            }
        }
    }
    if !answers.is_empty() {
        let all = |check: fn(&Response) -> Result<String, String>| {
            let seen = answers.iter().map(|(revision, answer)| {
                let named = |text| format!("{revision}: {text}");
                check(answer).map(named).map_err(named)
            });
            seen.collect::<Result<Vec<_>, _>>()
                .map(|seen| seen.join("; "))
        };
        section.record(&REFUSED, all(is_refused));
        section.record(&ERROR, all(is_invalid_request));
    }
    match batch(context, WITH_BATCHES).await {
        Ok(Some(answer)) => section.record(&FIRST, first_revision(&answer)),
        Ok(None) => section.skip(&FIRST, "the server does not speak this revision"),
        Err(error) => section.record(&FIRST, Err(error)),
    }
    section.close("the server needs a token; use --token or --login")
}

/// Sends two `ping`s in one body, in a session where the revision has sessions. Returns `None` if
/// the server does not speak the revision, or refuses the token.
async fn batch(context: &CheckContext, revision: &str) -> Result<Option<Response>, String> {
    let http = &context.http;
    let post = |message: &Value| {
        let request = Request::post(context.target.typed())
            .json(message)
            .header("accept", "application/json, text/event-stream");
        match context.tokens.first() {
            Some(token) => request.bearer(token),
            None => request,
        }
    };
    let mut session = None;
    let client = json!({"name": "toolgate", "version": env!("CARGO_PKG_VERSION")});
    if revision != STATELESS {
        let initialize = json!({
            "jsonrpc": "2.0", "id": 1, "method": "initialize",
            "params": {"protocolVersion": revision, "capabilities": {}, "clientInfo": client},
        });
        let answer = http.send(post(&initialize)).await?;
        let spoken = answer
            .result()
            .map(|result| result["protocolVersion"].clone());
        if spoken.is_none_or(|spoken| spoken != revision) {
            return Ok(None);
        }
        session = answer.header("mcp-session-id");
        let mut initialized =
            post(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        if let Some(session) = &session {
            initialized = initialized.header("mcp-session-id", session);
        }
        http.send(initialized.header("mcp-protocol-version", revision))
            .await?;
    }
    let entry = |id: u8| match revision {
        STATELESS => {
            json!({"jsonrpc": "2.0", "id": id, "method": "tools/list", "params": {"_meta": {
                "io.modelcontextprotocol/protocolVersion": revision,
                "io.modelcontextprotocol/clientInfo": client,
                "io.modelcontextprotocol/clientCapabilities": {},
            }}})
        }
        _ => json!({"jsonrpc": "2.0", "id": id, "method": "ping"}),
    };
    let mut request = post(&json!([entry(2), entry(3)])).header("mcp-protocol-version", revision);
    if revision == STATELESS {
        request = request.header("mcp-method", "tools/list");
    }
    if let Some(session) = &session {
        request = request.header("mcp-session-id", session);
    }
    let answer = http.send(request).await?;
    if let Some(session) = &session {
        let end = Request::new(reqwest::Method::DELETE, context.target.typed())
            .header("mcp-session-id", session)
            .header("mcp-protocol-version", revision);
        drop(
            http.send(match context.tokens.first() {
                Some(token) => end.bearer(token),
                None => end,
            })
            .await,
        );
    }
    Ok((answer.status != 401).then_some(answer))
}

fn is_refused(answer: &Response) -> Result<String, String> {
    answer.brief_if(matches!(answer.status, 400..=499) && answer.result().is_none())
}

fn is_invalid_request(answer: &Response) -> Result<String, String> {
    match code(answer) {
        Some(-32600) => Ok("-32600".to_owned()),
        Some(code) => Err(format!("code {code}")),
        None => Err("there is no JSON-RPC error".to_owned()),
    }
}

fn first_revision(answer: &Response) -> Result<String, String> {
    let answered = answer.json().and_then(|body| Some(body.as_array()?.len()));
    match (answer.status, answered) {
        (200, Some(2)) => Ok("two responses".to_owned()),
        (200, None) if answer.is_stream() => Ok("an event stream".to_owned()),
        (400, None) if code(answer) == Some(-32600) => Ok(answer.brief()),
        _ => Err(answer.brief()),
    }
}

fn code(answer: &Response) -> Option<i64> {
    answer.message()?["error"]["code"].as_i64()
}
