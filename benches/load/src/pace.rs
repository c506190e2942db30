//! Calls at a fixed rate, whether the server keeps up or not.
//!
//! Each connection has a thread, and its calls have their times before they are made.
//! A call that had to wait for the one before it took as long as it waited, so a slow
//! answer is not hidden by the calls that were not made meanwhile. What the thread itself
//! wakes up late is the machine's, and not counted.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{Fault, connection::Caller, latency::Latencies, target::Target};

/// Calls this often a second in all, for this time.
pub(crate) fn call_at(
    target: &Target,
    rate: f64,
    connections: usize,
    time: Duration,
) -> Result<Latencies, Fault> {
    let between = Duration::from_secs_f64(connections as f64 / rate);
    let start = Instant::now() + Duration::from_millis(50);
    let threads: Vec<_> = (0..connections)
        .map(|number| {
            let target = target.clone();
            let first = start + between.mul_f64(number as f64 / connections as f64);
            thread::spawn(move || call(&target, first, between, start + time))
        })
        .collect();
    let mut all = Latencies::default();
    for thread in threads {
        all.extend(thread.join().map_err(|_| "the load program panicked")??);
    }
    Ok(all)
}

fn call(
    target: &Target,
    first: Instant,
    between: Duration,
    end: Instant,
) -> Result<Latencies, Fault> {
    let mut caller = Caller::open(target.endpoint().address)?;
    let mut latencies = Latencies::default();
    let mut due = first;
    // A connection's first answer pays for the connection.
    let (frame, bytes) = caller.exchange(target.request())?;
    target.check(None, frame, bytes)?;
    while due < end {
        let now = Instant::now();
        let begin = if now < due {
            thread::sleep(due - now);
            Instant::now()
        } else {
            due
        };
        let (frame, bytes) = caller.exchange(target.request())?;
        latencies.note(begin.elapsed());
        target.check(None, frame, bytes)?;
        due += between;
    }
    Ok(latencies)
}
