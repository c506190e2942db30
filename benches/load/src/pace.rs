//! Calls at a fixed rate, whether or not the server keeps up.
//!
//! Each connection has a schedule that is fixed in advance. If a call has to wait for the
//! previous one, that wait is part of its latency, so that a slow response is not hidden by
//! calls that were not made meanwhile.
//!
//! One thread serves all connections. With one thread each, they would wake up in bursts,
//! compete with the server for processors, and distort the measurement.

use std::time::{Duration, Instant};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::retry_on_intr,
};

use crate::{
    Fault,
    connection::{Caller, PATIENCE},
    latency::Latencies,
    target::Target,
};

/// Calls `rate` times per second in total, for this time.
pub(crate) fn call_at(
    target: &Target,
    rate: f64,
    connections: usize,
    time: Duration,
) -> Result<Latencies, Fault> {
    wake_in_time()?;
    let between = Duration::from_secs_f64(connections as f64 / rate);
    let mut lines = (0..connections)
        .map(|_| Line::open(target))
        .collect::<Result<Vec<_>, _>>()?;
    let start = Instant::now() + Duration::from_millis(10);
    for (number, line) in lines.iter_mut().enumerate() {
        line.due = start + between.mul_f64(number as f64 / connections as f64);
    }
    let mut latencies = Latencies::default();
    loop {
        for line in &mut lines {
            line.ask_if_due(target, start + time)?;
        }
        let idle = lines.iter().filter(|line| line.asked.is_none());
        let next = idle
            .map(|line| line.due)
            .filter(|due| *due < start + time)
            .min();
        let mut waiting: Vec<&mut Line> = Vec::with_capacity(connections);
        waiting.extend(lines.iter_mut().filter(|line| line.asked.is_some()));
        if next.is_none() && waiting.is_empty() {
            return Ok(latencies);
        }
        let ready = readable(&waiting, next)?;
        for (line, is_ready) in waiting.into_iter().zip(ready) {
            if is_ready && let Some(took) = line.read(target, between)? {
                latencies.note(took);
            }
        }
    }
}

/// By default, Linux delays wake-ups by up to 50 µs to batch them.
#[cfg(target_os = "linux")]
fn wake_in_time() -> Result<(), Fault> {
    let least = std::num::NonZeroU64::MIN;
    Ok(rustix::thread::set_current_timer_slack(Some(least))?)
}

#[cfg(not(target_os = "linux"))]
fn wake_in_time() -> Result<(), Fault> {
    Ok(())
}

/// Waits until a response arrives or the next call is due. Returns which connections are
/// readable.
fn readable(waiting: &[&mut Line], next: Option<Instant>) -> Result<Vec<bool>, Fault> {
    let patience = next.map_or(PATIENCE, |due| {
        due.saturating_duration_since(Instant::now())
    });
    let mut sockets: Vec<_> = waiting
        .iter()
        .map(|line| PollFd::new(line.caller.stream(), PollFlags::IN))
        .collect();
    let patience = Timespec::try_from(patience)?;
    let ready = retry_on_intr(|| poll(&mut sockets, Some(&patience)))?;
    if ready == 0 && next.is_none() {
        return Err("a call got no response".into());
    }
    Ok(sockets
        .iter()
        .map(|socket| !socket.revents().is_empty())
        .collect())
}

/// One connection and its state.
struct Line {
    caller: Caller,
    /// When the next call is due.
    due: Instant,
    /// When the last call completed.
    free: Instant,
    /// The start of the current call's latency.
    asked: Option<Instant>,
}

impl Line {
    /// Opens a connection, and makes one call: the first response includes the cost of
    /// connecting.
    fn open(target: &Target) -> Result<Self, Fault> {
        let mut caller = Caller::open(target.endpoint().address)?;
        let (frame, bytes) = caller.exchange(target.request())?;
        target.check(None, frame, bytes)?;
        let now = Instant::now();
        Ok(Self {
            caller,
            due: now,
            free: now,
            asked: None,
        })
    }

    fn ask_if_due(&mut self, target: &Target, end: Instant) -> Result<(), Fault> {
        if self.asked.is_some() || self.due >= end {
            return Ok(());
        }
        let now = Instant::now();
        if now < self.due {
            return Ok(());
        }
        // If the connection was free when the call was due, the delay is this thread's own late
        // wake-up and does not count.
        let begin = if self.free > self.due { self.due } else { now };
        self.asked = Some(begin);
        self.caller.send(target.request())
    }

    /// Reads what is available. Returns the latency if the call is complete.
    fn read(&mut self, target: &Target, between: Duration) -> Result<Option<Duration>, Fault> {
        let Some((frame, bytes)) = self.caller.read()? else {
            return Ok(None);
        };
        self.free = Instant::now();
        self.due += between;
        target.check(None, frame, bytes)?;
        let asked = self.asked.take();
        Ok(asked.map(|asked| self.free.saturating_duration_since(asked)))
    }
}
