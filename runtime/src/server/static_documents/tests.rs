//! What the documentation page shows of registered items.

use std::{env, fs};

use super::*;
use crate::{
    Config, Json, error::SetupErrors, mcp_prompt, mcp_resource, mcp_tool, prompts, resources,
    server::catalogue::Sets, tools,
};

/// Reads the news.
///
/// The newest come first.
#[mcp_tool(
    scope = "news:read",
    title = "Read news",
    read_only,
    open_world = false
)]
fn read_news(ticker: String, limit: Option<u8>) -> Json<Vec<String>> {
    Json(vec![format!("{ticker} {limit:?}")])
}

/// Deletes the cache.
#[mcp_tool(any_scope = ["news:admin", "news:read"], destructive, idempotent)]
fn delete_cache() {}

/// Adds an entry.
#[mcp_tool(authenticated, destructive = false, open_world)]
fn add() {}

/// Answers `pong`.
#[mcp_tool(public)]
fn ping() {}

/// Reviews an article.
#[mcp_prompt(scopes = ["news:admin", "news:read"], title = "Review")]
fn review(
    /// The name of the article.
    article: String,
    style: Option<String>,
) -> String {
    format!("{article} {style:?}")
}

/// All articles.
#[mcp_resource(uri = "news://all", public, title = "All", mime_type = "text/markdown")]
fn all() -> String {
    String::new()
}

/// One article.
#[mcp_resource(uri = "news://{id}", scope = "news:read", title = "One")]
fn one(id: String) -> String {
    id
}

fn catalogue() -> Catalogue {
    let mut sets = Sets::<()>::new();
    tools![read_news, delete_cache, add, ping](&mut sets.tools);
    prompts![review](&mut sets.prompts);
    resources![all, one](&mut sets.resources);
    let mut errors = SetupErrors::default();
    let catalogue = sets.finish(&mut errors);
    errors.finish(()).unwrap();
    catalogue
}

fn page(login: Login) -> String {
    let settings = Config::new("http://127.0.0.1:8000/mcp").validate().unwrap();
    let documents = StaticDocuments {
        name: "news",
        version: "1.2.3",
        settings: &settings,
        issuers: &["https://as.example.com".to_owned()],
        is_development: false,
        login,
        scopes: &[("news:admin", None), ("news:read", Some("Read news"))],
        baseline: &["news:read"],
        scope_prefix: "",
    };
    String::from_utf8(documents.documentation(&catalogue()).html.to_vec()).unwrap()
}

/// `UPDATE_SNAPSHOT=1` saves the body first.
#[test]
fn the_page_shows_each_fact_of_the_registered_items_in_its_place() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/server/static_documents/tests/page_body.html"
    );
    let page = page(Login::AtConnection);
    let (_, body) = page.split_once("<body").unwrap();
    let (body, _) = body.split_once("<script>").unwrap();
    let body = format!("<body{body}").replace("><", ">\n<");
    if env::var_os("UPDATE_SNAPSHOT").is_some() {
        fs::write(file, &body).unwrap();
    }
    let saved = fs::read_to_string(file).unwrap();
    let differs = body.lines().zip(saved.lines()).find(|(a, b)| a != b);
    assert_eq!(differs, None, "rendered and saved differ");
    assert_eq!(body.len(), saved.len());
}

#[test]
fn the_page_describes_the_login_of_the_server() {
    for (login, text) in [
        (Login::AtConnection, "through a login when it connects"),
        (Login::AtProtectedCall, "lists everything without a login"),
        (Login::Never, "No login is needed."),
    ] {
        assert!(page(login).contains(text), "{login:?}");
    }
}
