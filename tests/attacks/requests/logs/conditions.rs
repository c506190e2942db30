//! The audit lines of a missing role and of a weak login.

use serde_json::json;
use support::{
    MockIssuer,
    client::{Client, Revision},
    guarded_items,
    tool_server::Runs,
};
use toolgate::issuer::Issuer;

use super::Logged;

#[tokio::test]
async fn a_missing_role_and_a_weak_login_lack_no_scope() {
    for (tool, outcome) in [
        ("role", "missing_role"),
        ("person", "no_person"),
        ("acr", "insufficient_user_authentication"),
    ] {
        let issuer = MockIssuer::start().await;
        let server = guarded_items::unverified_server(&Runs::default());
        let trusted = Issuer::new(issuer.url()).with_person_claim("auth_time", "*");
        let logged = Logged::start_server(server, trusted, "toolgate=info").await;
        let token = issuer.token().audience(&logged.resource).scope("desk:read");
        let token = token.roles(["auditor"]).acr("urn:example:pwd").build();
        let client = Client::new(&*logged.resource, Revision::Stateless).with_token(token);
        client.call(tool, json!({})).await;
        let (lines, _) = logged.end();
        let line = lines.iter().find(|line| line.contains("toolgate::audit"));
        let line = line.expect("an audit line");
        for part in [
            &format!("decision=\"{outcome}\""),
            &format!("item=\"{tool}\""),
            "required_scopes=\"desk:read\"",
            "missing_scopes=\"\"",
        ] {
            assert!(line.contains(part), "{part}: {line}");
        }
    }
}
