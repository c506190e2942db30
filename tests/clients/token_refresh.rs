//! A token that expires during use.

use crate::{REVISIONS, logged_in, start_protected_server};

/// Longer than the lifetime of an access token plus the leeway.
const PAST_EXPIRY: u64 = 20 * 60;

#[tokio::test]
async fn an_expired_token_is_refreshed_and_the_session_continues() {
    for revision in REVISIONS {
        let (running, runs, clock) = start_protected_server().await;
        let application = logged_in(&running, revision, &["desk:read", "offline_access"]).await;
        assert_eq!(application.call_text("read").await, "read ran");
        for _ in 0..2 {
            clock.advance(std::time::Duration::from_secs(PAST_EXPIRY));
            assert_eq!(
                application.call_text("read").await,
                "read ran",
                "{revision:?}"
            );
        }
        assert_eq!(runs.all(), ["read"; 3]);

        let reads = application.wire().sent_as("read");
        let refused: Vec<_> = reads.iter().map(|sent| sent.challenge.is_some()).collect();
        assert_eq!(refused, [false, true, false, true, false], "{reads:?}");
        let challenge = reads[1].challenge.as_deref().expect("a challenge");
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
        let session = &reads[0].session;
        assert!(
            reads.iter().all(|sent| sent.session == *session),
            "{reads:?}"
        );
        assert_ne!(reads[0].token, reads[2].token);
        assert_ne!(reads[2].token, reads[4].token);
    }
}

#[tokio::test]
async fn without_a_refresh_token_the_client_is_sent_to_log_in_again() {
    for revision in REVISIONS {
        let (running, _, clock) = start_protected_server().await;
        let application = logged_in(&running, revision, &["desk:read"]).await;
        assert_eq!(application.call_text("read").await, "read ran");
        clock.advance(std::time::Duration::from_secs(PAST_EXPIRY));
        let challenge = application.refused("read").await;
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
        assert!(challenge.contains("scope=\"desk:read\""), "{challenge}");
    }
}

#[tokio::test]
async fn a_refreshed_token_has_what_was_granted_and_no_more() {
    let (running, _, clock) = start_protected_server().await;
    let application = logged_in(&running, REVISIONS[0], &["desk:write", "offline_access"]).await;
    clock.advance(std::time::Duration::from_secs(PAST_EXPIRY));
    assert_eq!(
        application.call_text("whoami").await,
        "developer with desk:write"
    );
    application.refused("read").await;
    assert_eq!(application.granted().await, ["desk:write"]);
}
