//! An approval whose token is revoked while the request waits for it.

use toolgate::store::{Revocations, Revoked};

use super::*;

#[tokio::test]
async fn a_request_that_waits_for_its_user_does_not_run_after_its_token_was_revoked() {
    let (runs, clock, revocations) = (Runs::default(), TestClock::default(), Revocations::new());
    let server = server(&runs)
        .with_clock(clock.clone())
        .with_revocations(&revocations);
    let wait = Duration::from_secs(30);
    let server = RunningServer::start(server, |config| config.with_approval_wait(wait));
    let desk = Desk {
        server: server.await,
        runs,
        clock,
    };
    let (alice, list, asked) = desk.pending().await;
    let browser = Browser::default();
    let page = sign_in(&browser, &asked.url, "alice").await;
    let page = page.tick_only(&["read"]);
    let deciding = async {
        // The request waits for the decision by then.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let issuer = Revoked::issuer(desk.server.origin());
        revocations.revoke(issuer, None).await.expect("it runs");
        browser.press(&page, "approve").await
    };
    let both = async { tokio::join!(call_again(&alice, &list, &asked), deciding).0 };
    let answer = tokio::time::timeout(Duration::from_secs(10), both).await;
    let answer = answer.expect("it does not wait for the decision any more");
    assert!(
        answer.text.contains("access token was revoked"),
        "{answer:?}"
    );
    assert!(desk.taken().is_empty());
}
