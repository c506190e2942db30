use super::*;

const REVOKE: &str = "/development/revoke";

async fn tokens(world: &World, client: &str) -> (String, String) {
    let code = world
        .code(client, &[("scope", "todo:read offline_access")])
        .await;
    let body = world.exchange(client, &code, &[]).await.json();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

#[tokio::test]
async fn an_access_token_is_active_until_it_expires() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let (access, _) = tokens(&world, &client).await;
    let form = [
        ("token", access.as_str()),
        ("token_type_hint", "access_token"),
    ];
    let described = world.post("/development/introspect", &form).await.json();
    assert_eq!(described["active"], true);
    assert_eq!(described["aud"], RESOURCE);
    assert_eq!(described["sub"], "developer");
    assert_eq!(described["scope"], "todo:read");
    assert_eq!(described["client_id"], client);
    world.server.pass(900);
    assert!(!world.is_active(&access).await);
}

#[tokio::test]
async fn foreign_tokens_are_inactive_without_a_reason() {
    let world = World::new();
    let foreign = World::new();
    let client = world.client(CALLBACK).await;
    let (access, refresh) = tokens(&foreign, &client).await;
    for token in ["x", "a.b", "a.b.c", &access, &refresh] {
        let answer = world
            .post("/development/introspect", &[("token", token)])
            .await;
        assert_eq!(answer.json(), json!({"active": false}));
    }
    let answer = world.post("/development/introspect", &[]).await;
    answer.is_error("invalid_request");
}

#[tokio::test]
async fn revoking_an_access_token_revokes_no_other() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let (access, refresh) = tokens(&world, &client).await;
    let form = [("client_id", client.as_str()), ("token", &access)];
    assert_eq!(world.post(REVOKE, &form).await.status, StatusCode::OK);
    assert!(!world.is_active(&access).await);
    assert!(world.is_active(&refresh).await);
}

#[tokio::test]
async fn revoking_a_refresh_token_revokes_its_family_even_when_used_up() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    for used_up in [false, true] {
        let (access, refresh) = tokens(&world, &client).await;
        let current = match used_up {
            false => refresh.clone(),
            true => world.refresh(&client, &refresh, &[]).await.json()["refresh_token"]
                .as_str()
                .unwrap()
                .to_owned(),
        };
        let form = [("client_id", client.as_str()), ("token", &refresh)];
        assert_eq!(world.post(REVOKE, &form).await.status, StatusCode::OK);
        assert!(!world.is_active(&access).await);
        world
            .refresh(&client, &current, &[])
            .await
            .is_error("invalid_grant");
    }
}

#[tokio::test]
async fn a_client_cannot_revoke_the_token_of_another() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let other = world.client("http://localhost/other").await;
    let (access, refresh) = tokens(&world, &client).await;
    for token in [&access, &refresh] {
        let form = [("client_id", other.as_str()), ("token", token)];
        world.post(REVOKE, &form).await.is_error("invalid_grant");
        assert!(world.is_active(token).await);
    }
}

#[tokio::test]
async fn an_unknown_token_counts_as_revoked() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    for token in ["x", "a.b", "a.b.c"] {
        let form = [("client_id", client.as_str()), ("token", token)];
        assert_eq!(world.post(REVOKE, &form).await.status, StatusCode::OK);
    }
    let answer = world.post(REVOKE, &[("token", "x")]).await;
    answer.is_error("invalid_request");
}
