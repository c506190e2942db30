//! Updates after the token that subscribed was revoked.

use std::time::Duration;

use serde_json::json;
use support::{
    resources_and_prompts,
    tool_server::{self, Runs},
    unsigned_tokens::{self, ISSUER},
};
use toolgate::{
    Changes,
    store::{Revocations, Revoked},
};

use super::{SESSION, Stream, start, subscribe, updated};
use crate::client;

#[tokio::test]
async fn a_revoked_latest_token_of_a_session_gets_no_updates_in_the_stream_of_another() {
    let (changes, revocations) = (Changes::new(), Revocations::new());
    let server = resources_and_prompts::add_all(tool_server::server(&Runs::default()));
    let server = server.with_changes(&changes).with_revocations(&revocations);
    let running = start(server).await;
    let first = client(&running, SESSION, "desk:read desk:write").await;
    let mut stream = Stream::of_session(&first).await;
    let mut claims = unsigned_tokens::claims(&running.resource(), "desk:read desk:write");
    claims["jti"] = "second".into();
    let second = first.clone().with_token(unsigned_tokens::token(&claims));
    let answer = subscribe(&second, "desk://read").await;
    assert_eq!(answer.json()["result"], json!({}), "{answer:?}");
    changes.resource_updated("desk://read");
    stream.until(&updated("desk://read")).await;
    let revoked = Revoked::token(ISSUER, "second");
    revocations.revoke(revoked, None).await.expect("it is kept");
    changes.resource_updated("desk://read");
    // Otherwise the next request could make its token the latest before the change is handled.
    tokio::time::sleep(Duration::from_millis(300)).await;
    // Changes are handled in their order, so this one comes after the one that is not sent.
    let answer = subscribe(&first, "desk://both/7").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    changes.resource_updated("desk://both/7");
    stream.until(&updated("desk://both/7")).await;
    let count = stream.text.matches(&updated("desk://read")).count();
    assert_eq!(count, 1, "{}", stream.text);
}
