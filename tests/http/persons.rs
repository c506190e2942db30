//! Items for persons: a program gets a 403 in every execution path, with any scopes and roles.

use serde_json::{Value, json};
use support::{
    client::{Client, Revision},
    guarded_items::{self, use_all},
    running_server::RunningServer,
    tool_server::Runs,
    unsigned_tokens::{self, ISSUER, PERSON},
};
use toolgate::{Config, Server, gate::Visibility, issuer::Issuer, mcp_tool, tools};

use crate::handler_gate::names;

async fn start(runs: &Runs, visibility: Visibility) -> RunningServer {
    let server = guarded_items::server(runs).with_visibility(visibility);
    RunningServer::start(server, |config| config.with_issuer(ISSUER)).await
}

/// Opens a client whose token has these claims in addition to the scope.
async fn client(running: &RunningServer, revision: Revision, change: &Value) -> Client {
    let mut claims = unsigned_tokens::claims(&running.resource(), "desk:read");
    let members = claims.as_object_mut().expect("claims");
    members.extend(change.as_object().expect("a change").clone());
    let token = unsigned_tokens::token(&claims);
    let mut client = Client::new(running.resource(), revision).with_token(token);
    client.open().await;
    client
}

#[tokio::test]
async fn a_program_is_a_403_without_a_challenge_that_says_why() {
    let runs = Runs::default();
    let running = start(&runs, Visibility::All).await;
    for revision in Revision::ALL {
        for program in [
            json!({}),
            json!({"auth_time": 1, "acr": "mfa", "roles": ["owner"], "idtyp": "user"}),
            json!({"act": {"sub": "agent"}}),
            // RFC 9700 section 4.15: a client that is named like a user.
            json!({"client_id": "alice", PERSON: true}),
            json!({"sub": "test-client", PERSON: true}),
        ] {
            let program = client(&running, revision, &program).await;
            for answer in use_all(&program, "person").await {
                assert_eq!(answer.status, 403, "{revision:?} {answer:?}");
                assert_eq!(answer.challenge(), None, "{answer:?}");
                let error = &answer.json()["error"];
                assert_eq!(error["code"], -31403, "{answer:?}");
                assert_eq!(error["data"]["reason"], "no_person", "{answer:?}");
                assert_eq!(error["data"]["remedy"]["action"], "none", "{answer:?}");
                let message = error["message"].as_str().expect("a message");
                assert!(message.contains("needs a person"), "{answer:?}");
            }
        }
    }
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_person_runs_it_also_through_a_chain_of_agents() {
    let runs = Runs::default();
    let running = start(&runs, Visibility::All).await;
    let through = json!({PERSON: true, "act": {"sub": "writer", "act": {"sub": "planner"}}});
    for revision in Revision::ALL {
        for person in [&json!({PERSON: true}), &through] {
            runs.forget();
            let person = client(&running, revision, person).await;
            for answer in use_all(&person, "person").await {
                assert_eq!(answer.status, 200, "{revision:?} {answer:?}");
            }
            assert_eq!(runs.all().len(), 4, "{revision:?}");
        }
    }
}

#[tokio::test]
async fn a_stranger_is_asked_for_a_token_and_a_scope_first() {
    let running = start(&Runs::default(), Visibility::All).await;
    let anonymous = Client::new(running.resource(), Revision::Stateless);
    let answer = anonymous.call("person", json!({})).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    let without = json!({"scope": ""});
    let program = client(&running, Revision::Stateless, &without).await;
    for answer in use_all(&program, "person").await {
        let challenge = answer.challenge().expect("a challenge");
        assert_eq!(challenge.get("error"), Some("insufficient_scope"));
    }
}

/// Attack: the list of a person is cached, and a program with the same scopes gets it.
#[tokio::test]
async fn a_program_never_sees_the_list_of_a_person() {
    let running = start(&Runs::default(), Visibility::Granted).await;
    for revision in Revision::ALL {
        let person = client(&running, revision, &json!({PERSON: true})).await;
        let program = client(&running, revision, &json!({})).await;
        for _ in 0..2 {
            let shown = names(&person, "tools/list", "tools", "name").await;
            assert!(shown.contains(&"person".to_owned()), "{shown:?}");
            let shown = names(&program, "tools/list", "tools", "name").await;
            assert!(!shown.contains(&"person".to_owned()), "{shown:?}");
        }
    }
}

/// Signs.
#[mcp_tool(authenticated, person)]
fn sign() {}

#[tokio::test]
async fn a_person_that_no_token_can_show_is_an_error_at_start_up() {
    let server = || Server::new("desk").tools(tools![sign]).without_banner();
    let started = |issuer| {
        let config = Config::new("https://api.example/mcp").with_issuer(issuer);
        server().into_router(config)
    };
    let error = started(Issuer::new("https://as.example")).expect_err("an error");
    let error = error.to_string();
    for part in ["`sign`", "https://as.example", "with_person_claim"] {
        assert!(error.contains(part), "{error}");
    }
    // A sign of programs alone shows no person.
    let programs = Issuer::new("https://as.example").with_machine_claim("kind", "service");
    assert!(started(programs).is_err());
    let named = Issuer::new("https://as.example").with_person_claim("auth_time", "*");
    assert!(started(named).is_ok());
    assert!(started(Issuer::new("https://acme.eu.auth0.com/")).is_ok());
}
