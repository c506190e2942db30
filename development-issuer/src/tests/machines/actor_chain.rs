use super::*;

/// Returns the access token of a person for the server.
async fn token(world: &World) -> String {
    let client = world.client(CALLBACK).await;
    let code = world.code(&client, &[]).await;
    let answer = world.exchange(&client, &code, &[]).await;
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

async fn exchange(
    world: &World,
    client: &str,
    token: &str,
    changes: &[(&str, &str)],
) -> TestResponse {
    let form = changed(
        &[
            ("grant_type", TOKEN_EXCHANGE),
            ("client_id", client),
            ("subject_token", token),
            ("subject_token_type", ACCESS_TOKEN),
            ("resource", RESOURCE),
            ("scope", "todo:read"),
        ],
        changes,
    );
    send(world, "/development/token", None, &form).await
}

fn issued(answer: &TestResponse) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_exchange_adds_its_actor_in_front_of_the_earlier_ones() {
    let world = World::new();
    let mut token = token(&world).await;
    for agent in ["planner", "writer", "mailer"] {
        token = issued(&exchange(&world, agent, &token, &[]).await);
    }
    let claims = Value::Object(world.issuer.state.key.open(&token).unwrap());
    assert_eq!(claims["sub"], "developer");
    assert_eq!(claims["client_id"], "mailer");
    assert_eq!(claims["aud"], json!([RESOURCE]));
    let chain = json!({"sub": "mailer", "act": {"sub": "writer", "act": {"sub": "planner"}}});
    assert_eq!(claims["act"], chain);
    // The person still stands behind it.
    assert_eq!(claims["auth_time"], START);
    assert_eq!(claims["roles"], json!(["editor", "auditor"]));
}

#[tokio::test]
async fn a_chain_continues_over_other_servers() {
    let world = World::new();
    let token = token(&world).await;
    let calendar = [("resource", ""), ("audience", "calendar")];
    let first = issued(&exchange(&world, "todo-agent", &token, &calendar).await);
    // Only the server that the token is for may exchange it.
    let ledger = [("resource", ""), ("audience", "ledger")];
    exchange(&world, "someone", &first, &ledger)
        .await
        .is_error("invalid_grant");
    let second = exchange(&world, "calendar", &first, &ledger).await;
    let claims = world.claims(&second);
    assert_eq!(claims["aud"], json!(["ledger"]));
    let chain = json!({"sub": "calendar", "act": {"sub": "todo-agent"}});
    assert_eq!(claims["act"], chain);
    assert!(claims.get("roles").is_none(), "roles of another server");
    // A token of another server never leads back: its scopes are not those of a consent.
    exchange(&world, "calendar", &first, &[])
        .await
        .is_error("invalid_target");
}

#[tokio::test]
async fn an_agent_gets_no_scope_that_the_person_did_not_allow() {
    let world = World::new();
    let token = token(&world).await;
    for scope in ["todo:delete", "todo:read todo:delete"] {
        exchange(&world, "agent", &token, &[("scope", scope)])
            .await
            .is_error("invalid_target");
    }
    let narrowed = issued(&exchange(&world, "agent", &token, &[]).await);
    exchange(&world, "agent", &narrowed, &[("scope", "todo:write")])
        .await
        .is_error("invalid_target");
    for changes in [
        &[("audience", RESOURCE)][..],
        &[("audience", "calendar")],
        &[("resource", ""), ("audience", "todo-server")],
    ] {
        exchange(&world, "agent", &token, changes)
            .await
            .is_error("invalid_target");
    }
}

#[tokio::test]
async fn a_chain_ends_after_eight_actors() {
    let world = World::new();
    let mut token = token(&world).await;
    for number in 0..8 {
        token = issued(&exchange(&world, &format!("a{number}"), &token, &[]).await);
    }
    exchange(&world, "a9", &token, &[])
        .await
        .is_error("invalid_request");
}

#[tokio::test]
async fn only_the_party_that_may_act_gets_a_token_at_every_hop() {
    let world = World::new();
    let with = |may_act: Value| {
        let claims = json!({
            "iss": ORIGIN, "sub": "developer", "aud": RESOURCE, "exp": START + 900,
            "jti": "grant.token", "client_id": "app", "scope": "todo:read", "may_act": may_act,
        });
        world.issuer.state.key.sign(&claims).unwrap()
    };
    let agent = with(json!({"sub": "agent"}));
    let first = issued(&exchange(&world, "agent", &agent, &[]).await);
    // The exchange does not lift the restriction.
    exchange(&world, "other", &first, &[])
        .await
        .is_error("unauthorized_client");
    for may_act in [
        json!({"sub": "other"}),
        json!({"sub": "agent", "iss": "https://as.example"}),
        json!({"sub": ["agent"]}),
        json!({}),
        json!("agent"),
        json!(null),
    ] {
        let answer = exchange(&world, "agent", &with(may_act.clone()), &[]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{may_act}");
        answer.is_error("unauthorized_client");
    }
    let named = with(json!({"sub": "agent", "iss": ORIGIN}));
    issued(&exchange(&world, "agent", &named, &[]).await);
}

#[tokio::test]
async fn a_registered_agent_acts_with_its_credentials_alone() {
    let world = World::new();
    let token = token(&world).await;
    let agent = Machine::program(&world, "client_secret_post").await;
    exchange(&world, &agent.id, &token, &[])
        .await
        .is_error("invalid_client");
    let with_secret = [("client_secret", &*agent.secret)];
    let answer = exchange(&world, &agent.id, &token, &with_secret).await;
    assert_eq!(world.claims(&answer)["act"]["sub"], agent.id);
}

#[tokio::test]
async fn a_token_of_a_program_stays_one_of_a_program() {
    let world = World::new();
    let machine = Machine::program(&world, "client_secret_post").await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &*machine.id),
        ("client_secret", &*machine.secret),
    ];
    let own = issued(&send(&world, "/development/token", None, &form).await);
    let claims = world.claims(&exchange(&world, "agent", &own, &[]).await);
    assert_eq!(claims["sub"], machine.id);
    assert!(claims.get("auth_time").is_none());
}
