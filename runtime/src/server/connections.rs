//! The connections of a server: each a task, and ended if its client lets it wait.
//!
//! Whoever connects and says nothing, or sends a head by a byte at a time, would keep a
//! socket for ever (CWE-400); and so would who asks and never takes the answer. HTTP/2 is
//! left to its own means: it asks its client whether it is there, and nothing more.

use std::{
    collections::HashMap,
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Poll, Waker},
    time::Duration,
};

use futures_util::FutureExt;
use tokio::{
    task::{Id, JoinSet},
    time::{Interval, MissedTickBehavior, interval},
};

use super::{
    activity::{Activity, Seen},
    self_wake::SelfWake,
};

/// How often all of them are looked at.
const LOOK: Duration = Duration::from_secs(10);
/// For how many looks in a row a client may say nothing: for 30 seconds, and for 40 at most.
const LOOKS: u32 = 3;
/// For how many it may take nothing: for five minutes. A system tells that there is room
/// again when there is much of it, and a slow client takes its time to make that.
const LOOKS_WHILE_BLOCKED: u32 = 30;

/// The open connections.
pub(super) struct Connections {
    tasks: JoinSet<()>,
    watched: HashMap<Id, Watched>,
    looks: Interval,
}

struct Watched {
    activity: Arc<Activity>,
    task: Waker,
    last: Option<Seen>,
    /// In how many looks nothing had gone on since the one before.
    silent: u32,
}

impl Connections {
    /// None yet. To be called within a runtime.
    pub(super) fn new() -> Self {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            tasks: JoinSet::new(),
            watched: HashMap::new(),
            looks,
        }
    }

    /// Serves one, on which this goes on.
    pub(super) fn spawn(
        &mut self,
        activity: Arc<Activity>,
        connection: impl Future<Output = Result<(), axum::BoxError>> + Send + 'static,
    ) {
        let mut connection = SelfWake::new(connection);
        let watched = Watched {
            activity: Arc::clone(&activity),
            task: connection.waker(),
            last: None,
            silent: 0,
        };
        let turns = poll_fn(move |cx| {
            match Pin::new(&mut connection).poll(cx) {
                Poll::Pending if activity.is_given_up() => {
                    tracing::debug!("a connection is ended whose client lets it wait");
                }
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => tracing::debug!(%error, "a connection broke"),
            }
            Poll::Ready(())
        });
        let task = self.tasks.spawn(turns.boxed());
        self.watched.insert(task.id(), watched);
    }

    /// Waits until one has ended, or it is time to look at them, and does what there is to do.
    /// Nothing is lost if it is not waited for to its end.
    pub(super) async fn turn(&mut self) {
        tokio::select! {
            Some(ended) = self.tasks.join_next_with_id() => {
                let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
                self.watched.remove(&id);
            }
            _ = self.looks.tick() => self.look(),
        }
    }

    fn look(&mut self) {
        for watched in self.watched.values_mut() {
            let seen = watched.activity.seen();
            let last = std::mem::replace(&mut watched.last, seen);
            let Some(seen) = seen.filter(|_| seen == last) else {
                watched.silent = 0;
                continue;
            };
            watched.silent += 1;
            let most = if seen.is_blocked {
                LOOKS_WHILE_BLOCKED
            } else {
                LOOKS
            };
            if watched.silent >= most {
                // By its own task, which alone knows that nothing goes on meanwhile.
                watched.activity.give_up(seen);
                watched.task.wake_by_ref();
            }
        }
    }

    /// Ends what is left of them.
    pub(super) async fn shut_down(&mut self) {
        self.tasks.shutdown().await;
    }
}

#[cfg(test)]
mod tests;
