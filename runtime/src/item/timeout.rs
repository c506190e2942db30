//! `timeout = "…"`: cancels an item that runs too long.

use std::time::Duration;

use futures_util::{FutureExt, future::poll_immediate};
use tokio::time::{Instant, timeout_at};

use super::{CallError, KindParts, Run};
use crate::observer::RunOutcome;

/// Returns the function of an item whose run is dropped after this time.
pub(super) fn within<S: 'static, K: KindParts>(
    time: Duration,
    name: &'static str,
    run: Run<S, K>,
) -> Run<S, K> {
    Box::new(move |call| {
        let mut running = run(call);
        let running = async move {
            let started = Instant::now();
            // Most items end at once, and need no timer.
            if let Some(end) = poll_immediate(&mut running).await {
                return end;
            }
            match timeout_at(started + time, running).await {
                Ok(end) => end,
                Err(_) => Err(CallError::interrupted(
                    RunOutcome::TimedOut,
                    timed_out(time, K::NOUN, name),
                )),
            }
        };
        running.boxed()
    })
}

/// Logs that an item was cancelled, and returns the message for the caller.
pub(crate) fn timed_out(time: Duration, noun: &str, name: &str) -> String {
    let seconds = time.as_secs_f32();
    tracing::warn!(target: "toolgate::tool", kind = noun, name, seconds, "an item was cancelled at its timeout");
    format!(
        "this {noun} did not finish within {time:?} and was cancelled; its earlier effects may remain"
    )
}
