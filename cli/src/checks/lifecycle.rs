//! Both protocol lifecycles, with a token where the handshake needs one.

use std::collections::BTreeSet;

use serde_json::json;

use crate::{
    check_context::CheckContext,
    finding::{
        Check, Finding, Section,
        Severity::{Fail, Warn},
        count,
    },
    http::Response,
    mcp_client::{Lifecycle, McpClient},
};

static ANY: Check = Check::new(
    "lifecycle.any",
    Fail,
    "The token is accepted in at least one lifecycle.",
    "MCP 2026-07-28, Versioning; MCP 2025-11-25, Lifecycle",
    "Look at the response to this token, and at the server's log.",
);
static STATELESS: Check = Check::new(
    "lifecycle.stateless",
    Warn,
    "2026-07-28: `server/discover` succeeds and lists that revision.",
    "MCP 2026-07-28, Discovery (MUST)",
    "Implement the revision. A client in `auto` mode falls back to the older one on a 4xx.",
);
static SESSION: Check = Check::new(
    "lifecycle.session",
    Warn,
    "2025-11-25: `initialize` returns a revision that has sessions.",
    "MCP 2025-11-25, Lifecycle: Version Negotiation; clients: most start with it",
    "Keep the older lifecycle at the same URL.",
);
static LIST: Check = Check::new(
    "lifecycle.list",
    Fail,
    "`tools/list` returns the same tools in every lifecycle; names are unique and schemas are objects.",
    "MCP 2026-07-28, Tools; JSON-RPC 2.0 §5",
    "Build every list from one table of tools.",
);
static SESSION_TOKEN: Check = Check::new(
    "lifecycle.session_token",
    Fail,
    "A session that was opened with a token refuses requests without one.",
    "MCP 2025-11-25, Security Best Practices: Session Hijacking (MUST NOT use sessions for authentication)",
    "Validate the token of every request.",
);
static UNKNOWN_SESSION: Check = Check::new(
    "lifecycle.unknown_session",
    Warn,
    "An unknown session id gets a 404 or 400.",
    "MCP 2025-11-25, Transports: Session Management",
    "Send 404: the client then opens a new session.",
);
static STREAM: Check = Check::new(
    "lifecycle.stream",
    Warn,
    "GET in a session gets an event stream or a 405.",
    "MCP 2025-11-25, Transports: Listening for Messages from the Server",
    "Send 405 if there is no stream.",
);

pub(super) static CHECKS: &[&Check] = &[
    &ANY,
    &STATELESS,
    &SESSION,
    &LIST,
    &SESSION_TOKEN,
    &UNKNOWN_SESSION,
    &STREAM,
];

pub(super) async fn run(context: &CheckContext) -> Vec<Finding> {
    let mut section = Section::new(CHECKS);
    let token = context.tokens.first().map(String::as_str);
    let mut open = Vec::new();
    let mut tried = Vec::new();
    for lifecycle in Lifecycle::BOTH {
        let mut mcp_client = McpClient::new(&context.target, lifecycle, token);
        let answer = mcp_client.open(&context.http).await;
        if token.is_none() && answer.as_ref().is_ok_and(|answer| answer.status == 401) {
            continue;
        }
        let verdict = answer.and_then(|answer| opened(lifecycle, &answer));
        let is_open = verdict.is_ok();
        if let Err(error) = &verdict {
            tried.push(format!("{}: {error}", lifecycle.revision()));
        }
        section.record(
            if lifecycle == Lifecycle::Stateless {
                &STATELESS
            } else {
                &SESSION
            },
            verdict,
        );
        if is_open {
            open.push(mcp_client);
        }
    }
    if open.is_empty() {
        return match token {
            None => section.close("the handshake needs a token; use --token or --login"),
            Some(_) => {
                section.record(&ANY, Err(tried.join("; ")));
                section.close("no lifecycle works")
            }
        };
    }
    let names: Vec<_> = open
        .iter()
        .map(|mcp_client| mcp_client.lifecycle().revision())
        .collect();
    section.record(&ANY, Ok(names.join(", ")));
    match token.is_none() && !may_list(context, &open).await {
        true => section.skip(&LIST, "the list needs a token; use --token or --login"),
        false => section.record(&LIST, lists(context, &open).await),
    }
    let with_session = open
        .iter()
        .find(|mcp_client| mcp_client.session().is_some());
    if let Some(mcp_client) = with_session {
        in_session(context, mcp_client, token.is_some(), &mut section).await;
    }
    for mcp_client in &open {
        mcp_client.close(&context.http).await;
    }
    section.close("the server opens no session")
}

/// Checks the result of the first request.
fn opened(lifecycle: Lifecycle, answer: &Response) -> Result<String, String> {
    let Some(result) = answer.result() else {
        return Err(answer.brief());
    };
    match lifecycle {
        Lifecycle::Stateless => {
            let versions = &result["supportedVersions"];
            let list = versions
                .as_array()
                .ok_or("there are no `supportedVersions`")?;
            match list.iter().any(|version| version == lifecycle.revision()) {
                true => Ok(versions.to_string()),
                false => Err(format!("supportedVersions {versions}")),
            }
        }
        Lifecycle::Session => match result["protocolVersion"].as_str() {
            Some(version @ ("2025-11-25" | "2025-06-18" | "2025-03-26")) => Ok(version.to_owned()),
            Some(other) => Err(format!("protocolVersion {other}")),
            None => Err("there is no `protocolVersion`".to_owned()),
        },
    }
}

async fn may_list(context: &CheckContext, open: &[McpClient]) -> bool {
    for mcp_client in open {
        let answer = mcp_client.ask(&context.http, "tools/list", json!({})).await;
        if answer.is_ok_and(|answer| answer.status != 401) {
            return true;
        }
    }
    false
}

async fn lists(context: &CheckContext, open: &[McpClient]) -> Result<String, String> {
    let mut known: Option<BTreeSet<String>> = None;
    for mcp_client in open {
        let lifecycle = mcp_client.lifecycle().revision();
        let answer = mcp_client
            .ask(&context.http, "tools/list", json!({}))
            .await?;
        let names = tools(&answer).map_err(|error| format!("{lifecycle}: {error}"))?;
        match &known {
            Some(known) if *known != names => {
                return Err(format!(
                    "{lifecycle} lists {names:?}, the other lifecycle {known:?}"
                ));
            }
            _ => known = Some(names),
        }
    }
    Ok(count(known.unwrap_or_default().len(), "tool"))
}

fn tools(answer: &Response) -> Result<BTreeSet<String>, String> {
    let result = answer.result().ok_or_else(|| answer.brief())?;
    let list = result["tools"].as_array().ok_or("there is no `tools`")?;
    let mut names = BTreeSet::new();
    for tool in list {
        let name = tool["name"].as_str().ok_or("a tool has no name")?;
        if tool["inputSchema"]["type"] != "object" {
            return Err(format!("the input schema of `{name}` is not an object"));
        }
        if !names.insert(name.to_owned()) {
            return Err(format!("`{name}` is listed twice"));
        }
    }
    Ok(names)
}

async fn in_session(
    context: &CheckContext,
    mcp_client: &McpClient,
    has_token: bool,
    section: &mut Section,
) {
    let http = &context.http;
    match has_token {
        false => section.skip(&SESSION_TOKEN, "the session was opened without a token"),
        true => {
            section.record(&SESSION_TOKEN, without_token(context, mcp_client).await);
        }
    }
    let unknown = mcp_client.with_session("00000000-0000-4000-8000-000000000000");
    let answer = unknown.ask(http, "tools/list", json!({})).await;
    section.record(
        &UNKNOWN_SESSION,
        answer.and_then(|answer| match answer.status {
            404 | 400 => Ok(answer.brief()),
            _ => Err(answer.brief()),
        }),
    );
    let answer = mcp_client.open_stream(http).await;
    section.record(
        &STREAM,
        answer.and_then(|answer| match answer.status {
            200 if answer.is_stream() => Ok("an event stream".to_owned()),
            405 => Ok(answer.brief()),
            _ => Err(answer.brief()),
        }),
    );
}

/// Compares what the session id alone shows with what is public.
async fn without_token(context: &CheckContext, mcp_client: &McpClient) -> Result<String, String> {
    let thief = mcp_client.with_token(None);
    let answer = thief.ask(&context.http, "tools/list", json!({})).await?;
    let Ok(stolen) = tools(&answer) else {
        return Ok(answer.brief());
    };
    let mut anonymous = McpClient::new(&context.target, mcp_client.lifecycle(), None);
    anonymous.open(&context.http).await?;
    let answer = anonymous
        .ask(&context.http, "tools/list", json!({}))
        .await?;
    anonymous.close(&context.http).await;
    match tools(&answer) {
        Ok(public) if public == stolen => Ok("only the public list".to_owned()),
        _ => Err(format!(
            "`tools/list` without the token: {}",
            count(stolen.len(), "tool")
        )),
    }
}
