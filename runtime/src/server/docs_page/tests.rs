use std::sync::Arc;

use rmcp::model::{Prompt, Tool, ToolAnnotations};
use serde_json::{Value, json};

use super::*;
use crate::{resource::ResourceListing, scope::Scope};

mod connect;
mod saved_page;

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
    page_with(tools, name, Login::AtConnection)
}

fn page_with(tools: &[Tool], name: &str, login: Login) -> String {
    let tools = tools.iter().zip(ASKED);
    render(&PageFacts {
        name,
        version: "1.2.3",
        resource: "http://127.0.0.1:10000/mcp",
        metadata: "http://127.0.0.1:10000/.well-known/oauth-protected-resource/mcp",
        issuers: vec!["http://127.0.0.1:10000"],
        development: true,
        login,
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

/// Returns the page's text without markup.
fn read(page: &str) -> String {
    let body = page
        .split_once("<body")
        .unwrap()
        .1
        .split_once('>')
        .unwrap()
        .1;
    let body = body.split_once("<script>").unwrap().0;
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
        "get_news_sentiment News sentiment",
        "needs news:read only reads uses other services",
        "needs news:read and news:admin deletes data safe to repeat",
        "needs a login",
        "no login needed",
        "needs news:read or news:admin",
        "Sentiment of recent news about one company.The newest",
        "ticker string required",
        "Ticker symbol, such as AAPL.",
        "limit integer optional",
        "default 3 at least 1 at most 50 ",
        "market one of &quot;stocks&quot;, &quot;crypto&quot;, &quot;forex&quot; optional",
        "Output schema",
        "news:readRead news and their sentiment",
        "needed by get_news_sentiment, clear_cache, watch",
        "Anyone on this computer can sign in as anyone",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
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
    for markup in ["<script>alert", "<img", "onerror=y>\"", "\"'>"] {
        assert!(!page.contains(markup), "{markup}");
    }
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("</style>").count(), 1);
    assert!(page.matches("&lt;script&gt;").count() >= 8);
}

#[test]
fn the_policy_allows_this_style_and_this_script_alone() {
    let policy = content_security_policy();
    let page = page();
    for (element, directive) in [("style", "style-src"), ("script", "script-src")] {
        let (_, rest) = page.split_once(&format!("<{element}>")).unwrap();
        let (text, _) = rest.split_once(&format!("</{element}>")).unwrap();
        let allowed = format!("; {directive} {};", policy_source(text));
        assert!(policy.contains(&allowed), "{policy}");
    }
    assert!(policy.starts_with("default-src 'none'; ") && policy.is_ascii());
    for loaded in [
        " style=",
        "<link",
        " src=",
        "url(",
        "@import",
        "onclick=",
        "innerHTML",
    ] {
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
        login: Login::AtConnection,
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
        "needed by review, notes://all, notes://{id}",
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
    assert!(!page.contains("Reviews <code>"), "{page}");
    assert!(!page.contains("href=\"#tools\""), "{page}");
    for anchor in ["prompt-1", "resource-1", "resource-2"] {
        assert!(page.contains(&format!("id=\"{anchor}\"")), "{anchor}");
        assert!(page.contains(&format!("href=\"#{anchor}\"")), "{anchor}");
    }
}
