//! Tests of how to connect and of the login texts.

use super::*;

#[test]
fn the_url_comes_first_and_can_be_selected_without_a_script() {
    let page = page();
    let url = "<input id=\"url\" type=\"text\" readonly value=\"http://127.0.0.1:10000/mcp\">";
    let (before, after) = page.split_once(url).unwrap();
    assert!(before.contains("<label for=\"url\">") && before.contains("<h1>"));
    assert!(!before.contains("<details") && !before.contains("<article"));
    assert!(after.contains("data-copy=\"Claude Code\""));
    assert!(STYLESHEET.contains(".copy code { font-size: .85rem; user-select: all;"));
}

#[test]
fn every_client_has_a_panel_that_names_this_server() {
    let page = page();
    let text = read(&page).replace("&quot;", "\"");
    let json = "\"url\": \"http://127.0.0.1:10000/mcp\"";
    for (client, parts) in [
        (
            "Claude Code",
            &[
                "claude mcp add --transport http finance-news http://127.0.0.1:10000/mcp",
                "claude mcp login finance-news",
            ][..],
        ),
        (
            "Codex",
            &[
                "codex mcp add finance-news --url http://127.0.0.1:10000/mcp",
                "codex mcp login finance-news",
            ],
        ),
        ("Cursor", &[".cursor/mcp.json", "\"mcpServers\"", json]),
        (
            "VS Code",
            &[
                ".vscode/mcp.json",
                "\"servers\"",
                "\"type\": \"http\"",
                json,
            ],
        ),
        (
            "Gemini CLI",
            &[
                "gemini mcp add --transport http finance-news http://127.0.0.1:10000/mcp",
                "/mcp auth finance-news",
            ],
        ),
        (
            "GitHub Copilot CLI",
            &[
                "~/.copilot/mcp-config.json",
                "\"tools\"",
                json,
                "/mcp auth finance-news",
            ],
        ),
        (
            "opencode",
            &[
                "opencode mcp add finance-news --url http://127.0.0.1:10000/mcp",
                "opencode mcp auth finance-news",
            ],
        ),
        (
            "MCP Inspector",
            &[
                "npx @modelcontextprotocol/inspector@2 --transport http --server-url http://127.0.0.1:10000/mcp",
            ],
        ),
        (
            "Other clients",
            &[
                "npx mcp-remote http://127.0.0.1:10000/mcp",
                "must bind its tokens to its own key",
            ],
        ),
        (
            "Without a client",
            &[
                "curl -i http://127.0.0.1:10000/mcp",
                "\"name\":\"get_news_sentiment\"",
            ],
        ),
    ] {
        let summary = format!("<summary>{client}</summary>");
        let (_, panel) = page.split_once(&summary).expect(client);
        let panel = read(&format!(
            "<body>{}<script>",
            panel.split("</details>").next().unwrap()
        ));
        let panel = panel.replace("&quot;", "\"");
        for part in parts {
            assert!(panel.contains(part), "{client}: {part} is not in {panel}");
        }
    }
    assert!(text.contains("To log in: "), "{text}");
    let spaced = read(&page_of(&tools(), "Finance news; rm -rf /"));
    assert!(
        spaced.contains("http Finance-news--rm--rf http://"),
        "{spaced}"
    );
}

/// The page describes the login that the server requires.
#[test]
fn each_kind_of_server_promises_its_own_login() {
    let text = |login| read(&page_with(&tools(), "n", login));
    let (connection, call) = (text(Login::AtConnection), text(Login::AtProtectedCall));
    assert!(connection.contains("leads you through a login when it connects"));
    assert!(call.contains("connects and lists everything without a login"));
    assert!(!call.contains("when it connects") && !connection.contains("without a login"));
}

#[test]
fn a_server_of_public_tools_has_no_401_to_show() {
    let ping = tool("ping", "Answers.", json!({}));
    let page = render(&PageFacts {
        name: "open",
        version: "1",
        resource: "https://mcp.example.com",
        metadata: "https://mcp.example.com/.well-known/oauth-protected-resource",
        page: "/docs",
        issuers: Vec::new(),
        development: false,
        login: Login::Never,
        bound_tokens_required: None,
        scopes: Vec::new(),
        tools: vec![ping],
        prompts: Vec::new(),
        resources: Vec::new(),
    });
    let text = read(&page);
    assert!(
        text.contains("1 tool, open to everybody. Enter this URL"),
        "{text}"
    );
    assert!(text.contains("No login is needed."), "{text}");
    for absent in [
        "401",
        "Scopes",
        "To log in",
        "finds the login",
        "Development",
        "mcp login",
    ] {
        assert!(!text.contains(absent), "{absent}: {text}");
    }
}
