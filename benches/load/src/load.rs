//! Maximum load: each connection sends the next call as soon as it has a response.

use std::{
    sync::{
        Arc, OnceLock,
        mpsc::{self, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::{runtime, task::JoinSet};

use crate::{Fault, connection::Connection, latency::Latencies, process::Process, target::Target};

/// How long the connections may take to become ready.
const PATIENCE: Duration = Duration::from_secs(30);

/// The parameters of a load.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    pub(crate) threads: usize,
    /// The time before calls are counted.
    pub(crate) warm_up: Duration,
    pub(crate) slice: Duration,
}

/// The result of a slice.
#[derive(Debug, Clone)]
pub(crate) struct Slice {
    /// Calls per second.
    pub(crate) rate: f64,
    /// CPU time of the server per call, in microseconds.
    pub(crate) cost: f64,
    pub(crate) latencies: Latencies,
}

impl Load {
    /// Loads a server for one slice.
    pub(crate) fn press(&self, target: &Target, process: &Process) -> Result<Slice, Fault> {
        let target = Arc::new(target.clone());
        let time = Arc::new(OnceLock::new());
        let (tell, told) = mpsc::channel();
        let threads: Vec<_> = (0..self.threads)
            .map(|number| {
                let share = (self.connections + number) / self.threads;
                let (target, time, tell) = (Arc::clone(&target), Arc::clone(&time), tell.clone());
                thread::spawn(move || {
                    let done = press(&target, share, &time, &tell);
                    // The receiver may have stopped waiting.
                    let _ = tell.send(done.is_ok());
                    done
                })
            })
            .collect();
        // Opening sessions takes time; all connections start together.
        let are_ready = (0..self.connections).all(|_| told.recv_timeout(PATIENCE) == Ok(true));
        let warm = if are_ready {
            self.warm_up
        } else {
            Duration::ZERO
        };
        let begin = Instant::now() + warm;
        let end = begin
            + if are_ready {
                self.slice
            } else {
                Duration::ZERO
            };
        let _ = time.set((begin, end));
        thread::sleep(begin.saturating_duration_since(Instant::now()));
        let before = process.busy();
        thread::sleep(end.saturating_duration_since(Instant::now()));
        let after = process.busy();
        let mut latencies = Latencies::default();
        for thread in threads {
            let these = thread.join().map_err(|_| "the load program panicked")?;
            latencies.extend(these?);
        }
        let calls = latencies.count();
        if calls == 0 {
            return Err(format!("{:?} answered nothing", target.endpoint()).into());
        }
        let busy = after?.saturating_sub(before?);
        Ok(Slice {
            rate: calls as f64 / self.slice.as_secs_f64(),
            cost: busy.as_secs_f64() * 1e6 / calls as f64,
            latencies,
        })
    }
}

/// The measured interval. Unset until all connections are ready.
type Time = OnceLock<(Instant, Instant)>;

/// Runs one thread with its share of the connections.
fn press(
    target: &Arc<Target>,
    connections: usize,
    time: &Arc<Time>,
    ready: &Sender<bool>,
) -> Result<Latencies, Fault> {
    let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for _ in 0..connections {
            let (target, time, ready) = (Arc::clone(target), Arc::clone(time), ready.clone());
            tasks.spawn(async move { call_until(&target, &time, &ready).await });
        }
        let mut all = Latencies::default();
        while let Some(done) = tasks.join_next().await {
            all.extend(done??);
        }
        Ok(all)
    })
}

/// Calls until the interval ends. Responses within the interval count.
async fn call_until(
    target: &Target,
    time: &Time,
    ready: &Sender<bool>,
) -> Result<Latencies, Fault> {
    let mut connection = Connection::open(target.endpoint().address).await?;
    let mut asking = target.begin(&mut connection).await?;
    ready.send(true)?;
    let mut latencies = Latencies::default();
    let mut sent = Instant::now();
    loop {
        let (frame, bytes) = connection.exchange(asking.next()).await?;
        target.check(Some(&asking), frame, bytes)?;
        let now = Instant::now();
        if let Some(&(begin, end)) = time.get() {
            if now >= end {
                break;
            }
            if now >= begin {
                latencies.note(now - sent);
            }
        }
        sent = now;
    }
    target.end(asking, &mut connection).await?;
    Ok(latencies)
}
