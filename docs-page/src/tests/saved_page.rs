//! Compares the page with a saved rendering. Open `saved_page.html` in a browser to look at it.

use std::{env, fs};

use super::*;

/// Returns every kind of item, access and fact.
pub(super) fn full_facts() -> PageFacts<'static> {
    let review = PromptEntry {
        name: "review",
        title: Some("Review & fix"),
        description: Some("Reviews <code>."),
        arguments: vec![
            PromptArgument {
                name: "code",
                description: Some("The `code`."),
                is_required: true,
            },
            PromptArgument {
                name: "style",
                description: None,
                is_required: false,
            },
        ],
        access: scopes(&[&["news:read"]]),
        conditions: Conditions::default(),
    };
    let plain = PromptEntry {
        name: "plain",
        title: None,
        description: None,
        arguments: Vec::new(),
        access: Access::Public,
        conditions: Conditions::default(),
    };
    let all = ResourceEntry {
        uri: "notes://all",
        title: Some("Notes"),
        description: Some("All notes."),
        mime_type: None,
        access: scopes(&[&["news:read"], &["news:admin"]]),
        conditions: Conditions::default(),
    };
    let one = ResourceEntry {
        uri: "notes://{id}",
        title: None,
        description: Some("One note.\n\nBy its `id`."),
        mime_type: Some("text/markdown"),
        access: Access::Authenticated,
        conditions: Conditions::default(),
    };
    let mut tools = tools();
    tools[3].hints = ToolHints {
        read_only: Some(false),
        destructive: Some(false),
        idempotent: Some(false),
        open_world: Some(false),
    };
    PageFacts {
        name: "finance news",
        version: "1.2.3",
        resource: "https://mcp.example.com/mcp?a=1&b=2",
        metadata: "https://mcp.example.com/.well-known/oauth-protected-resource/mcp",
        page: "/docs",
        issuers: vec!["https://as.example.com", "https://other.example.com"],
        development: true,
        login: Login::AtProtectedCall,
        bound_tokens_required: Some(false),
        scopes: vec![
            ScopeEntry {
                name: "news:admin",
                description: None,
            },
            ScopeEntry {
                name: "news:read",
                description: Some("Read news and their sentiment"),
            },
            ScopeEntry {
                name: "unused",
                description: Some("Nothing needs it"),
            },
        ],
        tools: tools.to_vec(),
        prompts: vec![review, plain],
        resources: vec![all, one],
    }
}

/// `UPDATE_SNAPSHOT=1` saves the page first.
#[test]
fn the_page_is_the_saved_page_to_the_byte() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/saved_page.html");
    let page = render(&full_facts());
    if env::var_os("UPDATE_SNAPSHOT").is_some() {
        fs::write(file, &page).unwrap();
    }
    let saved = fs::read_to_string(file).unwrap();
    if page == saved {
        return;
    }
    let (page, saved) = (page.replace('<', "\n<"), saved.replace('<', "\n<"));
    let differs = page.lines().zip(saved.lines()).find(|(a, b)| a != b);
    panic!("rendered and saved differ: {differs:?}\nIf this is meant, run with UPDATE_SNAPSHOT=1.");
}
