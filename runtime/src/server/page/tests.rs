use std::{env, fs, sync::Arc};

use rmcp::model::ToolAnnotations;
use serde_json::{Value, json};

use super::*;
use crate::scope::Scope;

const READ: Scope = Scope::new("news:read");
const ADMIN: Scope = Scope::new("news:admin");

fn tool(name: &'static str, description: &'static str, schema: Value) -> Tool {
    let schema = schema.as_object().unwrap().clone();
    Tool::new(name, description, Arc::new(schema))
}

fn news() -> Tool {
    let schema = json!({
        "type": "object",
        "required": ["ticker"],
        "additionalProperties": false,
        "properties": {
            "ticker": {"type": "string", "description": "Ticker symbol, such as `AAPL`.", "maxLength": 20},
            "limit": {"type": ["integer", "null"], "description": "How many articles.", "minimum": 1, "maximum": 50, "default": 3},
            "market": {"anyOf": [{"enum": ["stocks", "crypto", "forex"]}, {"type": "null"}]},
        },
    });
    let mut tool = tool(
        "get_news_sentiment",
        "Sentiment of recent news about one company.\n\nThe newest articles come first, each with a score from `-1` to `1`.",
        schema,
    );
    tool.title = Some("News sentiment".to_owned());
    tool.annotations = Some(ToolAnnotations::new().read_only(true).open_world(true));
    let output = json!({"type": "object", "properties": {"articles": {"type": "array"}}});
    tool.output_schema = Some(Arc::new(output.as_object().unwrap().clone()));
    tool
}

fn tools() -> [Tool; 5] {
    let none = json!({"type": "object", "properties": {}});
    let mut clear = tool("clear_cache", "Forgets what was fetched.", none.clone());
    clear.annotations = Some(ToolAnnotations::new().destructive(true).idempotent(true));
    [
        news(),
        clear,
        tool("who_am_i", "Tells who calls.", none.clone()),
        tool("ping", "Answers `pong`.", none),
        tool(
            "watch",
            "Watches a ticker.",
            json!({"properties": {"ticker": {"type": "string"}}}),
        ),
    ]
}

const ASKED: [Requirement; 5] = [
    Requirement::Scopes(&[&[READ]]),
    Requirement::Scopes(&[&[READ, ADMIN]]),
    Requirement::Authenticated,
    Requirement::Public,
    Requirement::Scopes(&[&[READ], &[ADMIN]]),
];

fn page_of(tools: &[Tool], name: &str) -> String {
    let tools = tools.iter().zip(ASKED);
    render(&PageFacts {
        name,
        version: "1.2.3",
        resource: "http://127.0.0.1:10000/mcp",
        metadata: "http://127.0.0.1:10000/.well-known/oauth-protected-resource/mcp",
        issuers: vec!["http://127.0.0.1:10000"],
        development: true,
        open_handshake: false,
        bound_tokens_required: Some(true),
        scopes: vec![
            ScopeEntry {
                name: "news:admin",
                description: None,
            },
            ScopeEntry {
                name: "news:read",
                description: Some("Read news and their sentiment"),
            },
        ],
        tools: tools
            .map(|(listing, requirement)| ToolEntry {
                listing,
                requirement,
            })
            .collect(),
        prompts: Vec::new(),
        resources: Vec::new(),
    })
}

fn page() -> String {
    page_of(&tools(), "finance-news")
}

/// Text without markup, as a reader meets it.
fn read(page: &str) -> String {
    let body = page.split_once("<body>").unwrap().1;
    let mut text = String::new();
    let mut rest = body;
    while let Some((before, after)) = rest.split_once('<') {
        text += before;
        rest = after.split_once('>').unwrap().1;
    }
    text
}

#[test]
fn every_tool_is_told_with_what_it_needs_and_takes() {
    let text = read(&page());
    for part in [
        "5 tools, behind OAuth",
        "http://127.0.0.1:10000/mcp",
        "get_news_sentiment News sentiment",
        "needs news:read reads only reaches outside",
        "needs news:read and news:admin can destroy can be repeated",
        "any login",
        "public",
        "needs news:read or news:admin",
        "Sentiment of recent news about one company.The newest",
        "ticker string required",
        "Ticker symbol, such as AAPL.",
        "limit integer optional",
        "default 3 at least 1 at most 50 ",
        "market one of &quot;stocks&quot;, &quot;crypto&quot;, &quot;forex&quot; optional",
        "Output schema",
        "news:readRead news and their sentiment",
        "asked for by get_news_sentiment, clear_cache, watch",
        "exists on this machine only",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
}

#[test]
fn the_lines_to_copy_name_this_server() {
    let text = read(&page());
    for part in [
        "claude mcp add --transport http finance-news http://127.0.0.1:10000/mcp",
        "npx @modelcontextprotocol/inspector@2 --transport http --server-url http://127.0.0.1:10000/mcp",
        "npx mcp-remote http://127.0.0.1:10000/mcp",
        "curl -i http://127.0.0.1:10000/mcp",
        "&quot;name&quot;:&quot;get_news_sentiment&quot;",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    assert!(text.contains("has to have its tokens bound"), "{text}");
    let spaced = read(&page_of(&tools(), "Finance news; rm -rf /"));
    assert!(
        spaced.contains("http Finance-news--rm--rf http://"),
        "{spaced}"
    );
}

#[test]
fn a_server_of_public_tools_has_no_401_to_show() {
    let ping = tool("ping", "Answers.", json!({}));
    let page = render(&PageFacts {
        name: "open",
        version: "1",
        resource: "https://mcp.example.com",
        metadata: "https://mcp.example.com/.well-known/oauth-protected-resource",
        issuers: Vec::new(),
        development: false,
        open_handshake: false,
        bound_tokens_required: None,
        scopes: Vec::new(),
        tools: vec![ToolEntry {
            listing: &ping,
            requirement: Requirement::Public,
        }],
        prompts: Vec::new(),
        resources: Vec::new(),
    });
    let text = read(&page);
    assert!(text.contains("1 tool, open to everybody."), "{text}");
    for absent in [
        "401",
        "Scopes",
        "Login",
        "Development",
        "to log in",
        "the login",
    ] {
        assert!(!text.contains(absent), "{absent}: {text}");
    }
}

#[test]
fn a_login_at_the_connection_is_promised_where_there_is_one() {
    let read_todos = tool("read_todos", "Reads.", json!({"type": "object"}));
    for (open_handshake, expected) in [(false, true), (true, false)] {
        let page = render(&PageFacts {
            name: "todo",
            version: "1",
            resource: "https://mcp.example.com",
            metadata: "https://mcp.example.com/.well-known/oauth-protected-resource",
            issuers: vec!["https://issuer.example.com"],
            development: false,
            open_handshake,
            bound_tokens_required: None,
            scopes: Vec::new(),
            tools: vec![ToolEntry {
                listing: &read_todos,
                requirement: Requirement::Authenticated,
            }],
            prompts: Vec::new(),
            resources: Vec::new(),
        });
        let text = read(&page);
        for promise in ["choose this server to log in", "which opens the login"] {
            assert_eq!(text.contains(promise), expected, "{promise}: {text}");
        }
        let is_told = text.contains("Anybody can connect");
        assert_eq!(is_told, open_handshake, "{text}");
    }
}

#[test]
fn nothing_from_outside_becomes_markup() {
    const EVIL: &str = "</style><script>alert(1)</script>\"'><img src=x onerror=y>";
    let mut evil = tool(
        EVIL,
        EVIL,
        json!({
            "properties": {EVIL: {"type": EVIL, "description": EVIL, "default": EVIL, "pattern": EVIL}},
            "required": [EVIL],
        }),
    );
    evil.title = Some(EVIL.to_owned());
    let page = page_of(&[evil], EVIL);
    for markup in ["<script", "<img", "onerror=y>\"", "\"'>"] {
        assert!(!page.contains(markup), "{markup}");
    }
    assert_eq!(page.matches("</style>").count(), 1);
    assert!(page.matches("&lt;script&gt;").count() >= 8);
}

#[test]
fn the_policy_allows_the_style_alone() {
    let policy = content_security_policy();
    let page = page();
    let style = page
        .split_once("<style>")
        .unwrap()
        .1
        .split_once("</style>")
        .unwrap()
        .0;
    let hash = digest::digest(&digest::SHA256, style.as_bytes());
    assert!(policy.contains(&format!("'sha256-{}'", BASE64_STANDARD.encode(hash))));
    assert!(policy.starts_with("default-src 'none'; ") && policy.is_ascii());
    for loaded in [" style=", "<script", "<link", " src=", "url(", "@import"] {
        assert!(!page.contains(loaded), "{loaded}");
    }
}

#[test]
fn every_link_within_the_page_has_an_end() {
    let page = page();
    let targets: Vec<_> = page.split("href=\"#").skip(1).collect();
    assert!(targets.len() > 5);
    for target in targets {
        let target = target.split('"').next().unwrap();
        assert!(page.contains(&format!(" id=\"{target}\"")), "{target}");
    }
}

/// `TOOLGATE_PAGE=/tmp/page.html cargo test -p toolgate server::page` writes it to look at.
#[test]
fn the_page_can_be_looked_at() {
    let page = page();
    if let Some(path) = env::var_os("TOOLGATE_PAGE") {
        fs::write(path, &page).unwrap();
    }
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">") && page.ends_with("</html>"));
}

#[test]
fn prompts_and_resources_are_told_with_what_they_need() {
    let argument = rmcp::model::PromptArgument::new("code")
        .with_description("The `code`.")
        .with_required(true);
    let prompt = Prompt::new("review", Some("Reviews <code>."), Some(vec![argument]));
    let resource = rmcp::model::Resource::new("notes://all", "all").with_description("All notes.");
    let template =
        rmcp::model::ResourceTemplate::new("notes://{id}", "note").with_mime_type("text/markdown");
    let resources = [
        ResourceListing::Resource(resource),
        ResourceListing::Template(template),
    ];
    let page = render(&PageFacts {
        name: "notes",
        version: "1",
        resource: "http://127.0.0.1:10000/mcp",
        metadata: "http://127.0.0.1:10000/.well-known/oauth-protected-resource/mcp",
        issuers: Vec::new(),
        development: false,
        open_handshake: false,
        bound_tokens_required: None,
        scopes: vec![ScopeEntry {
            name: "news:read",
            description: None,
        }],
        tools: Vec::new(),
        prompts: vec![PromptEntry {
            listing: &prompt,
            requirement: ASKED[0],
        }],
        resources: resources
            .iter()
            .map(|listing| ResourceEntry {
                listing,
                requirement: ASKED[0],
            })
            .collect(),
    });
    let text = read(&page);
    for part in [
        "1 prompt, 2 resources, behind OAuth",
        "asked for by review, notes://all, notes://{id}",
        "Prompts",
        "review",
        "needs news:read",
        "code required",
        "Resources",
        "notes://{id}",
        "text/markdown",
        "All notes.",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!page.contains("<code>."), "{page}");
    assert!(!page.contains("href=\"#tools\""), "{page}");
    for anchor in ["prompt-1", "resource-1", "resource-2"] {
        assert!(page.contains(&format!("id=\"{anchor}\"")), "{anchor}");
        assert!(page.contains(&format!("href=\"#{anchor}\"")), "{anchor}");
    }
}
