//! Roles and logins count before each update that is delivered, not only at the subscription.

use support::{
    TestClock,
    guarded_items::{self, MFA},
};

use super::*;

async fn guarded(changes: &Changes, clock: &TestClock) -> RunningServer {
    let server = guarded_items::server(&Runs::default())
        .with_changes(changes)
        .with_clock(clock.clone());
    start(server).await
}

fn token(running: &RunningServer, roles: &[&str]) -> String {
    let scopes = "desk:read desk:write";
    guarded_items::token(&running.resource(), scopes, roles, Some((MFA, 0)))
}

#[tokio::test]
async fn a_session_gets_no_update_after_its_caller_lost_the_role() {
    let (changes, clock) = (Changes::new(), TestClock::default());
    let running = guarded(&changes, &clock).await;
    let editor = token(&running, &["editor", "owner"]);
    let mut session = Client::new(running.resource(), SESSION).with_token(editor);
    session.open().await;
    let mut stream = Stream::of_session(&session).await;
    for uri in ["role/1", "role/2", "age/1", "age/2", "any/1", "any/2"] {
        let answer = subscribe(&session, &format!("guarded://{uri}")).await;
        assert_eq!(answer.json()["result"], json!({}), "{answer:?}");
    }
    changes.resource_updated("guarded://role/1");
    stream.until(&updated("guarded://role/1")).await;
    // The same caller, with a newer token that has one role less.
    let session = session.with_token(token(&running, &["owner"]));
    let list = session.request("tools/list", json!({})).await;
    assert_eq!(list.status, 200, "{list:?}");
    changes.resource_updated("guarded://role/2");
    changes.resource_updated("guarded://age/1");
    stream.until(&updated("guarded://age/1")).await;
    // The login grows old while the session stays open.
    clock.advance(Duration::from_secs(400));
    changes.resource_updated("guarded://age/2");
    changes.resource_updated("guarded://any/1");
    stream.until(&updated("guarded://any/1")).await;
    for uri in ["guarded://role/2", "guarded://age/2"] {
        assert!(!stream.text.contains(&updated(uri)), "{}", stream.text);
    }
}

#[tokio::test]
async fn a_listener_gets_no_update_after_its_login_grew_old() {
    let (changes, clock) = (Changes::new(), TestClock::default());
    let running = guarded(&changes, &clock).await;
    let caller = token(&running, &["owner"]);
    let listener = Client::new(running.resource(), Revision::Stateless).with_token(caller);
    let uris = json!(["guarded://age/1", "guarded://age/2", "guarded://any/1"]);
    let mut stream = Stream::listening(&listener, json!({"resourceSubscriptions": uris})).await;
    stream.until("acknowledged").await;
    changes.resource_updated("guarded://age/1");
    stream.until(&updated("guarded://age/1")).await;
    clock.advance(Duration::from_secs(400));
    changes.resource_updated("guarded://age/2");
    changes.resource_updated("guarded://any/1");
    stream.until(&updated("guarded://any/1")).await;
    assert!(
        !stream.text.contains(&updated("guarded://age/2")),
        "{}",
        stream.text
    );
}
