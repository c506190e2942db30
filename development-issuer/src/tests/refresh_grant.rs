use super::*;

const OFFLINE: [(&str, &str); 1] = [("scope", "todo:read todo:write offline_access")];

/// Returns the first access token and refresh token of a new family.
async fn family(world: &World, client: &str) -> (String, String) {
    let code = world.code(client, &OFFLINE).await;
    tokens(&world.exchange(client, &code, &[]).await)
}

fn tokens(answer: &TestResponse) -> (String, String) {
    let body = answer.json();
    let text = |name: &str| body[name].as_str().expect(&answer.text).to_owned();
    (text("access_token"), text("refresh_token"))
}

#[tokio::test]
async fn a_refresh_token_is_exchanged_for_a_new_pair() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let (_, mut refresh) = family(&world, &client).await;
    for _ in 0..3 {
        world.server.pass(29 * 24 * 3600);
        let answer = world.refresh(&client, &refresh, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(world.claims(&answer)["scope"], "todo:read todo:write");
        assert_eq!(world.claims(&answer)["sub"], "developer");
        let (_, next) = tokens(&answer);
        assert_ne!(next, refresh);
        refresh = next;
    }
    world.server.pass(30 * 24 * 3600);
    world
        .refresh(&client, &refresh, &[])
        .await
        .is_error("invalid_grant");
}

#[tokio::test]
async fn a_second_use_revokes_the_family() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let (first_access, first) = family(&world, &client).await;
    let (access, second) = tokens(&world.refresh(&client, &first, &[]).await);
    assert!(world.is_active(&access).await && world.is_active(&first_access).await);
    world
        .refresh(&client, &first, &[])
        .await
        .is_error("invalid_grant");
    world
        .refresh(&client, &second, &[])
        .await
        .is_error("invalid_grant");
    assert!(!world.is_active(&access).await && !world.is_active(&first_access).await);
}

#[tokio::test]
async fn a_replay_revokes_its_own_family_only() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let (_, attacked) = family(&world, &client).await;
    let (access, other) = family(&world, &client).await;
    world.refresh(&client, &attacked, &[]).await;
    world.refresh(&client, &attacked, &[]).await;
    assert!(world.is_active(&access).await);
    let answer = world.refresh(&client, &other, &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_refresh_token_that_another_client_sends_revokes_the_family() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let other = world.client("http://localhost/other").await;
    let (_, refresh) = family(&world, &client).await;
    for client in [&other, &client] {
        let answer = world.refresh(client, &refresh, &[]).await;
        answer.is_error("invalid_grant");
    }
}

#[tokio::test]
async fn a_forged_refresh_token_revokes_nothing() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let (access, refresh) = family(&world, &client).await;
    let claims = world.issuer.state.key.open(&access).unwrap();
    let (grant, _) = claims["jti"].as_str().unwrap().split_once('.').unwrap();
    let (payload, proof) = refresh.split_once('.').unwrap();
    for made_up in [
        grant,
        "a.b",
        payload,
        &format!("{payload}.{}", "A".repeat(proof.len())),
        &format!("{grant}.{proof}"),
        &access,
    ] {
        let answer = world.refresh(&client, made_up, &[]).await;
        answer.is_error("invalid_grant");
    }
    let answer = world.refresh(&client, &refresh, &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn scopes_can_be_narrowed_and_never_widened() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let (_, refresh) = family(&world, &client).await;
    let asked = [("scope", "todo:write todo:delete offline_access")];
    let answer = world.refresh(&client, &refresh, &asked).await;
    assert_eq!(world.claims(&answer)["scope"], "todo:write");
    assert_eq!(answer.json()["scope"], "todo:write");
    let (_, refresh) = tokens(&answer);
    let asked = [("scope", "todo:delete")];
    let answer = world.refresh(&client, &refresh, &asked).await;
    answer.is_error("invalid_scope");
    let answer = world.refresh(&client, &refresh, &[]).await;
    assert_eq!(
        answer.json()["scope"],
        "todo:read todo:write",
        "what was granted once stays granted, and a refused request costs nothing"
    );
}

#[tokio::test]
async fn another_resource_is_an_invalid_target() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let (_, refresh) = family(&world, &client).await;
    let answer = world
        .refresh(&client, &refresh, &[("resource", "https://other.example")])
        .await;
    answer.is_error("invalid_target");
    let answer = world
        .refresh(&client, &refresh, &[("resource", RESOURCE)])
        .await;
    assert_eq!(answer.status, StatusCode::OK);
}
