//! Refreshes the copy of a replica while its server runs.

use std::{sync::Weak, time::Duration};

use tokio::time::sleep;

use super::{Inner, Revocations};
use crate::OneTimeUses;

/// Refreshes the copy until the server is dropped, and lets the store begin to remember uses after a
/// loss. The store logs its failures.
pub(super) async fn keep_fresh(own: Weak<Inner>, uses: OneTimeUses, interval: Duration) {
    let mut was_fresh = true;
    loop {
        let Some(revocations) = own.upgrade().map(Revocations) else {
            return;
        };
        // A failure shows in the age of the copy.
        let _ = revocations.refresh().await;
        let is_fresh = revocations.freshness().is_ok();
        if was_fresh && !is_fresh {
            tracing::error!(
                "requests with a token are refused: the list of revocations cannot be read from the shared store"
            );
        }
        was_fresh = is_fresh;
        drop(revocations);
        let _ = uses.prepare().await;
        sleep(interval).await;
    }
}
