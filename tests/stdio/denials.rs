//! What the caller lacks is denied, as it is over HTTP.

use serde_json::{Value, json};
use toolgate_testing::TestServer;

use crate::{
    host::{Era, Host},
    items,
};

/// The error of a denied call, which must have this code and this reason.
fn error(answer: &Value, code: i64, reason: &str) -> Value {
    let error = &answer["error"];
    assert_eq!(error["code"], code, "{answer}");
    assert_eq!(error["data"]["reason"], reason, "{answer}");
    error.clone()
}

#[tokio::test]
async fn a_missing_scope_is_denied_and_the_message_says_who_grants_it() {
    for era in Era::BOTH {
        let mut host = Host::start(era, &["host", "notes:read"]).await;
        assert_eq!(host.text("read", json!({})).await, "a note");
        let denied = host.call("write", json!({})).await;
        let error = error(&denied, -31403, "missing_scope");
        assert_eq!(
            error["message"],
            "write needs the scope notes:write. The author of this program grants it in its code, \
             with LocalCaller::with_scopes."
        );
        assert_eq!(error["data"]["error"], "insufficient_scope");
        assert_eq!(error["data"]["scope"], "notes:read notes:write");
        assert_eq!(error["data"]["remedy"]["action"], "ask_administrator");
        for (method, params) in [
            ("resources/read", json!({"uri": "secrets://1"})),
            ("prompts/get", json!({"name": "sum_up"})),
        ] {
            let denied = host.request(method, params).await;
            self::error(&denied, -31403, "missing_scope");
        }
        let end = host.finish().await;
        let told = end.lines.join("\n");
        for word in [
            "WWW-Authenticate",
            "resource_metadata",
            "Bearer",
            "127.0.0.1",
        ] {
            assert!(!told.contains(word), "{word}: {told}");
        }
    }
}

#[tokio::test]
async fn a_denial_has_the_code_and_the_members_that_it_has_over_http() {
    let server = TestServer::new(items::server());
    let alice = server.as_caller("host").with_scopes(["notes:read"]);
    let mut host = Host::start(Era::Stateless, &["host", "notes:read"]).await;
    for (tool, arguments) in [
        ("write", json!({})),
        ("purge", json!({})),
        ("unlock", json!({})),
        ("open", json!({"number": 1})),
        ("open", json!({"number": 9})),
        ("late", json!({})),
    ] {
        let over_http = alice.call(tool, arguments.clone()).await;
        let over_http = over_http.expect_err("it is denied").body()["error"].clone();
        let here = host.call(tool, arguments).await["error"].clone();
        assert_eq!(here["code"], over_http["code"], "{tool}: {here}");
        let members = |error: &Value| {
            let members = error["data"].as_object().expect("members").clone();
            members
                .into_iter()
                .map(|(name, _)| name)
                .collect::<Vec<_>>()
        };
        assert_eq!(members(&here), members(&over_http), "{tool}: {here}");
        for member in ["error", "scope", "reason"] {
            let (here, there) = (&here["data"][member], &over_http["data"][member]);
            assert_eq!(here, there, "{tool}: {member}");
        }
    }
}

#[tokio::test]
async fn roles_and_logins_are_what_was_stated() {
    let mut host = Host::start(Era::Session, &["host", "notes:read"]).await;
    let denied = host.call("purge", json!({})).await;
    let error = error(&denied, -31403, "missing_role");
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains("purge needs the role editor"), "{message}");
    assert!(message.contains("LocalCaller::with_roles"), "{message}");
    let denied = host.call("unlock", json!({})).await;
    let error = self::error(&denied, -31401, "insufficient_authentication");
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains("LocalCaller::with_acr"), "{message}");

    let caller = ["host", "notes:read", "reader,editor", "mfa"];
    let mut host = Host::start(Era::Session, &caller).await;
    assert_eq!(host.text("purge", json!({})).await, "purged");
    assert_eq!(host.text("unlock", json!({})).await, "unlocked");
}

#[tokio::test]
async fn a_local_caller_is_a_person_only_if_the_program_says_so() {
    for era in Era::BOTH {
        // A sign-in of a local caller is no evidence: a scheduler can start the program.
        let mut host = Host::start(era, &["host", "notes:read", "", "mfa"]).await;
        let denied = host.call("sign", json!({})).await;
        let error = error(&denied, -31403, "no_person");
        let message = error["message"].as_str().expect("a message");
        assert!(message.contains("LocalCaller::with_person"), "{message}");
        let caller = ["host", "notes:read", "", "mfa", "person"];
        let mut host = Host::start(era, &caller).await;
        assert_eq!(host.text("sign", json!({})).await, "signed");
    }
}

#[tokio::test]
async fn a_caller_with_nothing_may_do_what_every_caller_may() {
    for era in Era::BOTH {
        let mut host = Host::start(era, &["host"]).await;
        let said = host.text("whoami", json!({})).await;
        assert_eq!(said, "local host [] expired=false");
        let denied = host.call("read", json!({})).await;
        error(&denied, -31403, "missing_scope");
        assert_eq!(host.names("tools/list", "tools").await, ["whoami"]);
    }
}

#[tokio::test]
async fn authorize_functions_decide_before_and_while_an_item_runs() {
    for era in Era::BOTH {
        let mut host = Host::start(era, &["host", "notes:read"]).await;
        assert_eq!(host.text("open", json!({"number": 2})).await, "note 2");
        let denied = host.call("open", json!({"number": 1})).await;
        let error = error(&denied, -31403, "denied_by_item");
        let message = error["message"].as_str().expect("a message");
        assert!(message.contains("the note is another's"), "{message}");
        for (tool, arguments) in [("open", json!({"number": 9})), ("late", json!({}))] {
            let denied = host.call(tool, arguments).await;
            let error = self::error(&denied, -31403, "missing_scope");
            let message = error["message"].as_str().expect("a message");
            assert!(message.contains("LocalCaller::with_scopes"), "{message}");
        }
    }
}

#[tokio::test]
async fn there_is_no_token_to_exchange() {
    let mut host = Host::start(Era::Session, &["host", "notes:read"]).await;
    let said = host.text("exchange", json!({})).await;
    assert!(
        said.starts_with("Misconfigured: the caller has no token"),
        "{said}"
    );
}
