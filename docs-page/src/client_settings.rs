//! How to add the server to each client.

use maud::{Markup, html};
use serde_json::{Value, json};

use crate::facts::PageFacts;

/// How to add the server to one client.
pub(crate) struct Entry {
    /// The client's name.
    pub(crate) client: &'static str,
    /// The file to edit, if there is one.
    pub(crate) file: Option<&'static str>,
    /// A command, or the contents of the file.
    pub(crate) text: String,
    /// How to log in: the step in the client, and the command for it, if there is one.
    pub(crate) login: (&'static str, Option<String>),
}

/// Renders a panel for each known client. The first is open.
pub(crate) fn panels(facts: &PageFacts<'_>) -> Markup {
    html! {
        @for (place, entry) in entries(facts).iter().enumerate() {
            // One name for all: opening one closes the others.
            details.client name="client" open[place == 0] {
                summary { (entry.client) }
                @if let Some(file) = entry.file { p { "In the file " code { (file) } ":" } }
                (copied(entry.client, &entry.text))
                @if facts.has_login() {
                    @let (how, command) = &entry.login;
                    p { "To log in: " (how) @if let Some(command) = command { " " code { (command) } } "." }
                }
            }
        }
    }
}

/// Renders text to copy. A click selects all of it. With scripts enabled there is a copy
/// button.
pub(crate) fn copied(what: &str, text: &str) -> Markup {
    html! { div.copy data-copy=(what) { pre { code { (text) } } } }
}

/// Returns the server's name in a form that is valid in configuration files and command
/// lines.
fn server_name(name: &str) -> String {
    let plain = |char: char| match char.is_ascii_alphanumeric() {
        true => char,
        false => '-',
    };
    let name: String = name.chars().map(plain).collect();
    match name.trim_matches('-') {
        "" => "server".to_owned(),
        name => name.to_owned(),
    }
}

/// Returns how to add the server to each known client.
pub(crate) fn entries(facts: &PageFacts<'_>) -> [Entry; 8] {
    let (name, url) = (&server_name(facts.name), facts.resource);
    let json = |value: Value| format!("{value:#}");
    [
        Entry {
            client: "Claude Code",
            file: None,
            text: format!("claude mcp add --transport http {name} {url}"),
            login: (
                "enter /mcp in a session and choose this server, or run",
                Some(format!("claude mcp login {name}")),
            ),
        },
        Entry {
            client: "Codex",
            file: None,
            text: format!("codex mcp add {name} --url {url}"),
            login: (
                "that command opens the login; to repeat it later, run",
                Some(format!("codex mcp login {name}")),
            ),
        },
        Entry {
            client: "Cursor",
            file: Some(".cursor/mcp.json"),
            text: json(json!({"mcpServers": {name: {"url": url}}})),
            login: (
                "open the settings for MCP, where this server says that it needs a login",
                None,
            ),
        },
        Entry {
            client: "VS Code",
            file: Some(".vscode/mcp.json"),
            text: json(json!({"servers": {name: {"type": "http", "url": url}}})),
            login: (
                "start the server in that file; VS Code asks before it opens the login",
                None,
            ),
        },
        Entry {
            client: "Gemini CLI",
            file: None,
            text: format!("gemini mcp add --transport http {name} {url}"),
            login: ("enter in a session", Some(format!("/mcp auth {name}"))),
        },
        Entry {
            client: "GitHub Copilot CLI",
            file: Some("~/.copilot/mcp-config.json"),
            text: json(json!({"mcpServers": {name: {"type": "http", "url": url, "tools": ["*"]}}})),
            login: ("enter in a session", Some(format!("/mcp auth {name}"))),
        },
        Entry {
            client: "opencode",
            file: None,
            text: format!("opencode mcp add {name} --url {url}"),
            login: ("run", Some(format!("opencode mcp auth {name}"))),
        },
        Entry {
            client: "MCP Inspector",
            file: None,
            text: format!(
                "npx @modelcontextprotocol/inspector@2 --transport http --server-url {url}"
            ),
            login: (
                "open the address that it prints and switch the server on. It needs Node.js 22.19 or newer",
                None,
            ),
        },
    ]
}
