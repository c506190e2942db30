//! How to connect: what to enter in each client, and how the login comes about.

use maud::{Markup, html};
use serde_json::json;

use super::{
    Login, PageFacts, ToolEntry,
    clients::{copied, panels},
};

pub(super) fn connect(facts: &PageFacts<'_>) -> Markup {
    let closed = facts.tools.iter().find(|tool| !tool.is_public());
    html! {
        section aria-labelledby="connect" {
            h2 #connect { "Connect" }
            (panels(facts))
            details.client name="client" {
                summary { "Other clients" }
                p {
                    "Whatever speaks MCP over HTTP needs the URL alone"
                    @if facts.has_login() {
                        ": it finds the login by itself. A client without OAuth connects through "
                        code { "mcp-remote" } ":"
                    } @else { "." }
                }
                @if facts.has_login() {
                    (copied("mcp-remote", &format!("npx mcp-remote {}", facts.resource)))
                }
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
                details.client name="client" {
                    summary { "Without a client" }
                    (copied("a call without a token", &curl(facts, *tool)))
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

/// What a person meets who enters the URL, in a sentence.
pub(super) fn promise(login: Login) -> &'static str {
    match login {
        Login::Never => "Enter this URL in your client. There is nothing to log in to.",
        Login::AtConnection => {
            "Enter this URL in your client. It leads you through a login when it connects."
        }
        Login::AtProtectedCall => {
            "Enter this URL in your client. It connects and lists everything without a login, and what needs one asks for it when it is used. Clients that decide at the connection have to be told to log in."
        }
    }
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
