use super::*;

#[tokio::test]
async fn every_metadata_path_has_the_same_document() {
    let world = World::new();
    let expected = world
        .get("/.well-known/oauth-authorization-server")
        .await
        .json();
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/mcp",
        "/.well-known/openid-configuration/mcp",
        "/.well-known/openid-configuration/mcp/deeper",
        "/mcp/.well-known/openid-configuration",
        "/mcp/.well-known/oauth-authorization-server",
    ] {
        let answer = world.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.json(), expected, "{path}");
    }
}

/// A router panics if two routes have the same path.
#[test]
fn a_resource_at_a_path_of_the_issuer_is_an_error() {
    let server = TestServer::default();
    let documents = super::super::metadata::DOCUMENTS.map(|path| (path, None));
    let endpoints = endpoints::with_cors().into_iter();
    let endpoints = endpoints.chain(endpoints::without_cors());
    let endpoints = endpoints.map(|(path, endpoint)| (path, Some(endpoint)));
    let provider = [
        ("/development/idp", None),
        ("/development/idp/.well-known/openid-configuration", None),
    ];
    for (path, _) in endpoints.chain(documents).chain(provider) {
        for end in ["", "/"] {
            let mut settings = settings(&server);
            settings.resource = format!("{ORIGIN}{path}{end}");
            let errors = DevelopmentIssuer::new(settings).unwrap_err();
            let fault = format!("{}; {}", errors[0].what, errors[0].remedy);
            for part in [
                &format!("\"{ORIGIN}{path}{end}\""),
                "development issuer uses",
                "choose another path",
            ] {
                assert!(fault.contains(part), "{part}: {fault}");
            }
        }
    }
    for path in ["/development", "/development/mcp", "/token"] {
        let mut settings = settings(&server);
        settings.resource = format!("{ORIGIN}{path}");
        let issuer = DevelopmentIssuer::new(settings).unwrap();
        let endpoint = Router::new().route(path, get(async || "the endpoint"));
        let _ = endpoint.merge(issuer.router());
    }
}

#[tokio::test]
async fn the_metadata_has_the_members_that_clients_need() {
    let world = World::new();
    let document = world
        .get("/.well-known/oauth-authorization-server")
        .await
        .json();
    assert_eq!(document["issuer"], ORIGIN);
    assert_eq!(
        document["code_challenge_methods_supported"],
        json!(["S256"])
    );
    assert_eq!(document["response_types_supported"], json!(["code"]));
    assert_eq!(
        document["token_endpoint_auth_methods_supported"],
        json!([
            "none",
            "client_secret_basic",
            "client_secret_post",
            "private_key_jwt"
        ])
    );
    assert_eq!(
        document["authorization_response_iss_parameter_supported"],
        true
    );
    assert_eq!(document["client_id_metadata_document_supported"], true);
    assert_eq!(
        document["scopes_supported"],
        json!(["todo:read", "todo:write", "todo:delete", "offline_access"])
    );
    assert_eq!(
        document["grant_types_supported"],
        json!([
            "authorization_code",
            "refresh_token",
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "urn:ietf:params:oauth:grant-type:token-exchange"
        ])
    );
    assert_eq!(
        document["authorization_grant_profiles_supported"],
        json!(["urn:ietf:params:oauth:grant-profile:id-jag"])
    );
    let algorithms = &document["token_endpoint_auth_signing_alg_values_supported"];
    assert_eq!(
        *algorithms,
        json!(["ES256", "ES384", "EdDSA", "RS256", "PS256"])
    );
}

#[tokio::test]
async fn every_endpoint_that_is_named_exists() {
    let world = World::new();
    let document = world
        .get("/.well-known/oauth-authorization-server")
        .await
        .json();
    let members = document.as_object().unwrap();
    let endpoints = members
        .iter()
        .filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri");
    let mut seen = 0;
    for (name, url) in endpoints {
        let path = url.as_str().unwrap().strip_prefix(ORIGIN).unwrap();
        let status = world.get(path).await.status;
        assert_ne!(status, StatusCode::NOT_FOUND, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 6);
}

#[tokio::test]
async fn the_served_key_set_is_the_verifiers() {
    let world = World::new();
    let answer = world.get("/development/jwks").await;
    assert_eq!(answer.json(), world.issuer.jwks());
}

#[tokio::test]
async fn a_page_may_read_what_public_clients_need_and_nothing_else() {
    let world = World::new();
    let open = [
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration/mcp",
        "/development/jwks",
        "/development/register",
        "/development/token",
        "/development/revoke",
    ];
    for path in open {
        let preflight = request("OPTIONS", path)
            .header(header::ORIGIN, "https://app.example")
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST");
        let answer = world.send(preflight.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{path}");
        assert_eq!(answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
        let allowed = answer.header(header::ACCESS_CONTROL_ALLOW_HEADERS);
        assert!(allowed.contains("content-type") && allowed.contains("mcp-protocol-version"));
        let answer = world.post(path, &[]).await;
        assert_eq!(
            answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN),
            "*",
            "{path}"
        );
        assert!(
            !answer
                .headers
                .contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS)
        );
    }
    for path in [
        "/development/authorize",
        "/development/authorize/decision",
        "/development/introspect",
        "/development/idp/authorize",
        "/development/idp/decision",
        "/development/idp/token",
    ] {
        for method in ["OPTIONS", "GET", "POST"] {
            let request = request(method, path).header(header::ORIGIN, "https://app.example");
            let answer = world.send(request.body(Body::empty()).unwrap()).await;
            assert!(
                !answer
                    .headers
                    .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
            );
        }
    }
}

#[tokio::test]
async fn a_resource_without_a_path_or_with_pattern_characters_is_served() {
    for resource in ["http://127.0.0.1:10000", "http://127.0.0.1:10000/{a}/*b/:c"] {
        let world = World::with(|settings| settings.resource = resource.to_owned());
        let answer = world.get("/.well-known/openid-configuration").await;
        assert_eq!(answer.json()["protected_resources"], json!([resource]));
    }
}

#[tokio::test]
async fn the_routes_do_not_affect_other_paths() {
    let router = World::new().issuer.router();
    let router = router.route("/mcp", get(|| async { "mine" }));
    let foreign = Request::get("/mcp").header(header::HOST, "todo.example");
    let answer = router.clone().oneshot(foreign.body(Body::empty()).unwrap());
    assert_eq!(answer.await.unwrap().status(), StatusCode::OK);
    let unknown = Request::get("/nowhere").body(Body::empty()).unwrap();
    let answer = router.oneshot(unknown).await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}
