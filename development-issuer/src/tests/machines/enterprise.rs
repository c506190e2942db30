use super::*;

mod sign_in;

const IDP: &str = "http://127.0.0.1:10000/development/idp";
const ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";

/// An application that the enterprise manages.
async fn application(world: &World) -> Machine {
    let metadata = json!({
        "client_name": "desk",
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", TOKEN_EXCHANGE, JWT_BEARER],
        "token_endpoint_auth_method": "client_secret_post",
    });
    Machine::register(world, metadata).await
}

async fn ask(
    world: &World,
    path: &str,
    application: &Machine,
    form: &[(&str, &str)],
    changes: &[(&str, &str)],
) -> TestResponse {
    let own = [
        ("client_id", application.id.as_str()),
        ("client_secret", application.secret.as_str()),
    ];
    let form = changed(&[&own, form].concat(), changes);
    send(world, path, None, &form).await
}

fn sign_in_url(application: &Machine, changes: &[(&str, &str)]) -> String {
    let parameters = changed(
        &[
            ("response_type", "code"),
            ("client_id", &application.id),
            ("redirect_uri", CALLBACK),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("scope", "openid"),
            ("nonce", "n1"),
            ("state", "s"),
        ],
        changes,
    );
    format!("/development/idp/authorize?{}", query(&parameters))
}

async fn redeem(world: &World, application: &Machine, code: &str) -> TestResponse {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("code_verifier", VERIFIER),
        ("redirect_uri", CALLBACK),
    ];
    ask(world, "/development/idp/token", application, &form, &[]).await
}

/// Signs the person in once, and returns the ID token.
async fn id_token(world: &World, application: &Machine) -> String {
    let page = world.get(&sign_in_url(application, &[])).await;
    let answer = world
        .post("/development/idp/decision", &fields(&page, "allow"))
        .await;
    let back = answer.redirected();
    assert_eq!((back["iss"].as_str(), back["state"].as_str()), (IDP, "s"));
    let answer = redeem(world, application, &back["code"]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()["id_token"].as_str().unwrap().to_owned()
}

async fn exchange(
    world: &World,
    application: &Machine,
    id_token: &str,
    changes: &[(&str, &str)],
) -> TestResponse {
    let form = [
        ("grant_type", TOKEN_EXCHANGE),
        ("requested_token_type", ID_JAG),
        ("subject_token_type", ID_TOKEN),
        ("subject_token", id_token),
        ("audience", ORIGIN),
        ("resource", RESOURCE),
        ("scope", "todo:read"),
    ];
    let path = "/development/idp/token";
    ask(world, path, application, &form, changes).await
}

async fn present(world: &World, application: &Machine, id_jag: &str) -> TestResponse {
    let form = [("grant_type", JWT_BEARER), ("assertion", id_jag)];
    ask(world, "/development/token", application, &form, &[]).await
}

/// The claims of a good ID-JAG with these changes; `null` removes a claim.
fn claims(application: &Machine, changes: Value) -> Value {
    let mut claims = json!({
        "iss": IDP, "sub": "alice", "aud": ORIGIN, "resource": RESOURCE,
        "client_id": application.id, "jti": "one", "iat": START, "exp": START + 60,
        "scope": "todo:read", "auth_time": START, "acr": "a",
    });
    let members = claims.as_object_mut().unwrap();
    members.extend(changes.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    claims
}

fn signed(world: &World, typ: &str, claims: &Value) -> String {
    let provider = &world.issuer.state.identity_provider;
    provider.key.sign_as(typ, claims).unwrap()
}

#[tokio::test]
async fn one_sign_in_gives_tokens_without_a_further_page() {
    let world = World::new();
    let application = application(&world).await;
    let id_token = id_token(&world, &application).await;
    for scope in ["todo:read", "todo:read todo:write"] {
        let answer = exchange(&world, &application, &id_token, &[("scope", scope)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let body = answer.json();
        assert_eq!(body["issued_token_type"], ID_JAG);
        assert_eq!(body["token_type"], "N_A");
        assert_eq!(body["scope"], scope);
        let id_jag = body["access_token"].as_str().unwrap();
        let header = jsonwebtoken::decode_header(id_jag).unwrap();
        assert_eq!(header.typ.as_deref(), Some("oauth-id-jag+jwt"));
        let answer = present(&world, &application, id_jag).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let body = answer.json();
        assert_eq!(body["scope"], scope);
        assert!(body.get("refresh_token").is_none());
        let claims = world.claims(&answer);
        assert_eq!(claims["iss"], ORIGIN);
        assert_eq!(claims["sub"], "developer");
        assert_eq!(claims["client_id"], application.id);
        assert_eq!(claims["aud"], RESOURCE);
        // The person's sign-in at the identity provider.
        assert_eq!(claims["auth_time"], START);
        assert_eq!(claims["roles"], json!(["editor", "auditor"]));
    }
}

#[tokio::test]
async fn the_identity_provider_describes_itself_as_another_issuer() {
    let world = World::new();
    let paths = [
        "/development/idp/.well-known/openid-configuration",
        "/.well-known/openid-configuration/development/idp",
        "/.well-known/oauth-authorization-server/development/idp",
        "/development/idp/.well-known/oauth-authorization-server",
    ];
    for path in paths {
        let document = world.get(path).await.json();
        assert_eq!(document["issuer"], IDP, "{path}");
        assert_eq!(
            document["identity_chaining_requested_token_types_supported"],
            json!([ID_JAG])
        );
        for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
            let url = document[name].as_str().unwrap();
            let answer = world.get(url.strip_prefix(ORIGIN).unwrap()).await;
            assert_ne!(answer.status, StatusCode::NOT_FOUND, "{name}");
        }
    }
    let keys = world.get("/development/idp/jwks").await.json();
    assert_ne!(keys, world.issuer.jwks(), "a key of its own");
}

#[tokio::test]
async fn an_id_jag_for_another_server_client_resource_or_time_is_refused() {
    let world = World::new();
    let application = application(&world).await;
    let other = self::application(&world).await;
    let typ = "oauth-id-jag+jwt";
    for changes in [
        json!({"aud": "https://as.example"}),
        json!({"aud": RESOURCE}),
        json!({"aud": IDP}),
        json!({"aud": [ORIGIN, "https://as.example"]}),
        json!({"aud": null}),
        json!({"resource": "https://other.example/mcp"}),
        json!({"resource": format!("{RESOURCE}/")}),
        json!({"resource": [RESOURCE]}),
        json!({"resource": null}),
        json!({"client_id": "someone"}),
        json!({"client_id": [application.id]}),
        json!({"client_id": null}),
        json!({"iss": ORIGIN}),
        json!({"iss": null}),
        json!({"sub": null}),
        json!({"sub": ""}),
        json!({"sub": 1}),
        json!({"jti": null}),
        json!({"exp": null}),
        json!({"exp": START}),
        json!({"exp": START + 86_400}),
        json!({"iat": START + 300}),
        json!({"auth_time": null}),
    ] {
        let id_jag = signed(&world, typ, &claims(&application, changes.clone()));
        let answer = present(&world, &application, &id_jag).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{changes}");
        answer.is_error("invalid_grant");
    }
    let good = signed(&world, typ, &claims(&application, json!({})));
    present(&world, &other, &good)
        .await
        .is_error("invalid_grant");
    // Nothing of this has used it up.
    let answer = present(&world, &application, &good).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test]
async fn an_id_jag_is_used_once() {
    let world = World::new();
    let application = application(&world).await;
    let typ = "oauth-id-jag+jwt";
    let id_jag = signed(&world, typ, &claims(&application, json!({})));
    let answer = present(&world, &application, &id_jag).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    present(&world, &application, &id_jag)
        .await
        .is_error("invalid_grant");
    let again = signed(
        &world,
        typ,
        &claims(&application, json!({"exp": START + 61})),
    );
    present(&world, &application, &again)
        .await
        .is_error("invalid_grant");
}

#[tokio::test]
async fn one_token_is_never_taken_for_another() {
    let world = World::new();
    let application = application(&world).await;
    let own = id_token(&world, &application).await;
    let good = claims(&application, json!({}));
    for typ in [
        "JWT",
        "at+jwt",
        "id-jag+jwt",
        "application/oauth-id-jag+jwt",
    ] {
        let confused = signed(&world, typ, &good);
        present(&world, &application, &confused)
            .await
            .is_error("invalid_grant");
    }
    let of_the_issuer = world.issuer.state.key.sign_as("oauth-id-jag+jwt", &good);
    for other in [of_the_issuer.unwrap(), own.clone(), "a.b.c".to_owned()] {
        present(&world, &application, &other)
            .await
            .is_error("invalid_grant");
    }
    // An ID-JAG is no ID token, and the ID token of another application is not exchanged.
    let as_id_token = claims(&application, json!({"aud": application.id}));
    let id_jag = signed(&world, "oauth-id-jag+jwt", &as_id_token);
    exchange(&world, &application, &id_jag, &[])
        .await
        .is_error("invalid_grant");
    let other = self::application(&world).await;
    let foreign = id_token(&world, &other).await;
    exchange(&world, &application, &foreign, &[])
        .await
        .is_error("invalid_grant");
    // Nor is it an access token.
    assert!(!world.is_active(&own).await);
    let good = signed(&world, "oauth-id-jag+jwt", &good);
    assert!(!world.is_active(&good).await);
}

#[tokio::test]
async fn the_exchange_is_for_this_server_and_for_managed_applications_alone() {
    let world = World::new();
    let application = application(&world).await;
    let id_token = id_token(&world, &application).await;
    for changes in [
        [("audience", "https://as.example")],
        [("audience", IDP)],
        [("resource", "https://other.example/mcp")],
    ] {
        exchange(&world, &application, &id_token, &changes)
            .await
            .is_error("invalid_target");
    }
    for changes in [
        [("audience", "")],
        [("resource", "")],
        [("requested_token_type", ACCESS_TOKEN)],
        [("subject_token_type", ACCESS_TOKEN)],
        [("actor_token", "x")],
    ] {
        exchange(&world, &application, &id_token, &changes)
            .await
            .is_error("invalid_request");
    }
    exchange(&world, &application, &id_token, &[("scope", "unknown")])
        .await
        .is_error("invalid_scope");
    exchange(&world, &application, &id_token, &[("client_secret", "x")])
        .await
        .is_error("invalid_client");
    let program = Machine::program(&world, "client_secret_post").await;
    exchange(&world, &program, &id_token, &[])
        .await
        .is_error("unauthorized_client");
    present(&world, &program, "x")
        .await
        .is_error("unauthorized_client");
    let form = [("grant_type", "client_credentials")];
    ask(&world, "/development/token", &application, &form, &[])
        .await
        .is_error("unauthorized_client");
    world.server.pass(3_600);
    exchange(&world, &application, &id_token, &[])
        .await
        .is_error("invalid_grant");
}
