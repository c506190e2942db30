//! Configuration, and its effects on a client.
//!
//! If a server starts with the given variables, it sends a challenge that can be parsed, and
//! the challenge leads to the document of this resource. If it does not start, the error
//! contains no secret.

use std::cell::RefCell;

use axum::body::{Body, to_bytes};
use http::{Request, Response};
use tokio::runtime::Runtime;
use toolgate::{Config, Environment, Server, mcp_tool, tools};
use tower::ServiceExt;

use crate::{challenge_parser::Challenge, choices::Choices, json_parser::Node};

const SECRET: &str = "S3CR3T-S3CR3T";

thread_local! {
    static RUNTIME: RefCell<Runtime> = RefCell::new(
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime"),
    );
}

/// Reads.
#[mcp_tool(scope = "desk:read")]
fn read() {}

/// Configures a server with the variables in these bytes.
///
/// # Panics
///
/// If the server starts and publishes something that clients cannot read, or leaks a secret.
pub fn check(bytes: &[u8]) {
    let variables = write(&mut Choices::new(bytes));
    let environment =
        Environment::from_iter(variables.iter().map(|(name, value)| (*name, &**value)));
    assert!(!format!("{environment:?}").contains(SECRET));
    let config = match Config::from_environment(&environment, 8000) {
        Ok(config) => config,
        Err(error) => return hides_secrets(&error, &variables),
    };
    assert!(!format!("{config:?}").contains(SECRET), "{config:?}");
    assert!(
        !config.warnings().iter().any(|note| note.contains(SECRET)),
        "{variables:?}"
    );
    // Outside a runtime, so that nothing is fetched.
    let router = match Server::new("x")
        .tools(tools![read])
        .without_banner()
        .into_router(config)
    {
        Ok(router) => router,
        Err(error) => return hides_secrets(&error, &variables),
    };
    let Some(resource) = resource(&environment) else {
        return;
    };
    let (origin, path) = split(&resource);
    let host = origin.split_once("://").map_or("", |(_, host)| host);
    RUNTIME.with_borrow(|runtime| {
        runtime.block_on(async {
            let ask = |method: &str, path: &str| {
                let request = Request::builder()
                    .method(method)
                    .uri(path)
                    .header("host", host);
                let request = request.body(Body::from("{}"));
                let request = request.unwrap_or_else(|_| panic!("no path: {path} {variables:?}"));
                router.clone().oneshot(request)
            };
            let refused = ask("POST", path)
                .await
                .unwrap_or_else(|never| match never {});
            assert_eq!(refused.status(), 401, "{refused:?} {variables:?}");
            let output = refused.headers()["www-authenticate"].as_bytes();
            let challenge = Challenge::read(output)
                .unwrap_or_else(|failure| panic!("{failure}: {variables:?}"));
            assert_eq!(challenge.scopes(), ["desk:read"]);
            let place = challenge.get("resource_metadata").expect("the way in");
            let place = place
                .strip_prefix(&*origin)
                .unwrap_or_else(|| panic!("{place}: {variables:?}"));
            let document = ask("GET", place)
                .await
                .unwrap_or_else(|never| match never {});
            assert_eq!(document.status(), 200, "{place} {variables:?}");
            judge(document, &resource, &variables).await;
        });
    });
}

async fn judge(response: Response<Body>, resource: &str, variables: &[(&str, String)]) {
    let bytes = to_bytes(response.into_body(), usize::MAX)
        .await
        .expect("a body");
    assert!(
        !String::from_utf8_lossy(&bytes).contains(SECRET),
        "{variables:?}"
    );
    let document = Node::read(&bytes).unwrap_or_else(|| panic!("no JSON: {variables:?}"));
    assert!(document.is_object() && !document.repeats(), "{variables:?}");
    // RFC 9728 §3.3: character for character.
    let named = document.only("resource").and_then(Node::text);
    assert_eq!(named, Some(resource), "{variables:?}");
    let issuers = variables
        .iter()
        .rev()
        .find(|(name, _)| *name == "TOOLGATE_AUTHORIZATION_SERVERS");
    let Some((_, issuers)) = issuers.filter(|(_, list)| !list.trim().is_empty()) else {
        return;
    };
    let Some(Node::Array(served)) = document.only("authorization_servers") else {
        panic!("no issuers: {variables:?}");
    };
    let mut named: Vec<_> = issuers
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    named.dedup();
    for issuer in served.iter().filter_map(Node::text) {
        assert!(named.contains(&issuer), "{issuer}: {variables:?}");
    }
    assert!(!served.is_empty(), "{variables:?}");
}

fn hides_secrets(error: &toolgate::StartError, variables: &[(&str, String)]) {
    let output = format!("{error} {error:?}");
    assert!(!output.contains(SECRET), "{output} {variables:?}");
    assert!(!output.trim().is_empty());
}

/// Returns the resource that toolgate's own variable requests.
fn resource(environment: &Environment) -> Option<String> {
    environment.get("TOOLGATE_RESOURCE").map(str::to_owned)
}

/// Splits a URL into origin and path.
fn split(url: &str) -> (String, &str) {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find('/').map_or(url.len(), |at| start + at);
    let path = match &url[end..] {
        "" => "/",
        path => path,
    };
    (url[..end].to_owned(), path)
}

const RESOURCES: [&str; 24] = [
    "https://mcp.example.com/mcp",
    "http://127.0.0.1:8000/mcp",
    "https://mcp.example.com",
    "https://mcp.example.com/a/b/c",
    "https://mcp.example.com/",
    "https://mcp.example.com/mcp/",
    "http://mcp.example.com/mcp",
    "https://MCP.example.com/mcp",
    "https://mcp.example.com:443/mcp",
    "https://mcp.example.com/a%20b",
    "https://mcp.example.com/a%2fb",
    "https://mcp.example.com/{a}",
    "https://mcp.example.com/*a",
    "https://mcp.example.com/:a",
    "https://mcp.example.com/a?b=c",
    "https://mcp.example.com/a#b",
    "https://u:p@mcp.example.com/",
    "https://[::1]:8000/mcp",
    "https://xn--bcher-kva.example/mcp",
    "https://bücher.example/mcp",
    "mcp.example.com",
    "/mcp",
    "https://mcp.example.com/docs",
    "https://mcp.example.com/.well-known/x",
];

const ISSUERS: [&str; 12] = [
    "https://login.example.com",
    "https://login.example.com/",
    "https://login.example.com/a,https://b.example",
    "https://a.example,https://a.example",
    "http://login.example.com",
    "http://localhost:9/x",
    "https://a.example?x",
    "https://a.example#x",
    "login",
    ",",
    "https://dev-1.eu.auth0.com/",
    "https://a.example\"b",
];

const OTHERS: [(&str, &str); 34] = [
    ("TOOLGATE_BIND", "127.0.0.1:8000"),
    ("TOOLGATE_BIND", "0.0.0.0:8000"),
    ("TOOLGATE_BIND", "8000"),
    ("TOOLGATE_BIND", "[::1]:0"),
    ("TOOLGATE_AUDIENCES", "res_1, x"),
    ("TOOLGATE_AUDIENCES", ","),
    ("TOOLGATE_DOCS_URL", "https://docs.example/"),
    ("TOOLGATE_DOCS_URL", "docs"),
    ("TOOLGATE_DOCS_URL", "javascript:alert(1)"),
    ("TOOLGATE_ALLOWED_ORIGINS", "https://app.example"),
    ("TOOLGATE_ALLOWED_ORIGINS", "*"),
    ("TOOLGATE_ALLOWED_ORIGINS", "https://app.example/x"),
    ("TOOLGATE_BINDD", "x"),
    ("TOOLGATE_DOCS_URL", "http://127.0.0.1:8000/mcp/docs"),
    ("TOOLGATE_DOCS_URL", "http://127.0.0.1:8000/mcp/*docs"),
    ("TOOLGATE_INTROSPECTION_CLIENT_ID", "news"),
    ("TOOLGATE_INTROSPECTION_CLIENT_SECRET", "S3CR3T-S3CR3T"),
    ("TOOLGATE_INTROSPECTION_CLIENT_SECRET", "\"S3CR3T-S3CR3T\""),
    ("TOOLGATE_SESSIONS", "off"),
    ("TOOLGATE_STATE_KEY", "S3CR3T-S3CR3T,x"),
    ("SCALEKIT_RESOURCE_ID", "res_1"),
    ("PORT", "70000"),
    ("PORT", "8080"),
    ("SCALEKIT_ENVIRONMENT_URL", "https://env.scalekit.dev"),
    ("SCALEKIT_CLIENT_ID", "skc_1"),
    ("SCALEKIT_CLIENT_SECRET", "S3CR3T-S3CR3T"),
    (
        "SCALEKIT_AUTHORIZATION_SERVERS",
        "https://env.scalekit.dev/resources/res_1",
    ),
    ("SCALEKIT_AUDIENCE_NAME", "res_1"),
    ("SCALEKIT_RESOUCE_NAME", "news"),
    ("SCALEKIT_RESOUCE_DOCS_URL", "https://d.example"),
    (
        "SCALEKIT_RESOURCE_METADATA_URL",
        "https://mcp.example.com/.well-known/oauth-protected-resource/mcp",
    ),
    (
        "METADATA_JSON_RESPONSE",
        "{\"resource\":\"https://mcp.example.com/mcp\",\"scopes_supported\":[\"x\"],\"resource_name\":\"n\"}",
    ),
    (
        "METADATA_JSON_RESPONSE",
        "{\"resource\":7,\"bearer_methods_supported\":[\"query\"],\"signed_metadata\":\"x\"}",
    ),
    ("METADATA_JSON_RESPONSE", "{"),
];

/// Returns any text except the secret. A fuzzer finds the secret in comparisons, and it is not
/// secret in a variable that errors may show.
fn any(choices: &mut Choices<'_>) -> String {
    String::from_utf8_lossy(choices.few()).replace(SECRET, "x")
}

fn write(choices: &mut Choices<'_>) -> Vec<(&'static str, String)> {
    let resource = match choices.byte() {
        0..128 => choices.one(&RESOURCES).to_owned(),
        128..192 => format!("https://mcp.example.com/{}", any(choices)),
        _ => any(choices),
    };
    let issuers = match choices.byte() {
        0..224 => choices.one(&ISSUERS).to_owned(),
        _ => format!("https://login.example.com/{}", any(choices)),
    };
    let mut variables = vec![
        ("TOOLGATE_RESOURCE", resource),
        ("TOOLGATE_AUTHORIZATION_SERVERS", issuers),
    ];
    for _ in 0..choices.below(5) {
        let (name, value) = choices.one(&OTHERS);
        let value = match choices.deviates() {
            true => any(choices),
            false => value.to_owned(),
        };
        // Only this variable holds the secret; errors may show the values of others.
        match name {
            "SCALEKIT_CLIENT_SECRET" => variables.push((name, SECRET.to_owned())),
            _ => variables.push((name, value)),
        }
    }
    if choices.deviates() {
        variables.remove(choices.below(2));
    }
    variables
}
