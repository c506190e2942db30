//! Compares the page with a saved rendering. Open `saved_page.html` in a browser to look at it.

use std::{env, fs};

use super::*;

/// Returns a page with every kind of item, access and fact.
fn full_page() -> String {
    let code = rmcp::model::PromptArgument::new("code")
        .with_description("The `code`.")
        .with_required(true);
    let style = rmcp::model::PromptArgument::new("style");
    let mut review = Prompt::new("review", Some("Reviews <code>."), Some(vec![code, style]));
    review.title = Some("Review & fix".to_owned());
    let plain = Prompt::new("plain", None::<String>, None);
    let mut all = rmcp::model::Resource::new("notes://all", "all").with_description("All notes.");
    all.title = Some("Notes".to_owned());
    let one = rmcp::model::ResourceTemplate::new("notes://{id}", "note")
        .with_mime_type("text/markdown")
        .with_description("One note.\n\nBy its `id`.");
    let resources = [
        ResourceListing::Resource(all),
        ResourceListing::Template(one),
    ];
    let mut tools = tools();
    tools[3].annotations = Some(
        ToolAnnotations::new()
            .destructive(false)
            .open_world(false)
            .read_only(false)
            .idempotent(false),
    );
    render(&PageFacts {
        name: "finance news",
        version: "1.2.3",
        resource: "https://mcp.example.com/mcp?a=1&b=2",
        metadata: "https://mcp.example.com/.well-known/oauth-protected-resource/mcp",
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
        tools: tools
            .iter()
            .zip(ASKED)
            .map(|(listing, requirement)| ToolEntry {
                listing,
                requirement,
            })
            .collect(),
        prompts: [(&review, ASKED[0]), (&plain, ASKED[3])]
            .map(|(listing, requirement)| PromptEntry {
                listing,
                requirement,
            })
            .into(),
        resources: resources
            .iter()
            .zip([ASKED[4], ASKED[2]])
            .map(|(listing, requirement)| ResourceEntry {
                listing,
                requirement,
            })
            .collect(),
    })
}

/// `UPDATE_SNAPSHOT=1` saves the page first.
#[test]
fn the_page_is_the_saved_page_to_the_byte() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/server/docs_page/tests/saved_page.html"
    );
    let page = full_page();
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
