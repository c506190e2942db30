//! How to connect: what to enter in each client, and how the login works.

use maud::{Markup, html};
use serde_json::json;

use crate::{
    client_settings::{copied, panels},
    facts::{Access, Login, PageFacts, ToolEntry},
};

pub(crate) fn connect(facts: &PageFacts<'_>) -> Markup {
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
                    (copied("mcp-remote", &mcp_remote(facts)))
                }
                @if let Some(binding) = binding(facts) { p { (binding) } }
            }
            @if let Some(call) = call_without_token(facts) {
                details.client name="client" {
                    summary { "Without a client" }
                    (copied("a call without a token", &call))
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

/// Returns the command that connects a client without OAuth.
pub(crate) fn mcp_remote(facts: &PageFacts<'_>) -> String {
    format!("npx mcp-remote {}", facts.resource)
}

/// Describes what a client does to bind its tokens, if the server supports it.
pub(crate) fn binding(facts: &PageFacts<'_>) -> Option<&'static str> {
    facts.bound_tokens_required.map(|is_required| match is_required {
        true => {
            "It must bind its tokens to its own key and prove possession of that key with each request (DPoP)."
        }
        false => {
            "It can bind its tokens to its own key and prove possession of that key with each request (DPoP)."
        }
    })
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

/// Returns a command that shows the refusal of the first protected tool, if there is one.
pub(crate) fn call_without_token(facts: &PageFacts<'_>) -> Option<String> {
    let is_closed = |tool: &&ToolEntry<'_>| tool.access != Access::Public;
    let tool = facts.tools.iter().find(is_closed)?;
    Some(curl(facts, tool))
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
