//! Which check allows or denies a caller an item.

use toolgate::{
    Server, access,
    auth::{AuthorizeError, Explanation, Verdict},
    gate::HandlerGate,
    mcp_tool, tools,
};
use toolgate_testing::{TestIssuer, TestServer};

fn may(_: &toolgate::Caller) -> Result<(), AuthorizeError> {
    Ok(())
}

/// Pays.
#[mcp_tool(
    scope = "desk:write", role = "clerk", acr = "mfa", max_age = 300, authorize = may,
    confirm = "Pay?"
)]
fn pay() {}

/// Answers.
#[mcp_tool(public)]
fn ping() {}

/// Signs.
#[mcp_tool(scope = "desk:write", person, role = "clerk")]
fn sign() {}

fn server() -> TestServer {
    TestServer::new(Server::new("desk").tools(tools![pay, ping, sign]))
}

fn steps(explained: &Explanation) -> Vec<(&'static str, Verdict)> {
    let steps = explained.steps().iter();
    steps.map(|step| (step.check(), step.verdict())).collect()
}

#[tokio::test]
async fn an_explanation_says_of_each_check_what_the_gate_says() {
    use Verdict::{Allows, Denies, NotEvaluated};

    let server = server();
    let now = toolgate::auth::Clock::now(server.clock());
    let alice = server.as_caller("alice");
    let scoped = alice.clone().with_scopes(["desk:write"]);
    let clerk = scoped.clone().with_roles(["clerk"]);
    let recent = clerk.clone().with_acr("mfa").with_auth_time(now);
    for (caller, [scope, role, login]) in [
        (&alice, [Denies, Denies, Denies]),
        (&scoped, [Allows, Denies, Denies]),
        (&clerk, [Allows, Allows, Denies]),
        (&recent, [Allows, Allows, Allows]),
    ] {
        let explained = server.explain(caller, "pay");
        assert_eq!(
            steps(&explained),
            [
                ("token", Allows),
                ("signature", NotEvaluated),
                ("scope", scope),
                ("role", role),
                ("login", login),
                ("authorize", NotEvaluated),
                ("confirm", NotEvaluated),
            ],
            "{explained}"
        );
        assert_eq!(explained.allows(), login == Allows, "{explained}");
        // The gate denies what the explanation denies; the client cannot ask its user.
        let denied = caller.call("pay", serde_json::json!({})).await.unwrap_err();
        let is_asked = denied.reason() == Some(toolgate::auth::DenialReason::NotConfirmed);
        assert_eq!(is_asked, explained.allows(), "{denied}");
    }
    server.clock().advance(std::time::Duration::from_secs(301));
    assert!(!server.explain(&recent, "pay").allows());
}

#[tokio::test]
async fn an_explanation_is_about_the_token_of_its_caller() {
    let server = server();
    let alice = server.as_caller("alice");
    for (caller, why) in [
        (server.anonymous(), "denies  token: it needs a token"),
        (alice.clone().expired(), "denies  token: "),
        (
            alice.clone().with_audience("https://other.test"),
            "denies  token: ",
        ),
        (alice.clone().of_foreign_issuer(), "denies  token: "),
    ] {
        let explained = server.explain(&caller, "tool pay").to_string();
        assert!(explained.contains(why), "{explained}");
    }
    assert!(server.explain(&server.anonymous(), "ping").allows());
    let token = server
        .issuer()
        .token()
        .claim("aud", server.resource().into());
    let explained = server.explain_token(&token.build(), "ping");
    assert!(explained.allows(), "{explained}");
}

#[tokio::test]
async fn a_handler_behind_a_gate_is_explained_by_its_access() {
    let mut access = None;
    let server = TestServer::around(TestIssuer::in_memory(), async |config| {
        let gate = HandlerGate::builder("desk")
            .without_banner()
            .tool("pay", access!(scope = "desk:write", confirm = "Pay?"))
            .build_unseen(config)
            .expect("it starts");
        access = Some(gate.access_table().clone());
        axum::Router::new()
    })
    .await
    .with_access(access.expect("it is set"));
    let alice = server.as_caller("alice");
    assert!(!server.explain(&alice, "pay").allows());
    let alice = alice.with_scopes(["desk:write"]);
    let explained = server.explain(&alice, "pay");
    assert!(explained.allows(), "{explained}");
    let last = explained.steps().last().map(|step| step.check());
    assert_eq!(last, Some("confirm"), "{explained}");
}

#[tokio::test]
#[should_panic(expected = "there is no item")]
async fn an_item_that_does_not_exist_is_not_explained() {
    let server = server();
    let _ = server.explain(&server.anonymous(), "pai");
}

#[tokio::test]
async fn an_item_for_persons_is_explained_and_checked_like_the_gate_decides() {
    let server = server();
    let program = server
        .as_caller("nightly")
        .with_scopes(["desk:write"])
        .with_roles(["clerk"]);
    let explained = server.explain(&program, "sign");
    let person = explained.steps().iter().find(|one| one.check() == "person");
    assert_eq!(person.unwrap().verdict(), Verdict::Denies, "{explained}");
    let denied = program.call("sign", serde_json::json!({})).await;
    let denied = denied.unwrap_err();
    assert_eq!(
        denied.reason(),
        Some(toolgate::auth::DenialReason::NoPerson)
    );
    let person = program.with_person();
    assert!(server.explain(&person, "sign").allows());
    assert!(person.call("sign", serde_json::json!({})).await.is_ok());
    toolgate_testing::assert_access(&server).await;
}
