//! The audit lines of refusals, and of calls of tools that do not exist.

use serde_json::json;
use support::{
    MockIssuer, SigningKey, TokenBuilder,
    client::{Client, HttpResponse, Revision},
    tool_server::{self, Runs},
};
use toolgate::{Server, ToolError, auth::AuthorizeError, issuer::Issuer, mcp_tool, tools};

use super::Logged;

/// Calls a tool with a token, and returns the audit lines of the call and the lines about the
/// token.
async fn lines(tool: &str, token: impl FnOnce(&MockIssuer, &str) -> Option<String>) -> String {
    let issuer = MockIssuer::start().await;
    let server = tool_server::unverified_server(&Runs::default());
    let logged = Logged::start_server(server, Issuer::new(issuer.url()), "toolgate=info").await;
    let mut client = Client::new(&*logged.resource, Revision::Stateless);
    if let Some(token) = token(&issuer, &logged.resource) {
        client = client.with_token(token);
    }
    client.call(tool, json!({})).await;
    let (lines, _) = logged.end();
    let told = lines
        .iter()
        .filter(|line| line.contains("toolgate::audit") || line.contains("access token refused"));
    told.cloned().collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_log_names_the_url_of_a_proof_for_another_server_and_the_expected_one() {
    let issuer = MockIssuer::start().await;
    let server = tool_server::unverified_server(&Runs::default());
    let logged = Logged::start_server(server, Issuer::new(issuer.url()), "toolgate=info").await;
    let key = SigningKey::p256("client");
    let token = issuer.token().audience(&logged.resource).bound_to(&key);
    let token = token.build();
    let proof = TokenBuilder::proof(&key, "POST", "https://other.example/mcp").about(&token);
    let client = Client::new(&*logged.resource, Revision::Stateless);
    let message = client.message("tools/call", json!({"name": "read", "arguments": {}}));
    let request = client
        .post(&message)
        .header("authorization", format!("DPoP {token}"))
        .header("dpop", proof.build());
    let answer = HttpResponse::of(request.body(message.to_string())).await;
    assert_eq!(answer.status, 401);
    assert!(!answer.text.contains("other.example"), "{answer:?}");
    let expected = format!("expected=\"{}\"", logged.resource);
    let (lines, _) = logged.end();
    let told = lines
        .iter()
        .find(|line| line.contains("htu="))
        .expect("a line");
    for part in [
        "\"https://other.example/mcp\"",
        &expected,
        "TOOLGATE_RESOURCE",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[tokio::test]
async fn an_unknown_tool_is_not_admitted() {
    let told = lines("nothing", |issuer, resource| {
        let token = issuer.token().audience(resource).scope("desk:read");
        Some(token.build())
    })
    .await;
    assert!(told.contains("decision=\"not_found\""), "{told}");
    assert!(!told.contains("admitted"), "{told}");
}

#[tokio::test]
async fn needed_is_what_the_tool_needs_and_not_the_union_of_the_challenge() {
    let token = |issuer: &MockIssuer, resource: &str| {
        Some(issuer.token().audience(resource).scope("desk:read").build())
    };
    let told = lines("write", token).await;
    assert!(told.contains("decision=\"insufficient_scope\""), "{told}");
    assert!(told.contains("required_scopes=\"desk:write\""), "{told}");
    assert!(told.contains("missing_scopes=\"desk:write\""), "{told}");
    assert!(told.contains("reason_code=\"missing_scope\""), "{told}");
    let told = lines("write", |_, _| None).await;
    assert!(told.contains("decision=\"no_token\""), "{told}");
    assert!(told.contains("reason_code=\"no_token\""), "{told}");
    assert!(told.contains("required_scopes=\"desk:write\""), "{told}");
}

#[tokio::test]
async fn the_line_of_a_refused_token_names_its_issuer_its_subject_and_the_reason() {
    for (audience, reason, shown) in [
        (
            json!("https://other.example"),
            "the token is meant for another audience",
            "aud [\\\"https://other.example\\\"]",
        ),
        (json!([]), "the token names no audience", "aud []"),
    ] {
        let told = lines("read", |issuer, _| {
            Some(issuer.token().claim("aud", audience).build())
        })
        .await;
        let (refused, audit) = told.split_once('\n').expect("two lines");
        assert!(refused.contains(shown), "{told}");
        assert!(
            refused.contains("accepted is [\\\"http://127.0.0.1:"),
            "{told}"
        );
        assert!(refused.contains("TOOLGATE_AUDIENCES"), "{told}");
        assert!(audit.contains("decision=\"invalid_token\""), "{told}");
        assert!(audit.contains("reason_code=\"wrong_audience\""), "{told}");
        assert!(audit.contains("issuer=\"http://"), "{told}");
        assert!(!audit.contains("subject=\"\""), "{told}");
        assert!(audit.contains(&format!("description=\"{reason}")), "{told}");
        // Another server's name is for the log alone.
        assert!(!audit.contains("other.example"), "{told}");
    }
}

/// Opens a file that another person has.
#[mcp_tool(scope = "desk:read")]
fn open_late() -> Result<String, ToolError> {
    Err(AuthorizeError::denied("the file is another's").with_code("not_owner"))?
}

#[tokio::test]
async fn a_late_denial_has_a_second_line_with_the_same_subject() {
    let issuer = MockIssuer::start().await;
    let server = Server::new("desk").tools(tools![open_late]);
    let logged = Logged::start_server(server, Issuer::new(issuer.url()), "toolgate=info").await;
    let token = issuer.token().audience(&logged.resource).scope("desk:read");
    let token = token.build();
    for revision in Revision::ALL {
        let mut client = Client::new(&*logged.resource, revision).with_token(&token);
        client.open().await;
        client.call("open_late", json!({})).await;
    }
    let (lines, _) = logged.end();
    let told: Vec<_> = lines
        .iter()
        .filter(|line| line.contains("toolgate::audit") && line.contains("open_late"))
        .collect();
    let subject = |line: &str| {
        let (_, rest) = line.split_once("issuer=")?;
        let end = rest.find(" reason").unwrap_or(rest.len());
        Some(rest[..end].trim_end().to_owned())
    };
    assert_eq!(told.len(), 2 * Revision::ALL.len(), "{told:#?}");
    for pair in told.chunks(2) {
        assert!(pair[0].contains("decision=\"admitted\""), "{pair:#?}");
        for part in [
            "decision=\"access_denied\"",
            "reason_code=\"denied_by_item\"",
            "detail=\"not_owner\"",
            "late=true",
        ] {
            assert!(pair[1].contains(part), "{part}: {pair:#?}");
        }
        assert_eq!(subject(pair[0]), subject(pair[1]), "{pair:#?}");
        assert!(subject(pair[0]).is_some(), "{pair:#?}");
    }
}
