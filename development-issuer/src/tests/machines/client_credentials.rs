use super::*;

async fn ask(world: &World, machine: &Machine, changes: &[(&str, &str)]) -> TestResponse {
    let form = changed(
        &[
            ("grant_type", "client_credentials"),
            ("client_id", &machine.id),
            ("client_secret", &machine.secret),
            ("resource", RESOURCE),
            ("scope", "todo:read"),
        ],
        changes,
    );
    send(world, "/development/token", None, &form).await
}

#[tokio::test]
async fn a_program_gets_a_token_of_its_own_by_a_secret_in_the_form_or_the_header() {
    let world = World::new();
    let posted = Machine::program(&world, "client_secret_post").await;
    let answer = ask(&world, &posted, &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["scope"], "todo:read");
    // RFC 6749 section 4.4.3.
    assert!(body.get("refresh_token").is_none());
    let claims = world.claims(&answer);
    assert_eq!(claims["aud"], RESOURCE);
    // RFC 9068 section 2.2: the subject is the client.
    assert_eq!(claims["sub"], posted.id);
    assert_eq!(claims["client_id"], posted.id);
    for absent in ["auth_time", "acr", "roles", "act"] {
        assert!(claims.get(absent).is_none(), "{absent}");
    }
    let in_header = Machine::program(&world, "client_secret_basic").await;
    let form = [("grant_type", "client_credentials")];
    let basic = in_header.basic();
    let answer = send(&world, "/development/token", Some(&basic), &form).await;
    // The default scope.
    assert_eq!(world.claims(&answer)["scope"], "todo:read");
    assert!(
        world
            .is_active(answer.json()["access_token"].as_str().unwrap())
            .await
    );
}

#[tokio::test]
async fn wrong_missing_and_doubled_credentials_get_nothing() {
    let world = World::new();
    let machine = Machine::program(&world, "client_secret_post").await;
    let other = Machine::program(&world, "client_secret_basic").await;
    let cut = &machine.secret[1..];
    let of_another_process = Machine::program(&World::new(), "client_secret_post").await;
    let person = world.client(CALLBACK).await;
    for changes in [
        &[("client_secret", "")][..],
        &[("client_secret", "x")],
        &[("client_secret", cut)],
        &[("client_secret", &other.secret)],
        &[("client_secret", &of_another_process.secret)],
        &[("client_id", "")],
        &[("client_id", "machine-")],
        &[("client_id", "machine-e30")],
        &[("client_id", &person)],
        // Registered for the header.
        &[("client_id", &other.id), ("client_secret", &other.secret)],
    ] {
        let answer = ask(&world, &machine, changes).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{changes:?}");
        answer.is_error("invalid_client");
    }
    // RFC 6749 section 2.3.
    let basic = other.basic();
    let doubled = changed(
        &[
            ("grant_type", "client_credentials"),
            ("client_id", &other.id),
        ],
        &[("client_secret", &other.secret)],
    );
    send(&world, "/development/token", Some(&basic), &doubled)
        .await
        .is_error("invalid_request");
    let mixed = [
        ("grant_type", "client_credentials"),
        ("client_id", &machine.id),
    ];
    send(&world, "/development/token", Some(&basic), &mixed)
        .await
        .is_error("invalid_client");
}

#[tokio::test]
async fn a_program_gets_only_what_the_server_has_and_only_for_the_server() {
    let world = World::new();
    let machine = Machine::program(&world, "client_secret_post").await;
    let answer = ask(
        &world,
        &machine,
        &[("scope", "todo:write unknown offline_access")],
    )
    .await;
    assert_eq!(answer.json()["scope"], "todo:write");
    ask(&world, &machine, &[("scope", "unknown")])
        .await
        .is_error("invalid_scope");
    ask(
        &world,
        &machine,
        &[("resource", "https://other.example/mcp")],
    )
    .await
    .is_error("invalid_target");
}

#[tokio::test]
async fn a_web_page_gets_no_token_without_a_person() {
    let world = World::new();
    let machine = Machine::program(&world, "client_secret_post").await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", machine.id.as_str()),
        ("client_secret", machine.secret.as_str()),
    ];
    // `post` sends an `Origin`, as browsers do.
    let answer = world.post("/development/token", &form).await;
    answer.is_error("unauthorized_client");
    let metadata = json!({"grant_types": ["client_credentials"]}).to_string();
    let page = request("POST", "/development/register")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ORIGIN, "https://app.example");
    let answer = world.send(page.body(Body::from(metadata)).unwrap()).await;
    answer.is_error("invalid_client_metadata");
}

#[tokio::test]
async fn a_client_with_credentials_takes_no_part_in_the_flow_of_a_person() {
    let world = World::new();
    let machine = Machine::program(&world, "client_secret_post").await;
    let page = world.authorize(&machine.id, &[]).await;
    page.is_page(StatusCode::BAD_REQUEST, "not known here");
    // The other way round: a client for a person has no credentials.
    let person = world.client(CALLBACK).await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &*person),
    ];
    send(&world, "/development/token", None, &form)
        .await
        .is_error("invalid_client");
    for metadata in [
        json!({
            "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "token_endpoint_auth_method": "client_secret_post",
        }),
        json!({"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_basic"}),
    ] {
        let answer = world.register_as(&metadata).await.json();
        assert_eq!(answer["token_endpoint_auth_method"], "none", "{metadata}");
        assert!(answer.get("client_secret").is_none());
    }
}

#[tokio::test]
async fn a_program_revokes_its_own_token_with_its_credentials_alone() {
    let world = World::new();
    let machine = Machine::program(&world, "client_secret_post").await;
    let answer = ask(&world, &machine, &[]).await.json();
    let token = answer["access_token"].as_str().unwrap();
    let without = [("token", token), ("client_id", &*machine.id)];
    send(&world, "/development/revoke", None, &without)
        .await
        .is_error("invalid_client");
    assert!(world.is_active(token).await);
    let form = [&without[..], &[("client_secret", &*machine.secret)]].concat();
    let revoked = send(&world, "/development/revoke", None, &form).await;
    assert_eq!(revoked.status, StatusCode::OK);
    assert!(!world.is_active(token).await);
}

#[tokio::test]
async fn a_program_that_repeats_a_registration_gets_another_secret() {
    let world = World::new();
    let first = Machine::program(&world, "client_secret_post").await;
    let second = Machine::program(&world, "client_secret_post").await;
    assert_ne!(first.id, second.id);
    assert_ne!(first.secret, second.secret);
    ask(&world, &first, &[("client_secret", &second.secret)])
        .await
        .is_error("invalid_client");
}
