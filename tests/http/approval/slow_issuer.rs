//! An issuer that takes longer than an approval lives.

use axum::{Json, Router, routing::get};
use support::unsigned_tokens::{self, UnsignedVerifier};
use tokio::net::TcpListener;
use toolgate::issuer::ClientAuthentication;

use super::*;

#[tokio::test]
async fn a_page_that_expires_while_the_issuer_answers_says_so_and_starts_no_sign_in() {
    let (runs, clock) = (Runs::default(), TestClock::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
    });
    let late = clock.clone();
    let answer = get(async move || {
        late.advance(Duration::from_secs(301));
        Json(metadata)
    });
    let app = Router::new().route("/.well-known/oauth-authorization-server", answer);
    tokio::spawn(async move { axum::serve(listener, app).await });
    let server = server(&runs)
        .with_verifier(UnsignedVerifier)
        .with_clock(clock);
    let server = RunningServer::start(server, |config| {
        let client = ClientAuthentication::public("approvals");
        config
            .with_issuer(&*issuer)
            .with_approval_client(&issuer, client)
    })
    .await;
    let mut claims = unsigned_tokens::claims(&server.resource(), "list:write");
    claims["iss"] = json!(issuer);
    let client = Client::new(server.resource(), Revision::Stateless);
    let client = client.with_token(unsigned_tokens::token(&claims));
    let client = client.declaring(opens_pages());
    let asked = AskedPage::of(&call(&client, &json!({"list": "a"})).await);
    let page = Browser::default().open(&asked.url).await;
    assert_eq!(page.status(), 404, "{page:?}");
    assert!(page.text().contains("it has expired"), "{page:?}");
    assert!(page.set_cookies().is_empty(), "{page:?}");
    // The next visit gets the same page, and not a redirect to the issuer, which is known now.
    assert_eq!(Browser::default().open(&asked.url).await.status(), 404);
}
