use serde_json::{Map, Value, json};

use crate::{stylesheet::policy_source, *};

mod connect;
mod renderings;
mod saved_page;

/// Returns a schema that lives as long as the test program.
fn schema(schema: Value) -> &'static Map<String, Value> {
    Box::leak(Box::new(schema.as_object().unwrap().clone()))
}

fn tool(name: &'static str, description: &'static str, input: Value) -> ToolEntry<'static> {
    ToolEntry {
        name,
        title: None,
        description: Some(description),
        hints: ToolHints::default(),
        input_schema: schema(input),
        output_schema: None,
        access: Access::Public,
        conditions: Conditions::default(),
    }
}

/// Returns the access by alternatives of scopes.
fn scopes(alternatives: &[&[&'static str]]) -> Access<'static> {
    Access::Scopes(alternatives.iter().map(|all| all.to_vec()).collect())
}

fn news() -> ToolEntry<'static> {
    let input = json!({
        "type": "object",
        "required": ["ticker"],
        "additionalProperties": false,
        "properties": {
            "ticker": {"type": "string", "description": "Ticker symbol, such as `AAPL`.", "maxLength": 20},
            "limit": {"type": ["integer", "null"], "description": "How many articles.", "minimum": 1, "maximum": 50, "default": 3},
            "market": {"anyOf": [{"enum": ["stocks", "crypto", "forex"]}, {"type": "null"}]},
        },
    });
    let output = json!({"type": "object", "properties": {"articles": {"type": "array"}}});
    ToolEntry {
        title: Some("News sentiment"),
        hints: ToolHints {
            read_only: Some(true),
            open_world: Some(true),
            ..ToolHints::default()
        },
        output_schema: Some(schema(output)),
        access: scopes(&[&["news:read"]]),
        ..tool(
            "get_news_sentiment",
            "Sentiment of recent news about one company.\n\nThe newest articles come first, each with a score from `-1` to `1`.",
            input,
        )
    }
}

fn tools() -> [ToolEntry<'static>; 5] {
    let none = json!({"type": "object", "properties": {}});
    [
        news(),
        ToolEntry {
            hints: ToolHints {
                destructive: Some(true),
                idempotent: Some(true),
                ..ToolHints::default()
            },
            access: scopes(&[&["news:read", "news:admin"]]),
            ..tool("clear_cache", "Forgets what was fetched.", none.clone())
        },
        ToolEntry {
            access: Access::Authenticated,
            ..tool("who_am_i", "Returns the name of the caller.", none.clone())
        },
        tool("ping", "Answers `pong`.", none),
        ToolEntry {
            access: scopes(&[&["news:read"], &["news:admin"]]),
            ..tool(
                "watch",
                "Watches a ticker.",
                json!({"properties": {"ticker": {"type": "string"}}}),
            )
        },
    ]
}

fn page_of(tools: &[ToolEntry<'_>], name: &str) -> String {
    page_with(tools, name, Login::AtConnection)
}

fn page_with(tools: &[ToolEntry<'_>], name: &str, login: Login) -> String {
    render(&PageFacts {
        name,
        version: "1.2.3",
        resource: "http://127.0.0.1:10000/mcp",
        metadata: "http://127.0.0.1:10000/.well-known/oauth-protected-resource/mcp",
        page: "/docs",
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
        tools: tools.to_vec(),
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
fn every_tool_is_reported_with_what_it_needs_and_takes() {
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
    evil.title = Some(EVIL);
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
        " src=",
        "url(",
        "@import",
        "onclick=",
        "innerHTML",
    ] {
        assert!(!page.contains(loaded), "{loaded}");
    }
    // A browser loads nothing from the links to the other renderings.
    let links: Vec<_> = page.split("<link ").skip(1).collect();
    assert_eq!(links.len(), page.matches("<link").count());
    assert_eq!(links.len(), 2);
    for (link, (kind, name, end)) in links.into_iter().zip([
        ("text/markdown", "Markdown", "md"),
        ("application/json", "JSON", "json"),
    ]) {
        let alternate =
            format!("rel=\"alternate\" type=\"{kind}\" title=\"{name}\" href=\"/docs.{end}\">");
        assert!(link.starts_with(&alternate), "{link}");
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
fn prompts_and_resources_are_reported_with_what_they_need() {
    let access = scopes(&[&["news:read"]]);
    let resource = |uri| ResourceEntry {
        uri,
        title: None,
        description: None,
        mime_type: None,
        access: access.clone(),
        conditions: Conditions::default(),
    };
    let page = render(&PageFacts {
        name: "notes",
        version: "1",
        resource: "http://127.0.0.1:10000/mcp",
        metadata: "http://127.0.0.1:10000/.well-known/oauth-protected-resource/mcp",
        page: "/docs",
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
            name: "review",
            title: None,
            description: Some("Reviews <code>."),
            arguments: vec![PromptArgument {
                name: "code",
                description: Some("The `code`."),
                is_required: true,
            }],
            access: access.clone(),
            conditions: Conditions::default(),
        }],
        resources: vec![
            ResourceEntry {
                description: Some("All notes."),
                ..resource("notes://all")
            },
            ResourceEntry {
                mime_type: Some("text/markdown"),
                ..resource("notes://{id}")
            },
        ],
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
