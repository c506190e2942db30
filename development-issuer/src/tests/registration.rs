use super::*;

#[tokio::test]
async fn a_client_registers_as_the_sdks_do() {
    let world = World::new();
    let answer = world
        .register_as(&json!({
            "client_name": "MCP client",
            "redirect_uris": [CALLBACK, "cursor://anysphere.cursor-mcp/oauth/callback"],
            "application_type": "native",
            "token_endpoint_auth_method": "client_secret_post",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "scope": "todo:read",
            "logo_uri": "https://client.example/logo.png",
            "something_new": {"a": [1, 2]},
        }))
        .await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    let body = answer.json();
    assert_eq!(body["token_endpoint_auth_method"], "none");
    assert_eq!(body["client_id_issued_at"], START);
    assert_eq!(body["client_name"], "MCP client");
    assert_eq!(body["redirect_uris"][0], CALLBACK);
    assert!(body.get("client_secret").is_none());
}

#[tokio::test]
async fn the_scope_of_a_registration_is_no_limit() {
    let world = World::new();
    let metadata = json!({"redirect_uris": [CALLBACK], "scope": "todo:read"});
    let registered = world.register_as(&metadata).await.json();
    let client = registered["client_id"].as_str().unwrap();
    let page = world.authorize(client, &[("scope", "todo:delete")]).await;
    assert_eq!(boxes(&page), ["todo:delete"]);
}

#[tokio::test]
async fn an_identifier_stays_valid_after_a_restart() {
    let client = World::new().client(CALLBACK).await;
    let page = World::new().authorize(&client, &[]).await;
    page.is_page(StatusCode::OK, "Test client");
}

#[tokio::test]
async fn invalid_registrations_get_an_oauth_error() {
    let world = World::new();
    let many: Vec<_> = (0..500).map(|n| format!("http://localhost/{n}")).collect();
    for (metadata, error) in [
        (json!({}), "invalid_redirect_uri"),
        (json!({"redirect_uris": []}), "invalid_redirect_uri"),
        (json!({"redirect_uris": CALLBACK}), "invalid_redirect_uri"),
        (
            json!({"redirect_uris": [CALLBACK, 1]}),
            "invalid_redirect_uri",
        ),
        (
            json!({"redirect_uris": ["http://evil.example/cb"]}),
            "invalid_redirect_uri",
        ),
        (
            json!({"redirect_uris": ["javascript:alert(1)"]}),
            "invalid_redirect_uri",
        ),
        (
            json!({"redirect_uris": ["https://a.example/#f"]}),
            "invalid_redirect_uri",
        ),
        (json!({"redirect_uris": many}), "invalid_client_metadata"),
        (
            json!({"redirect_uris": [CALLBACK], "client_name": 1}),
            "invalid_client_metadata",
        ),
        (
            json!({"redirect_uris": [CALLBACK], "grant_types": ["password"]}),
            "invalid_client_metadata",
        ),
        (
            json!({"redirect_uris": [CALLBACK], "response_types": ["token"]}),
            "invalid_client_metadata",
        ),
        (json!([]), "invalid_client_metadata"),
    ] {
        let answer = world.register_as(&metadata).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{metadata}");
        answer.is_error(error);
    }
}

#[tokio::test]
async fn a_huge_or_broken_registration_is_refused() {
    let world = World::new();
    let name = "n".repeat(17 * 1024);
    let huge = json!({"redirect_uris": [CALLBACK], "client_name": name});
    let answer = world.register_as(&huge).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    answer.is_error("invalid_request");
    let deep = "[".repeat(5_000);
    for text in ["", "{", "null", "\u{feff}{}", &deep, r#"{"a":1,"a":2}"#] {
        let request = request("POST", "/development/register").body(Body::from(text.to_owned()));
        let answer = world.send(request.unwrap()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        answer.is_error("invalid_client_metadata");
    }
}
