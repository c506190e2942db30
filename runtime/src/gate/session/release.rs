//! Releases the services of idle sessions.
//!
//! rmcp runs a service for each session: tasks, channels and buffers of about 60 KiB. Most
//! sessions only call tools that need nothing from it. So the service of an idle session ends, and
//! the session stays as a record: its owner, what its client said at `initialize`, and its log
//! level. The next request that needs a service restores it.

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream};
use tokio::time::Instant;

use super::{SessionStore, open_requests::Release};

/// How long a session is idle before its service is released. A client that connects sends a few
/// requests one after the other, which need the same service.
pub(super) const RELEASE_AFTER: Duration = Duration::from_secs(2);

/// The services that rmcp runs for sessions.
pub(crate) trait SessionServices: Send + Sync {
    /// Ends the service of an idle session, and waits until it has ended. The next request that
    /// needs a service restores it.
    fn release<'s>(&'s self, session: &'s str) -> BoxFuture<'s, ()>;
}

/// How many services one scan releases. If one of them does not end, requests to the others wait
/// behind it.
const MOST: usize = 256;

/// How many services end at a time.
const AT_ONCE: usize = 16;

impl SessionStore {
    /// Releases the services of the sessions that are idle now.
    pub(super) fn release_idle(&self) {
        let Some(services) = &self.services else {
            return;
        };
        let now = Instant::now();
        let due: Vec<(String, Release)> = {
            let table = self.lock();
            let begun = table.activities().filter_map(|(id, activity)| {
                let release = activity.begin_release(now, RELEASE_AFTER)?;
                Some((id.to_owned(), release))
            });
            begun.take(MOST).collect()
        };
        if due.is_empty() {
            return;
        }
        let services = Arc::clone(services);
        let releasing = async move {
            let release = |(id, release): (String, Release)| {
                let services = Arc::clone(&services);
                async move {
                    services.release(&id).await;
                    drop(release);
                }
            };
            stream::iter(due)
                .for_each_concurrent(AT_ONCE, release)
                .await;
        };
        // Boxed like all background tasks, so that they are one type to compile.
        tokio::spawn(releasing.boxed());
    }
}
