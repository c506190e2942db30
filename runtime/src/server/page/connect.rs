//! How to connect: lines to copy.

use maud::{Markup, html};
use serde_json::json;

use super::{PageFacts, ToolEntry};

pub(super) fn connect(facts: &PageFacts<'_>) -> Markup {
    let closed = facts.tools.iter().find(|tool| !tool.is_public());
    html! {
        section aria-labelledby="connect" {
            h2 #connect { "Connect" }
            details open {
                summary { "Claude Code" }
                (line(&claude_code(facts)))
                @if facts.needs_login() {
                    p { "Then " code { "/mcp" } " in a session, and choose this server to log in." }
                }
            }
            details {
                summary { "MCP Inspector" }
                (line(&format!(
                    "npx @modelcontextprotocol/inspector@2 --transport http --server-url {}",
                    facts.resource,
                )))
                p {
                    "Open the address that it prints and switch the server on"
                    @if facts.needs_login() { ", which opens the login" }
                    ". It needs Node.js 22.19 or newer."
                }
            }
            details {
                summary { "Other clients" }
                p {
                    "Whatever speaks MCP over HTTP needs the URL alone"
                    @if facts.needs_login() { ": it finds the login by itself" }
                    ". A client without OAuth of its own connects through "
                    code { "mcp-remote" } ":"
                }
                (line(&format!("npx mcp-remote {}", facts.resource)))
                @match facts.bound_tokens_required {
                    Some(true) => p {
                        "It has to have its tokens bound to a key of its own, and to prove that key with each request (DPoP)."
                    },
                    Some(false) => p {
                        "It may have its tokens bound to a key of its own, and prove that key with each request (DPoP)."
                    },
                    None => {},
                }
            }
            @if let Some(tool) = closed {
                details {
                    summary { "Without a client" }
                    (line(&curl(facts, *tool)))
                    p {
                        "The answer is " code { "401" } ", and its " code { "WWW-Authenticate" }
                        " names the scope to ask for, and where the "
                        a href=(facts.metadata) { "metadata" } " is."
                    }
                }
            }
        }
    }
}

/// A line to copy.
fn line(text: &str) -> Markup {
    html! { pre.line { code { (text) } } }
}

fn claude_code(facts: &PageFacts<'_>) -> String {
    let plain = |char: char| {
        if char.is_ascii_alphanumeric() {
            char
        } else {
            '-'
        }
    };
    let name: String = facts.name.chars().map(plain).collect();
    let name = match name.trim_matches('-') {
        "" => "server",
        name => name,
    };
    format!("claude mcp add --transport http {name} {}", facts.resource)
}

fn curl(facts: &PageFacts<'_>, tool: ToolEntry<'_>) -> String {
    let call = json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": tool.listing.name, "arguments": {}},
    });
    format!(
        "curl -i {} \\\n  -H 'content-type: application/json' \\\n  -H 'accept: application/json, text/event-stream' \\\n  -d {}",
        facts.resource,
        quoted(&call.to_string())
    )
}

/// One word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
