//! Calls at a fixed rate, whether the server keeps up or not.
//!
//! Each connection has a schedule: the times of its calls are known before they are made. A
//! call that had to wait for the one before it took as long as it waited, so a slow answer
//! is not hidden by the calls that were not made meanwhile.
//!
//! One thread asks and reads on all of the connections. With a thread for each they wake up
//! in heaps and compete with the server for its processors, and are what is measured.

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

/// Calls this often a second in all, for this time.
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

/// Linux wakes a thread up to 50 µs late, together with others, unless it is told not to.
#[cfg(target_os = "linux")]
fn wake_in_time() -> Result<(), Fault> {
    let least = std::num::NonZeroU64::MIN;
    Ok(rustix::thread::set_current_timer_slack(Some(least))?)
}

#[cfg(not(target_os = "linux"))]
fn wake_in_time() -> Result<(), Fault> {
    Ok(())
}

/// Waits until an answer comes or the next call is due; which of the connections have one.
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
        return Err("a call is not answered".into());
    }
    Ok(sockets
        .iter()
        .map(|socket| !socket.revents().is_empty())
        .collect())
}

/// One connection, and where it stands.
struct Line {
    caller: Caller,
    /// When the next call is to be made.
    due: Instant,
    /// When the last call was answered.
    free: Instant,
    /// From when on the call that is under way counts.
    asked: Option<Instant>,
}

impl Line {
    /// Opens a connection, and makes a call on it, as a connection's first answer pays for
    /// the connection.
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
        // Who was free in time and yet is late woke up late, which is not the server's.
        let begin = if self.free > self.due { self.due } else { now };
        self.asked = Some(begin);
        self.caller.send(target.request())
    }

    /// Reads what is there; how long the call took if that is its end.
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
