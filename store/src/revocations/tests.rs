use tokio::time::sleep;
use toolgate_core::clock::SystemClock;

use super::*;
use crate::test_store::{Conduct, TestStore};

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

const TOKEN: TokenNames<'static> = TokenNames {
    issuer: "https://i.example",
    subject: Some("mallory"),
    client: None,
    jti: None,
};

fn mallory() -> Revoked {
    Revoked::subject("https://i.example", "mallory")
}

#[tokio::test]
async fn without_a_store_the_list_belongs_to_the_process() {
    let revocations = Revocations::new();
    let early = revocations.revoke(mallory(), None).await;
    assert!(matches!(early, Err(RevocationError::NotRunning)));
    assert!(revocations.attach(None, clock(), RevocationTimes::default()));
    assert!(!revocations.attach(None, clock(), RevocationTimes::default()));
    assert_eq!(revocations.revokes(TOKEN), Ok(false));
    revocations.revoke(mallory(), None).await.unwrap();
    assert_eq!(revocations.revokes(TOKEN), Ok(true));
    assert_eq!(revocations.list().len(), 1);
    assert!(revocations.lift(&mallory()).await.unwrap());
    assert!(!revocations.lift(&mallory()).await.unwrap());
    assert_eq!(revocations.revokes(TOKEN), Ok(false));
}

#[tokio::test]
async fn a_stream_ends_when_its_token_is_revoked_and_not_before() {
    let revocations = Revocations::new();
    assert!(revocations.attach(None, clock(), RevocationTimes::default()));
    let watched = revocations.clone();
    let stream = tokio::spawn(async move {
        let check = |list: &Revocations| list.revokes(TOKEN).unwrap_or(true);
        watched.until_revoked(check).await;
    });
    let other = Revoked::subject("https://i.example", "alice");
    revocations.revoke(other, None).await.unwrap();
    tokio::task::yield_now().await;
    assert!(!stream.is_finished());
    revocations.revoke(mallory(), None).await.unwrap();
    timeout(Duration::from_secs(5), stream)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_copy_is_used_for_a_minute_and_then_no_token_is_accepted() {
    for delay in [Duration::ZERO, Duration::from_secs(2)] {
        let away = Arc::new(TestStore::with(Conduct { delay, fails: true }));
        let store = SealedStore::new(away, &[1; 32], None, "a", clock()).unwrap();
        let revocations = Revocations::new();
        assert!(revocations.attach(Some(&store), clock(), RevocationTimes::default()));
        // It was never read.
        assert_eq!(revocations.revokes(TOKEN), Err(StaleRevocationsError));
        revocations.write().refreshed = Some(Instant::now());
        sleep(Duration::from_secs(60)).await;
        assert_eq!(revocations.revokes(TOKEN), Ok(false), "{delay:?}");
        assert!(revocations.freshness().is_ok());
        sleep(Duration::from_millis(1)).await;
        assert_eq!(revocations.revokes(TOKEN), Err(StaleRevocationsError));
        assert!(revocations.freshness().is_err());
    }
}
