//! Polls a connection again if it woke itself.
//!
//! hyper wakes the task of a connection when the body of a request is taken, which happens
//! within that task. A scheduler takes a task that wakes itself for one that yields: it moves
//! the task to the end of the queue, and wakes another thread to help. That costs a system
//! call for each request, and often a change of processors.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures_util::task::AtomicWaker;

/// A future that is polled a second time, without the scheduler, if it is woken during the
/// first poll.
pub(super) struct SelfWake<F> {
    future: Pin<Box<F>>,
    state: Arc<WakeState>,
    waker: Waker,
}

/// Wakes the task, unless the future is being polled.
struct WakeState {
    state: AtomicU8,
    task: AtomicWaker,
}

/// The future is not being polled.
const IDLE: u8 = 0;
/// It is being polled.
const POLLING: u8 = 1;
/// It is being polled, and must be polled again.
const NOTIFIED: u8 = 2;

impl Wake for WakeState {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Also stored if it is NOTIFIED already: the poll that follows must see what the
        // caller of this function did before.
        let notify = |state| (state != IDLE).then_some(NOTIFIED);
        let notified = self
            .state
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, notify);
        if notified == Err(IDLE) {
            self.task.wake();
        }
    }
}

impl<F: Future> SelfWake<F> {
    pub(super) fn new(future: F) -> Self {
        let state = Arc::new(WakeState {
            state: AtomicU8::new(IDLE),
            task: AtomicWaker::new(),
        });
        Self {
            future: Box::pin(future),
            waker: Waker::from(Arc::clone(&state)),
            state,
        }
    }

    fn poll_once(&mut self) -> Poll<F::Output> {
        self.state.state.store(POLLING, Ordering::Release);
        self.future
            .as_mut()
            .poll(&mut Context::from_waker(&self.waker))
    }

    /// Ends a poll. Returns whether the future was woken during it; from now on, waking it
    /// wakes the task.
    fn was_notified(&self) -> bool {
        self.state.state.swap(IDLE, Ordering::AcqRel) == NOTIFIED
    }
}

impl<F: Future> Future for SelfWake<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // Registered before the state becomes IDLE, so that no wake-up is lost.
        self.state.task.register(cx.waker());
        let mut polled = self.poll_once();
        if polled.is_pending() && self.was_notified() {
            polled = self.poll_once();
            if polled.is_pending() && self.was_notified() {
                // Yield: the future may be waiting for another task.
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

    /// Pending this often, and woken each time.
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
    async fn a_future_that_wakes_itself_continues_in_the_same_poll() {
        let once = SelfWake::new(wakes_itself(1));
        pin_mut!(once);
        assert_eq!(poll!(once), Poll::Ready("done"));
    }

    #[tokio::test]
    async fn a_future_that_keeps_waking_itself_yields_and_completes() {
        let often = SelfWake::new(wakes_itself(5));
        pin_mut!(often);
        assert_eq!(poll!(often.as_mut()), Poll::Pending);
        assert_eq!(often.await, "done");
    }

    #[tokio::test]
    async fn a_future_that_another_task_wakes_is_polled_again() {
        let notify = Arc::new(Notify::new());
        let waits = SelfWake::new({
            let notify = Arc::clone(&notify);
            async move {
                for _ in 0..100 {
                    notify.notified().await;
                }
            }
        });
        let waiting = tokio::spawn(waits);
        for _ in 0..100 {
            tokio::task::yield_now().await;
            notify.notify_one();
        }
        let waited = tokio::time::timeout(Duration::from_secs(5), waiting).await;
        assert!(waited.is_ok());
    }

    /// Woken from another thread during a poll, before it, and after it.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_wake_up_is_lost_between_two_threads() {
        let (ours, theirs) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let player = |receives: Arc<Notify>, sends: Arc<Notify>| async move {
            for _ in 0..20_000 {
                sends.notify_one();
                receives.notified().await;
            }
            sends.notify_one();
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
