//! The settings that the guide shows: a server accepts them.

use std::{collections::BTreeSet, fs};

use toolgate::{Config, Environment, Server, mcp_tool, tools};

use crate::page::{Page, root};

/// Answers.
#[mcp_tool(scope = "pages:read")]
fn read() -> &'static str {
    "a page"
}

/// Returns the metadata of a server with these settings.
fn metadata(settings: &[(String, String)]) -> String {
    let environment: Environment = settings.iter().cloned().collect();
    let config = Config::from_environment(&environment, 8000);
    let metadata =
        config.and_then(|config| Server::new("pages").tools(tools![read]).metadata(config));
    let metadata = metadata.unwrap_or_else(|error| panic!("{settings:?}: {error}"));
    metadata.split_whitespace().collect()
}

/// Returns the settings of a text, one per line: what is before each, and between name and value.
fn pairs(text: &str, before: &str, between: &str) -> Vec<(String, String)> {
    let pair = |line: &str| {
        let line = line.trim().trim_end_matches('\\').trim_end();
        let (name, value) = line.strip_prefix(before)?.split_once(between)?;
        let is_name = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
        let is_ours = name.contains('_') && name.bytes().all(is_name);
        is_ours.then(|| (name.to_owned(), value.trim_matches('"').to_owned()))
    };
    text.lines().filter_map(pair).collect()
}

#[test]
fn the_settings_of_each_page_start_a_server_that_names_its_issuer() {
    let mut pages = BTreeSet::new();
    for page in Page::all() {
        for block in page.blocks().iter().filter(|block| block.language == "env") {
            let settings = pairs(block.text, "", "=");
            assert!(settings.len() > 2, "{}: {settings:?}", page.name);
            let metadata = metadata(&settings);
            assert!(
                metadata.contains("https://mcp.example.com/mcp"),
                "{metadata}"
            );
            let names_issuer = settings.iter().any(|(_, value)| {
                metadata.contains(&format!("\"authorization_servers\":[\"{value}"))
            });
            assert!(names_issuer, "{}: {metadata}", page.name);
            pages.insert(page.name.clone());
        }
    }
    let providers = Page::all()
        .into_iter()
        .filter(|page| page.name.starts_with("providers/"));
    for provider in providers {
        assert!(
            pages.contains(&provider.name),
            "{} shows no settings",
            provider.name
        );
    }
}

#[test]
fn the_page_of_settings_has_every_variable() {
    let environment: Environment = [("TOOLGATE_QUUX", "1")].into_iter().collect();
    let config = Config::from_environment(&environment, 8000).expect("a warning is no error");
    let warning = config.warnings().join("\n");
    let (_, known) = warning
        .split_once("the known variables are ")
        .expect("it lists them");
    let known: Vec<_> = known.split(", ").collect();
    assert!(known.len() > 15, "{known:?}");
    let page = Page::read("configuration.md");
    for variable in known {
        assert!(page.text.contains(&format!("`{variable}`")), "{variable}");
    }
}

#[test]
fn the_settings_of_the_files_for_deployment_are_valid() {
    for (file, before, between) in [
        ("toolgate.service", "Environment=", "="),
        ("kubernetes.yaml", "", ": "),
        ("Dockerfile", "", "="),
    ] {
        let text = fs::read_to_string(root().join("docs/deploy").join(file)).expect(file);
        let text = text.replace("ENV ", "");
        let mut settings = pairs(&text, before, between);
        let count = settings.len();
        // The files with secrets do not exist here, and one variable is the example's own.
        settings.retain(|(name, _)| name.starts_with("TOOLGATE_") && !name.ends_with("_FILE"));
        assert!(
            settings.len() > 2 && count < settings.len() + 3,
            "{file}: {settings:?}"
        );
        for (name, value) in [
            ("TOOLGATE_RESOURCE", "https://mcp.example.com/mcp"),
            (
                "TOOLGATE_AUTHORIZATION_SERVERS",
                "https://login.example.com",
            ),
        ] {
            if settings.iter().all(|(set, _)| set != name) {
                settings.push((name.to_owned(), value.to_owned()));
            }
        }
        metadata(&settings);
    }
}
