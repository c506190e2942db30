//! [`Subscription`]: the updates that a caller gets of resources.

use std::{fmt, time::Duration};

use crate::event_stream::EventStream;

/// The updates of the resources that a caller subscribed to, from
/// [`TestCaller::subscribe`](crate::TestCaller::subscribe).
pub struct Subscription(EventStream);

impl Subscription {
    pub(crate) fn new(events: EventStream) -> Self {
        Self(events)
    }

    /// Waits for the next update of a resource and returns its URI, or `None` if none arrives
    /// within `time` or the stream ends, for example because the token expired.
    ///
    /// Updates arrive in order. To test that the server does not send an update, cause another one
    /// after it, which it must send, and expect that one.
    pub async fn updated(&mut self, time: Duration) -> Option<String> {
        let next = async {
            loop {
                let message = self.0.next().await?;
                if message["method"] == "notifications/resources/updated" {
                    return message["params"]["uri"].as_str().map(str::to_owned);
                }
            }
        };
        tokio::time::timeout(time, next).await.ok().flatten()
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}
