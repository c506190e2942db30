//! Roles: a missing one is a 403 in every execution path, whatever the login.

use serde_json::{Value, json};
use support::{
    client::{Client, Revision},
    guarded_items::{self, use_all},
    running_server::RunningServer,
    tool_server::Runs,
    unsigned_tokens::{self, ISSUER},
};
use toolgate::gate::Visibility;

use crate::handler_gate::names;

async fn start(runs: &Runs, visibility: Visibility) -> RunningServer {
    let server = guarded_items::server(runs).with_visibility(visibility);
    RunningServer::start(server, |config| config.with_issuer(ISSUER)).await
}

async fn client(
    running: &RunningServer,
    revision: Revision,
    scopes: &str,
    roles: &[&str],
) -> Client {
    let token = guarded_items::token(&running.resource(), scopes, roles, None);
    let mut client = Client::new(running.resource(), revision).with_token(token);
    client.open().await;
    client
}

#[tokio::test]
async fn a_missing_role_is_a_403_without_a_challenge_and_names_the_role() {
    let runs = Runs::default();
    let running = start(&runs, Visibility::All).await;
    for revision in Revision::ALL {
        let reader = client(&running, revision, "desk:read", &["auditor"]).await;
        for answer in use_all(&reader, "role").await {
            assert_eq!(answer.status, 403, "{revision:?} {answer:?}");
            assert_eq!(answer.challenge(), None, "{answer:?}");
            let error = &answer.json()["error"];
            assert_eq!(error["code"], -31403, "{answer:?}");
            assert_eq!(error["data"]["error"], "missing_role", "{answer:?}");
            let message = error["message"].as_str().expect("a message");
            assert!(message.contains("the role editor"), "{answer:?}");
        }
        let answer = reader.call("roles", json!({})).await;
        let message = answer.json()["error"]["message"].to_string();
        assert!(message.contains("the roles editor, auditor"), "{answer:?}");
        assert_eq!(runs.all(), [""; 0], "{revision:?}");
    }
}

#[tokio::test]
async fn a_caller_with_the_role_runs_what_it_protects() {
    let runs = Runs::default();
    let running = start(&runs, Visibility::All).await;
    for revision in Revision::ALL {
        for (kind, scopes, roles) in [
            ("role", "desk:read", &["editor"][..]),
            ("roles", "", &["auditor", "editor"]),
            ("any", "desk:write", &["owner"]),
            ("any", "desk:write", &["editor", "auditor"]),
        ] {
            runs.forget();
            let caller = client(&running, revision, scopes, roles).await;
            for answer in use_all(&caller, kind).await {
                assert_eq!(answer.status, 200, "{revision:?} {kind} {answer:?}");
            }
            assert_eq!(runs.all().len(), 4, "{revision:?} {kind}");
        }
    }
}

#[tokio::test]
async fn a_scope_is_demanded_before_a_role() {
    let running = start(&Runs::default(), Visibility::All).await;
    for revision in Revision::ALL {
        let nobody = client(&running, revision, "", &[]).await;
        for answer in use_all(&nobody, "role").await {
            assert_eq!(answer.status, 403, "{answer:?}");
            let challenge = answer.challenge().expect("a challenge");
            assert_eq!(challenge.get("error"), Some("insufficient_scope"));
            // A stranger to the scope does not learn which roles exist.
            assert!(!answer.text.contains("editor"), "{answer:?}");
        }
    }
    let anonymous = Client::new(running.resource(), Revision::Stateless);
    let answer = anonymous.call("role", json!({})).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert!(!answer.text.contains("editor"), "{answer:?}");
}

/// Attack: a claim that a lenient reader would take for a role.
#[tokio::test]
async fn what_is_no_list_of_roles_gives_no_role_and_keeps_the_token_valid() {
    let runs = Runs::default();
    let running = start(&runs, Visibility::All).await;
    for roles in [
        json!({"editor": true}),
        json!([["editor"]]),
        json!(["editor", 7]),
        json!("auditor editor"),
        json!("editor,auditor"),
        json!(["Editor", " editor", "editor\u{0}"]),
        json!(true),
        Value::Null,
    ] {
        let mut claims = unsigned_tokens::claims(&running.resource(), "desk:read");
        claims["roles"] = roles.clone();
        // Another claim is no role, however it is called.
        claims["role"] = json!("editor");
        claims["groups"] = json!(["editor"]);
        let token = unsigned_tokens::token(&claims);
        let client = Client::new(running.resource(), Revision::Stateless).with_token(token);
        let answer = client.call("role", json!({})).await;
        assert_eq!(answer.status, 403, "{roles}: {answer:?}");
        assert_eq!(answer.challenge(), None, "{roles}: {answer:?}");
        let list = client.request("tools/list", json!({})).await;
        assert_eq!(list.status, 200, "{roles}: {list:?}");
    }
    assert_eq!(runs.all(), [""; 0]);
}

/// Attack: the cache of lists must not serve one caller's list to another one.
#[tokio::test]
async fn callers_with_equal_scopes_and_different_roles_see_different_lists() {
    let running = start(&Runs::default(), Visibility::Granted).await;
    let scopes = "desk:read desk:write";
    for revision in Revision::ALL {
        // Twice, so that the second round is answered from the cache, and in both orders.
        for roles in [
            &["editor"][..],
            &["owner"],
            &[],
            &["editor", "auditor"],
            &["owner"],
            &["editor"],
        ] {
            let caller = client(&running, revision, scopes, roles).await;
            let has = |role| roles.contains(&role);
            let both = has("editor") && has("auditor");
            // A login can be made stronger, so `acr` and `age` are shown to everybody.
            let expected: Vec<&str> = [
                ("acr", true),
                ("age", true),
                ("all", has("owner")),
                ("any", has("owner") || both),
                ("role", has("editor")),
                ("roles", both),
            ]
            .into_iter()
            .filter_map(|(kind, is_shown)| is_shown.then_some(kind))
            .collect();
            let slow = expected.iter().map(|kind| format!("slow_{kind}"));
            let tools: Vec<String> = expected
                .iter()
                .map(|kind| (*kind).to_owned())
                .chain(slow)
                .collect();
            let seen = names(&caller, "tools/list", "tools", "name").await;
            assert_eq!(seen, tools, "{revision:?} {roles:?}");
            let seen = names(&caller, "prompts/list", "prompts", "name").await;
            assert_eq!(seen, expected, "{revision:?} {roles:?}");
            let mut seen = names(
                &caller,
                "resources/templates/list",
                "resourceTemplates",
                "uriTemplate",
            )
            .await;
            seen.sort();
            let uris: Vec<String> = expected
                .iter()
                .map(|kind| format!("guarded://{kind}/{{id}}"))
                .collect();
            assert_eq!(seen, uris, "{revision:?} {roles:?}");
        }
    }
}

#[tokio::test]
async fn a_list_that_depends_on_the_caller_is_not_for_shared_caches() {
    let running = start(&Runs::default(), Visibility::Granted).await;
    let caller = client(&running, Revision::Stateless, "desk:read", &["editor"]).await;
    for method in ["tools/list", "prompts/list", "resources/templates/list"] {
        let answer = caller.request(method, json!({})).await;
        assert_eq!(
            answer.json()["result"]["cacheScope"],
            "private",
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn an_item_is_listed_without_its_role_where_all_are_names() {
    let running = start(&Runs::default(), Visibility::All).await;
    let nobody = client(&running, Revision::Stateless, "", &[]).await;
    let seen = names(&nobody, "prompts/list", "prompts", "name").await;
    assert_eq!(
        seen,
        ["acr", "age", "all", "any", "person", "role", "roles"]
    );
}

#[tokio::test]
async fn the_page_shows_what_a_call_requires_beside_scopes() {
    let running = start(&Runs::default(), Visibility::All).await;
    let page = Client::new(running.resource(), Revision::Stateless)
        .get(&running.url("/docs"))
        .await;
    for part in [
        "owner",
        "of a person",
        "urn:example:card",
        "at most 300 seconds ago",
    ] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
}

mod start {
    use toolgate::{
        Config, Server, access, auth::Conditions, gate::HandlerGate, issuer::Issuer, mcp_tool,
        tools,
    };

    /// Needs a role.
    #[mcp_tool(authenticated, role = "editor")]
    fn edit() {}

    /// Auth0 writes roles only where its user tells it to.
    #[tokio::test]
    async fn a_role_that_no_issuer_can_grant_is_an_error_at_start_up() {
        let server = || Server::new("desk").tools(tools![edit]).without_banner();
        let issuer = || Issuer::new("https://acme.eu.auth0.com/");
        let config = |issuer| Config::new("https://api.example/mcp").with_issuer(issuer);
        let error = server()
            .into_router(config(issuer()))
            .expect_err("an error")
            .to_string();
        for part in ["`editor`", "acme.eu.auth0.com", "with_role_claim"] {
            assert!(error.contains(part), "{error}");
        }
        let issuer = issuer().with_role_claim(["https://api.example/roles"]);
        assert!(server().into_router(config(issuer)).is_ok());
    }

    #[test]
    fn conditions_of_a_public_item_are_an_error_at_start_up() {
        const EDITOR: Conditions = Conditions::NONE.with_roles(&[&["editor"]]);
        let gate = HandlerGate::builder("ledger")
            .tool("read", access!(public).with_conditions(EDITOR))
            .without_banner()
            .build_unseen(Config::new("http://127.0.0.1:8000/mcp"));
        let error = gate.err().expect("an error").to_string();
        assert!(error.contains("`read` is public"), "{error}");
    }

    /// The cache of lists has one bit for each role.
    #[test]
    fn more_roles_than_a_list_can_distinguish_are_an_error_at_start_up() {
        let gate = |number: usize| {
            let roles = (0..number).map(|role| &*format!("role {role}").leak());
            let sets: Vec<&'static [&'static str]> =
                roles.map(|role| &*vec![role].leak()).collect();
            let conditions = Conditions::NONE.with_roles(sets.leak());
            HandlerGate::builder("ledger")
                .tool("read", access!(authenticated).with_conditions(conditions))
                .without_banner()
                .build_unseen(Config::new("http://127.0.0.1:8000/mcp"))
        };
        let error = gate(129).err().expect("an error").to_string();
        assert!(error.contains("129 roles"), "{error}");
        assert!(gate(128).is_ok());
    }
}
