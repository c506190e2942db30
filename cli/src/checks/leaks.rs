//! What is visible without a token, and what responses disclose.

use serde_json::{Value, json};

use crate::{
    check_context::{CheckContext, NO_SUCH_TOOL},
    finding::{
        Check, Finding, Section,
        Severity::{Fail, Note, Warn},
        count,
    },
    http::{Response, Watch},
    mcp_client::{Lifecycle, McpClient},
};

static LIST: Check = Check::new(
    "leaks.list",
    Note,
    "`tools/list` lists no tool without a token.",
    "MCP 2026-07-28, Security Best Practices; a server may publish its tools on purpose",
    "Ignore this if the tools are meant to be public. Otherwise require a token for `tools/list`.",
);
static DOORS: Check = Check::new(
    "leaks.doors",
    Fail,
    "If `tools/list` needs a token, all other operations need one.",
    "MCP 2026-07-28, Authorization: Access Token Usage (every request)",
    "Deny by default; list the exceptions.",
);
static TOKEN: Check = Check::new(
    "leaks.token",
    Fail,
    "No response contains a token.",
    "RFC 6750 §5.2 and §5.3; OWASP, error handling",
    "Keep tokens, valid or not, out of error messages.",
);
static TRACE: Check = Check::new(
    "leaks.trace",
    Warn,
    "No response contains a stack trace or a path of the server's file system.",
    "OWASP, error handling; RFC 9110 §17.9",
    "Respond with a code and a short message; write details to the log.",
);

pub(super) static CHECKS: &[&Check] = &[&LIST, &DOORS, &TOKEN, &TRACE];

/// Text that occurs in stack traces of the languages that servers are written in.
pub(super) const TRACES: [(&str, &str); 5] = [
    ("a Python traceback", "Traceback (most recent call last)"),
    ("a Rust panic", "panicked at "),
    ("a Node stack", "    at Object.<anonymous>"),
    ("a Node module's path", "/node_modules/"),
    ("a Go stack", "goroutine 1 ["),
];

/// Operations that servers have left open while they protected tools.
const OPERATIONS: [&str; 10] = [
    "prompts/list",
    "prompts/get",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "resources/subscribe",
    "completion/complete",
    "subscriptions/listen",
    "tasks/list",
    "tools/call",
];

pub(super) async fn run(context: &CheckContext) -> Vec<Finding> {
    let mut section = Section::new(CHECKS);
    let mut listed = Vec::new();
    let mut public = Vec::new();
    let mut is_guarded = false;
    for lifecycle in Lifecycle::BOTH {
        let opener = opener(context, lifecycle).await;
        let anonymous = opener.with_token(None);
        match anonymous.ask(&context.http, "tools/list", json!({})).await {
            Err(_) => {}
            Ok(answer) if answer.status == 401 => {
                is_guarded = true;
                public.extend(public_methods(context, &anonymous).await);
            }
            Ok(answer) => listed.extend(names(&answer)),
        }
        opener.close(&context.http).await;
    }
    listed.sort();
    listed.dedup();
    section.record(
        &LIST,
        match listed.is_empty() {
            true => Ok("nothing".to_owned()),
            false => Err(format!(
                "{}: {}",
                count(listed.len(), "tool"),
                listed.join(", ")
            )),
        },
    );
    if is_guarded {
        section.record(
            &DOORS,
            match public.is_empty() {
                true => Ok(format!("{} operations tried", OPERATIONS.len())),
                false => Err(format!("answered without a token: {}", public.join(", "))),
            },
        );
    }
    // Last, when all other responses have arrived.
    for (check, watch) in [(&TOKEN, Watch::Token), (&TRACE, Watch::Trace)] {
        let leaks = context.http.leaks(watch);
        section.record(
            check,
            match leaks.is_empty() {
                true => Ok("none".to_owned()),
                false => Err(leaks.join("; ")),
            },
        );
    }
    section.close("`tools/list` needs no token")
}

/// Opens a session, where the server has sessions: without a token, or, if that is refused,
/// with the first token.
async fn opener(context: &CheckContext, lifecycle: Lifecycle) -> McpClient {
    let mut mcp_client = McpClient::new(&context.target, lifecycle, None);
    if lifecycle == Lifecycle::Session {
        // `lifecycle` reports whether this succeeds.
        let _ = mcp_client.open(&context.http).await;
        if let (None, Some(token)) = (mcp_client.session(), context.tokens.first()) {
            mcp_client = McpClient::new(&context.target, lifecycle, Some(token));
            let _ = mcp_client.open(&context.http).await;
        }
    }
    mcp_client
}

async fn public_methods(context: &CheckContext, anonymous: &McpClient) -> Vec<String> {
    let mut public = Vec::new();
    for method in OPERATIONS {
        let params = match method {
            "prompts/get" | "tools/call" => json!({"name": NO_SUCH_TOOL, "arguments": {}}),
            "resources/read" | "resources/subscribe" => json!({"uri": "toolgate-check:nothing"}),
            "completion/complete" => json!({
                "ref": {"type": "ref/prompt", "name": NO_SUCH_TOOL},
                "argument": {"name": "a", "value": ""},
            }),
            "subscriptions/listen" => json!({"notifications": {"toolsListChanged": true}}),
            _ => json!({}),
        };
        let Ok(answer) = anonymous.ask(&context.http, method, params).await else {
            continue;
        };
        let message = answer.message();
        let has_result = message
            .as_ref()
            .is_some_and(|message| message.get("result").is_some());
        // A stream that has not refused the request yet counts as open.
        if answer.is_success() && (has_result || (answer.is_stream() && message.is_none())) {
            public.push(format!("{method} ({})", anonymous.lifecycle().revision()));
        }
    }
    public
}

fn names(answer: &Response) -> Vec<String> {
    let result = answer.result().unwrap_or_default();
    let tools = result["tools"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let names = tools
        .iter()
        .filter_map(|tool| tool.get("name").and_then(Value::as_str));
    names.map(str::to_owned).collect()
}
