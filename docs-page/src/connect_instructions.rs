//! How to connect: what to enter in each client, and how the login works.

use maud::{Markup, html};
use serde_json::json;

use crate::{
    client_settings::{copied, panels},
    facts::{Access, Login, PageFacts, ToolEntry},
};

pub(crate) fn connect(facts: &PageFacts<'_>) -> Markup {
    let is_closed = |tool: &&ToolEntry<'_>| tool.access != Access::Public;
    let closed = facts.tools.iter().find(is_closed);
    html! {
        section aria-labelledby="connect" {
            h2 #connect { "Connect" }
            (panels(facts))
            details.client name="client" {
                summary { "Other clients" }
                p {
                    "Any other MCP client over HTTP needs only the URL"
                    @if facts.has_login() {
                        ": it finds the login itself. A client without OAuth connects through "
                        code { "mcp-remote" } ":"
                    } @else { "." }
                }
                @if facts.has_login() {
                    (copied("mcp-remote", &format!("npx mcp-remote {}", facts.resource)))
                }
                @match facts.bound_tokens_required {
                    Some(true) => p {
                        "It must bind its tokens to its own key and prove possession of that key with each request (DPoP)."
                    },
                    Some(false) => p {
                        "It can bind its tokens to its own key and prove possession of that key with each request (DPoP)."
                    },
                    None => {},
                }
            }
            @if let Some(tool) = closed {
                details.client name="client" {
                    summary { "Without a client" }
                    (copied("a call without a token", &curl(facts, tool)))
                    p {
                        "The answer is " code { "401" } ", and its " code { "WWW-Authenticate" }
                        " names the scope to request and the URL of the "
                        a href=(facts.metadata) { "metadata" } "."
                    }
                }
            }
        }
    }
}

/// Describes the login in a sentence.
pub(crate) fn promise(login: Login) -> &'static str {
    match login {
        Login::Never => "Enter this URL in your client. No login is needed.",
        Login::AtConnection => {
            "Enter this URL in your client. It leads you through a login when it connects."
        }
        Login::AtProtectedCall => {
            "Enter this URL in your client. It connects and lists everything without a login. An item that needs a login asks for it when it is used. If your client logs in only at the connection, start the login yourself."
        }
    }
}

fn curl(facts: &PageFacts<'_>, tool: &ToolEntry<'_>) -> String {
    let call = json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": tool.name, "arguments": {}},
    });
    format!(
        "curl -i {} \\\n  -H 'content-type: application/json' \\\n  -H 'accept: application/json, text/event-stream' \\\n  -d {}",
        facts.resource,
        quoted(&call.to_string())
    )
}

/// Quotes text as one word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
