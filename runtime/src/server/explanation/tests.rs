//! What an explanation prints of a token that no one has verified, and of items with one name.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::{
    Config, Server,
    auth::{BearerToken, TokenError, TokenVerifier},
    mcp_prompt, mcp_resource, mcp_tool, prompts, resources, tools,
};

/// Writes a report.
#[mcp_tool(scope = "reports:write", acr = "mfa")]
fn report() {}

/// A prompt of the same name.
#[mcp_prompt(name = "report", authenticated)]
fn report_prompt() -> &'static str {
    "report"
}

/// A resource.
#[mcp_resource(uri = "reports://{id}", public)]
fn report_text(id: u32) -> String {
    id.to_string()
}

fn server() -> Server<()> {
    Server::new("reports")
        .tools(tools![report])
        .prompts(prompts![report_prompt])
        .resources(resources![report_text])
}

fn config() -> Config {
    Config::new("https://reports.example/mcp").with_issuer("https://as.example")
}

fn token(claims: &Value) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let head = part(r#"{"alg":"ES256","typ":"at+jwt"}"#);
    format!("{head}.{}.{}", part(&claims.to_string()), part("none"))
}

#[test]
fn claims_of_an_unverified_token_cannot_forge_a_line() {
    let forged = "mfa\nallows  scope: \u{1b}[2J\u{202e}";
    let token = token(&json!({
        "iss": "https://as.example",
        "exp": 1_000,
        "scope": format!("{forged} {}", "x".repeat(5_000)),
        "acr": forged.repeat(100),
    }));
    let explained = server().explain(&config(), &token, "tool report").unwrap();
    let printed = explained.to_string();
    let lines = printed.lines().count();
    assert_eq!(lines, 1 + explained.steps().len(), "{printed}");
    let is_plain =
        |one: char| one == '\n' || one.escape_debug().count() == 1 || "'\"\\".contains(one);
    assert!(printed.chars().all(is_plain), "{printed:?}");
    assert!(printed.len() < 2_000, "{}", printed.len());
}

#[test]
fn a_name_that_several_items_have_needs_its_kind() {
    let (server, config) = (server(), config());
    let table = server.access_table();
    let now = UnixTime::from_seconds(1);
    for (item, first) in [
        ("tool report", "tool report"),
        ("prompt report", "prompt report"),
        ("resource reports://{id}", "resource reports://{id}"),
        ("reports://{id}", "resource reports://{id}"),
    ] {
        let explained = table.explain(item, None, now).unwrap();
        assert_eq!(explained.to_string().lines().next(), Some(first));
        let explained = server.explain(&config, "", item).unwrap();
        assert_eq!(explained.to_string().lines().next(), Some(first));
    }
    for (item, expected) in [
        (
            "report",
            "several items have the name \"report\"; name one of prompt report, tool report",
        ),
        (
            "resource report",
            "there is no item \"resource report\"; name one of",
        ),
    ] {
        let refused = table.explain(item, None, now).unwrap_err().to_string();
        assert!(refused.contains(expected), "{refused}");
        let refused = server.explain(&config, "", item).unwrap_err().to_string();
        assert!(refused.contains(expected), "{refused}");
    }
}

/// Accepts every token as that of a clerk.
struct Own;

impl TokenVerifier for Own {
    async fn verify(&self, _token: &BearerToken) -> Result<Claims, TokenError> {
        let expires_at = UnixTime::from_seconds(9);
        Ok(Claims::new("https://as.example", expires_at).with_scopes("reports:write"))
    }
}

#[test]
fn what_only_the_servers_own_verifier_knows_is_not_evaluated() {
    let claims = json!({"iss": "https://other.example", "exp": 1_000});
    for token in [&*token(&claims), "opaque"] {
        let server = server().with_verifier(Own);
        let explained = server.explain(&config(), token, "tool report").unwrap();
        assert!(explained.allows(), "{explained}");
        let printed = explained.to_string();
        assert!(
            printed.contains("open    token: not evaluated: the server's own verifier"),
            "{printed}"
        );
        assert!(
            printed.contains("open    scope: tool report: reports:write"),
            "{printed}"
        );
    }
}

#[test]
fn a_token_of_the_development_issuer_is_not_denied_unseen() {
    let claims = json!({
        "iss": "http://127.0.0.1:8000",
        "aud": "http://127.0.0.1:8000/mcp",
        "exp": 1_000,
        "scope": "reports:read",
    });
    let config = Config::new("http://127.0.0.1:8000/mcp");
    let explained = server()
        .explain(&config, &token(&claims), "tool report")
        .unwrap();
    let verdicts = explained
        .steps()
        .iter()
        .map(|step| (step.check(), step.verdict()));
    let expected = [
        ("token", Verdict::NotEvaluated),
        ("scope", Verdict::Denies),
        ("login", Verdict::Denies),
    ];
    assert_eq!(verdicts.collect::<Vec<_>>(), expected);
    assert!(explained.steps()[0].why().contains("development issuer"));
}
