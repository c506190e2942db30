use super::*;

#[tokio::test]
async fn a_token_that_names_who_may_act_is_exchanged_by_that_party_alone() {
    let fixture = Fixture::new().await;
    let with = |may_act: Value| {
        let token = fixture.issuer.token().audience(&fixture.running.resource());
        token.claim("may_act", may_act).expires_in(600).build()
    };
    let own = fixture.issuer.url();
    for may_act in [json!({"sub": "news"}), json!({"sub": "news", "iss": own})] {
        let token = with(may_act);
        fixture.issuer.exchange(&token, MockIssuer::exchanged("t"));
        assert_eq!(fixture.says(&token).await, "t []");
    }
    let sent = fixture.issuer.exchanges().len();
    for may_act in [
        json!({"sub": "another server"}),
        json!({"sub": "news", "iss": "https://as.example"}),
        json!({"sub": ["news"]}),
        json!({}),
        json!("news"),
        json!([{"sub": "news"}]),
    ] {
        let token = with(may_act.clone());
        fixture.issuer.exchange(&token, MockIssuer::exchanged("t"));
        let said = fixture.says(&token).await;
        assert!(said.starts_with("Refused"), "{may_act}: {said}");
    }
    assert_eq!(fixture.issuer.exchanges().len(), sent, "nothing was sent");
}
