//! A connection that goes on at once when it has woken itself.
//!
//! hyper wakes a connection's task when the body of a request is taken, which is done
//! within that very task. A scheduler takes a task that wakes itself while it runs for one
//! that gives way: it goes to the end of the queue, and another thread is woken up to help.
//! For each request that was a system call, and often a change of processors.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures_util::task::AtomicWaker;

/// A future that is polled once more, and not scheduled, if it was woken while it was polled.
pub(super) struct SelfWake<F> {
    future: Pin<Box<F>>,
    bell: Arc<WakeState>,
    waker: Waker,
}

/// Wakes a task, unless that is at the future already.
struct WakeState {
    state: AtomicU8,
    task: AtomicWaker,
}

/// Nobody is at the future.
const AWAY: u8 = 0;
/// It is being polled.
const THERE: u8 = 1;
/// It is being polled, and has to be once more.
const RUNG: u8 = 2;

impl Wake for WakeState {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Written even where it stands already: what was done before this ring has to be seen
        // by whoever polls because of the one before.
        let ring = |state| (state != AWAY).then_some(RUNG);
        let rung = self
            .state
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, ring);
        if rung == Err(AWAY) {
            self.task.wake();
        }
    }
}

impl<F: Future> SelfWake<F> {
    pub(super) fn new(future: F) -> Self {
        let bell = Arc::new(WakeState {
            state: AtomicU8::new(AWAY),
            task: AtomicWaker::new(),
        });
        Self {
            future: Box::pin(future),
            waker: Waker::from(Arc::clone(&bell)),
            bell,
        }
    }

    /// What wakes this future's task.
    pub(super) fn waker(&self) -> Waker {
        self.waker.clone()
    }

    fn poll_once(&mut self) -> Poll<F::Output> {
        self.bell.state.store(THERE, Ordering::Release);
        self.future
            .as_mut()
            .poll(&mut Context::from_waker(&self.waker))
    }

    /// Whether nobody has rung since the future was polled. Who rings from now on wakes the
    /// task.
    fn leaves(&self) -> bool {
        self.bell.state.swap(AWAY, Ordering::AcqRel) == THERE
    }
}

impl<F: Future> Future for SelfWake<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // Before anybody is told that nobody is there.
        self.bell.task.register(cx.waker());
        let mut polled = self.poll_once();
        if polled.is_pending() && !self.leaves() {
            polled = self.poll_once();
            if polled.is_pending() && !self.leaves() {
                // Others have waited long enough, and it may be what they do that it waits for.
                cx.waker().wake_by_ref();
            }
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, time::Duration};

    use futures_util::{pin_mut, poll};
    use tokio::sync::Notify;

    use super::*;

    /// Pending, and woken, this often.
    async fn wakes_itself(mut times: u32) -> &'static str {
        poll_fn(|cx| match times {
            0 => Poll::Ready("done"),
            _ => {
                times -= 1;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        })
        .await
    }

    #[tokio::test]
    async fn what_wakes_itself_goes_on_within_the_same_poll() {
        let once = SelfWake::new(wakes_itself(1));
        pin_mut!(once);
        assert_eq!(poll!(once), Poll::Ready("done"));
    }

    #[tokio::test]
    async fn what_wakes_itself_again_and_again_gives_way_and_is_not_forgotten() {
        let often = SelfWake::new(wakes_itself(5));
        pin_mut!(often);
        assert_eq!(poll!(often.as_mut()), Poll::Pending);
        assert_eq!(often.await, "done");
    }

    #[tokio::test]
    async fn what_is_woken_by_others_is_polled_again() {
        let bell = Arc::new(Notify::new());
        let waits = SelfWake::new({
            let bell = Arc::clone(&bell);
            async move {
                for _ in 0..100 {
                    bell.notified().await;
                }
            }
        });
        let waiting = tokio::spawn(waits);
        for _ in 0..100 {
            tokio::task::yield_now().await;
            bell.notify_one();
        }
        let waited = tokio::time::timeout(Duration::from_secs(5), waiting).await;
        assert!(waited.is_ok());
    }

    /// Rung from another thread while it is polled, before it, and after it.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_ring_is_lost_between_two_threads() {
        let (ours, theirs) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let player = |hears: Arc<Notify>, tells: Arc<Notify>| async move {
            for _ in 0..20_000 {
                tells.notify_one();
                hears.notified().await;
            }
            tells.notify_one();
        };
        let one = tokio::spawn(SelfWake::new(player(
            Arc::clone(&ours),
            Arc::clone(&theirs),
        )));
        let other = tokio::spawn(SelfWake::new(player(theirs, ours)));
        for player in [one, other] {
            let played = tokio::time::timeout(Duration::from_secs(20), player).await;
            assert!(played.is_ok());
        }
    }
}
