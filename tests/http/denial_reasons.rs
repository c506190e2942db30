//! The stable code of each refusal, and what would help.

use serde_json::{Value, json};
use support::{
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    unsigned_tokens::{self, ISSUER, UnsignedVerifier},
};
use toolgate::{
    Server,
    auth::{DenialReason, Remedy},
    mcp_tool, tools,
};

use crate::{client, start_protected_server, start_tool_server};

/// Edits.
#[mcp_tool(scope = "desk:read", roles = ["desk-editor", "desk-auditor"])]
fn edit() {}

/// Signs.
#[mcp_tool(scope = "desk:read", acr = ["urn:test:mfa", "urn:test:otp"], max_age = 300)]
fn sign() {}

/// Signs with any login of the last minutes.
#[mcp_tool(scope = "desk:read", max_age = 300)]
fn sign_soon() {}

/// Returns the members of an error, in either form of the body.
pub(crate) fn members(answer: &HttpResponse) -> Value {
    let body = answer.json();
    match body.get("jsonrpc") {
        Some(_) => body["error"]["data"].clone(),
        None => body,
    }
}

/// Checks that a refusal has this code, with the code's status.
#[track_caller]
fn expect(answer: &HttpResponse, reason: DenialReason) {
    let members = members(answer);
    assert_eq!(members["reason"], reason.code(), "{answer:?}");
    assert_eq!(answer.status, reason.status(), "{answer:?}");
    let action = members["remedy"]["action"].as_str().unwrap_or_default();
    assert_eq!(Remedy::from_action(action), Some(reason.remedy()));
    // A client that reads only the challenge and one that reads only the body do the same.
    let begins_a_login = matches!(
        reason.remedy(),
        Remedy::Authorize | Remedy::AuthenticateAgain
    );
    if begins_a_login {
        let challenge = answer.challenge().expect("a challenge");
        let scope = challenge.get("scope").unwrap_or_default();
        let scopes: Vec<_> = scope.split_whitespace().collect();
        assert_eq!(members["remedy"]["scopes"], json!(scopes), "{answer:?}");
    } else if reason.status() == 403 {
        assert_eq!(answer.challenge(), None, "{answer:?}");
    }
    let retry_after = answer.header("retry-after").map(|text| text.parse().ok());
    let expected = retry_after.map_or(Value::Null, |seconds: Option<u64>| json!(seconds));
    assert_eq!(members["remedy"]["retry_after"], expected, "{answer:?}");
}

#[tokio::test]
async fn every_refused_token_has_a_code_and_what_would_help() {
    let (running, runs) = start_tool_server().await;
    let resource = running.resource();
    let with = |change: Value| {
        let mut claims = unsigned_tokens::claims(&resource, "desk:read");
        let change = change.as_object().expect("an object").clone();
        let all = claims.as_object_mut().expect("an object");
        all.extend(change);
        // A change to `null` removes the claim.
        all.retain(|_, value| !value.is_null());
        unsigned_tokens::token(&claims)
    };
    for (token, reason) in [
        ("no-token-at-all".to_owned(), DenialReason::InvalidToken),
        (with(json!({"exp": 1})), DenialReason::ExpiredToken),
        (
            with(json!({"nbf": 3_999_999_999_u64})),
            DenialReason::EarlyToken,
        ),
        (
            with(json!({"aud": "https://other.example/mcp"})),
            DenialReason::WrongAudience,
        ),
        (with(json!({"aud": []})), DenialReason::WrongAudience),
        (
            with(json!({"iss": "https://evil.example"})),
            DenialReason::UntrustedIssuer,
        ),
        (
            with(json!({"sub": null, "client_id": null})),
            DenialReason::NoIdentity,
        ),
        (
            with(json!({"cnf": {"x5t#S256": "x"}})),
            DenialReason::WrongBinding,
        ),
        (
            unsigned_tokens::UNAVAILABLE.to_owned(),
            DenialReason::VerificationUnavailable,
        ),
    ] {
        for revision in Revision::ALL {
            let client = Client::new(&resource, revision).with_token(&token);
            expect(&client.call("read", json!({})).await, reason);
            // OAuth's form: a request without an id to answer.
            let bare = HttpResponse::of(client.plain(reqwest::Method::DELETE)).await;
            expect(&bare, reason);
        }
    }
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_missing_token_a_missing_scope_and_a_foreign_page_have_a_code() {
    let (running, runs) = start_protected_server().await;
    for revision in Revision::ALL {
        let anonymous = Client::new(running.resource(), revision);
        let answer = anonymous.call("write", json!({})).await;
        expect(&answer, DenialReason::NoToken);
        let reader = client(&running, revision, "desk:read").await;
        let answer = reader.call("write", json!({})).await;
        expect(&answer, DenialReason::MissingScope);
        let message = reader.message("tools/call", json!({"name": "read", "arguments": {}}));
        for (header, reason) in [
            ("host", DenialReason::ForeignHost),
            ("origin", DenialReason::ForeignOrigin),
        ] {
            let request = reader.post(&message).header(header, "https://evil.example");
            let answer = HttpResponse::of(request.body(message.to_string())).await;
            expect(&answer, reason);
        }
    }
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn the_message_says_what_is_missing_and_what_would_help() {
    let (running, _) = start_protected_server().await;
    for revision in Revision::ALL {
        let reader = client(&running, revision, "desk:read").await;
        let anonymous = Client::new(running.resource(), revision);
        let expired = anonymous.clone().with_token("a.b.c");
        for (client, expected) in [
            (
                &reader,
                "write needs the scope desk:write. Authorize this client again to continue.",
            ),
            (
                &anonymous,
                "write needs an access token with the scope desk:write. Authorize this client to \
                 continue.",
            ),
            (
                &expired,
                "the access token is not valid; write needs the scope desk:write. Authorize this \
                 client again to continue.",
            ),
        ] {
            let answer = client.call("write", json!({})).await.json();
            assert_eq!(answer["error"]["message"], expected, "{revision:?}");
        }
    }
}

#[tokio::test]
async fn what_is_no_denial_has_no_code() {
    let (running, _) = start_tool_server().await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    let message = client.message("tools/call", json!({"name": "read"}));
    for answer in [
        HttpResponse::of(client.plain(reqwest::Method::PUT)).await,
        HttpResponse::of(client.post(&message).body("{")).await,
        client
            .with_session("unknown")
            .request("made/up", json!({}))
            .await,
    ] {
        assert!(answer.status >= 400, "{answer:?}");
        assert_eq!(members(&answer)["reason"], Value::Null, "{answer:?}");
    }
}

#[tokio::test]
async fn a_missing_role_and_a_weak_login_name_what_would_help_to_a_known_caller_alone() {
    let server = Server::new("desk")
        .tools(tools![edit, sign, sign_soon])
        .with_verifier(UnsignedVerifier)
        .without_banner();
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    for revision in Revision::ALL {
        let reader = client(&running, revision, "desk:read").await;
        let answer = reader.call("edit", json!({})).await;
        expect(&answer, DenialReason::MissingRole);
        let roles = json!(["desk-editor", "desk-auditor"]);
        assert_eq!(members(&answer)["remedy"]["roles"], roles, "{answer:?}");
        let message = answer.json()["error"]["message"].clone();
        let expected = "edit needs the roles desk-editor, desk-auditor. Only an administrator can \
                        change this.";
        assert_eq!(message, expected, "{answer:?}");
        for (tool, acr) in [
            ("sign", json!(["urn:test:mfa", "urn:test:otp"])),
            ("sign_soon", Value::Null),
        ] {
            let answer = reader.call(tool, json!({})).await;
            expect(&answer, DenialReason::InsufficientAuthentication);
            let remedy = &members(&answer)["remedy"];
            assert_eq!(remedy["acr_values"], acr, "{answer:?}");
            assert_eq!(remedy["max_age"], 300, "{answer:?}");
        }
        // Nobody learns the roles of a server without a valid token.
        let anonymous = Client::new(running.resource(), revision);
        for stranger in [anonymous.clone(), anonymous.with_token("a.b.c")] {
            let answer = stranger.call("edit", json!({})).await;
            assert_eq!(answer.status, 401, "{answer:?}");
            assert!(!answer.text.contains("desk-"), "{answer:?}");
        }
    }
}
