use super::*;

const DECISION: &str = "/development/authorize/decision";

#[tokio::test]
async fn unticked_scopes_are_not_granted() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let page = world
        .authorize(&client, &[("scope", "todo:read todo:write offline_access")])
        .await;
    let mut form = fields(&page, "allow");
    form.retain(|field| *field == ("scope", "todo:read") || field.0 != "scope");
    let code = world.post(DECISION, &form).await.redirected()["code"].clone();
    let answer = world.exchange(&client, &code, &[]).await;
    assert_eq!(answer.json()["scope"], "todo:read");
    assert_eq!(world.claims(&answer)["scope"], "todo:read");
    assert!(answer.json().get("refresh_token").is_none());
}

#[tokio::test]
async fn no_ticked_scope_is_a_token_without_scopes() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let page = world.authorize(&client, &[]).await;
    let mut form = fields(&page, "allow");
    form.retain(|(name, _)| *name != "scope");
    let code = world.post(DECISION, &form).await.redirected()["code"].clone();
    let answer = world.exchange(&client, &code, &[]).await;
    assert_eq!(world.claims(&answer)["scope"], "");
}

#[tokio::test]
async fn a_scope_that_was_not_requested_cannot_be_granted() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let page = world.authorize(&client, &[("scope", "todo:read")]).await;
    let mut form = fields(&page, "allow");
    form.extend([("scope", "todo:delete"), ("scope", "offline_access")]);
    let code = world.post(DECISION, &form).await.redirected()["code"].clone();
    let answer = world.exchange(&client, &code, &[]).await;
    assert_eq!(answer.json()["scope"], "todo:read");
    assert!(answer.json().get("refresh_token").is_none());
}

#[tokio::test]
async fn a_denial_is_sent_to_the_client() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let page = world.authorize(&client, &[]).await;
    let answer = world.post(DECISION, &fields(&page, "deny")).await;
    let back = answer.redirected();
    assert_eq!(back["error"], "access_denied");
    assert_eq!(back["iss"], ORIGIN);
    assert!(!back.contains_key("code"));
}

#[tokio::test]
async fn the_person_may_choose_any_subject() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    for (typed, subject) in [("alice", "alice"), ("  Bob Ünal ", "Bob Ünal")] {
        let page = world.authorize(&client, &[]).await;
        let form = changed(&fields(&page, "allow"), &[("subject", typed)]);
        let code = world.post(DECISION, &form).await.redirected()["code"].clone();
        let answer = world.exchange(&client, &code, &[]).await;
        assert_eq!(world.claims(&answer)["sub"], subject);
    }
}

#[tokio::test]
async fn an_invalid_subject_is_requested_again_and_keeps_the_other_choices() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let long = "x".repeat(65);
    for typed in ["", "   ", "a\nb", &long] {
        for decision in ["allow", "switch"] {
            let page = world.authorize(&client, &[]).await;
            let mut form = changed(&fields(&page, decision), &[("subject", typed)]);
            form.retain(|field| *field != ("scope", "todo:write"));
            let mut answer = world.post(DECISION, &form).await;
            for part in [
                "1 to 64 printable",
                "role=\"alert\"",
                "aria-invalid=\"true\"",
                "aria-describedby=\"person-error person-note\"",
                "id=\"person-error\"",
            ] {
                answer.is_page(StatusCode::BAD_REQUEST, part);
            }
            answer.status = StatusCode::OK;
            let form = changed(&fields(&answer, "allow"), &[("subject", "alice")]);
            let back = world.post(DECISION, &form).await.redirected();
            let token = world.exchange(&client, &back["code"], &[]).await;
            assert_eq!(token.json()["scope"], "todo:read", "what was unticked");
        }
    }
}

#[tokio::test]
async fn another_user_can_be_chosen_before_deciding() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let page = world.authorize(&client, &[]).await;
    let mut form = changed(&fields(&page, "switch"), &[("subject", "alice")]);
    form.retain(|field| *field != ("scope", "todo:write"));
    let page = world.post(DECISION, &form).await;
    page.is_page(StatusCode::OK, "value=\"alice\"");
    let code = world.allow(&page).await.redirected()["code"].clone();
    let answer = world.exchange(&client, &code, &[]).await;
    assert_eq!(world.claims(&answer)["sub"], "alice");
    assert_eq!(
        answer.json()["scope"],
        "todo:read",
        "what was unticked stays so"
    );
}

#[tokio::test]
async fn the_same_decision_twice_has_the_same_redirect() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let page = world.authorize(&client, &[]).await;
    let first = world.allow(&page).await.redirected();
    assert_eq!(world.allow(&page).await.redirected(), first);
    let denied = world.post(DECISION, &fields(&page, "deny")).await;
    denied.is_page(StatusCode::BAD_REQUEST, "already answered");
}

#[tokio::test]
async fn a_request_expires_after_ten_minutes() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let page = world.authorize(&client, &[]).await;
    world.server.pass(599);
    let other = world.authorize(&client, &[]).await;
    assert!(world.allow(&page).await.status.is_redirection());
    world.server.pass(600);
    world
        .allow(&other)
        .await
        .is_page(StatusCode::BAD_REQUEST, "has expired");
}

#[tokio::test]
async fn an_invalid_decision_form_is_an_error_page() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let page = world.authorize(&client, &[]).await;
    for changes in [
        &[("request", "")][..],
        &[("decision", "")],
        &[("decision", "maybe")],
    ] {
        let form = changed(&fields(&page, "allow"), changes);
        let answer = world.post(DECISION, &form).await;
        answer.is_page(StatusCode::BAD_REQUEST, "did not work");
    }
    let mut form = fields(&page, "allow");
    form.push(("decision", "deny"));
    world
        .post(DECISION, &form)
        .await
        .is_page(StatusCode::BAD_REQUEST, "more than once");
}

#[tokio::test]
async fn a_step_up_shows_what_is_new_to_this_person() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let first = world.authorize(&client, &[("scope", "todo:read")]).await;
    assert!(!first.text.contains("allowed before") && !first.text.contains(">new<"));
    let form = changed(&fields(&first, "allow"), &[("subject", "alice")]);
    world.post(DECISION, &form).await.redirected();

    let more = world.authorize(&client, &[]).await;
    more.is_page(StatusCode::OK, "It asks for more");
    assert!(more.text.contains("value=\"alice\""), "who allowed it last");
    let (new, before) = more.text.split_once("You allowed before").unwrap();
    assert!(new.contains("todo:write") && new.contains(">new<"));
    assert!(before.contains("todo:read") && !before.contains(">new<"));

    let form = changed(&fields(&more, "switch"), &[("subject", "bob")]);
    let for_bob = world.post(DECISION, &form).await;
    assert!(!for_bob.text.contains("You allowed before"));

    world.allow(&more).await.redirected();
    let again = world.authorize(&client, &[]).await;
    assert!(again.text.contains("You allowed before") && !again.text.contains("asks for more"));
}
