//! [`Exporter`]: a bounded queue of spans, and the task that sends them.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot, watch},
    time::{Instant, timeout},
};

use crate::{
    collector::{Collector, Failure},
    otlp,
    sampler::Sampler,
    settings::TraceSettings,
    span::Span,
};

#[cfg(test)]
mod tests;

/// The minimum time between two log lines about dropped spans.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);

/// Sends spans in the background. A collector that is slow or down never delays a request: spans
/// that exceed the capacity of the queue are dropped and counted.
pub struct Exporter {
    jobs: mpsc::UnboundedSender<Job>,
    stop: watch::Sender<bool>,
    counts: Arc<Counts>,
    capacity: usize,
    sampler: Sampler,
}

/// How many spans were delivered, and how many were not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportCounts {
    /// The collector has these spans.
    pub delivered: u64,
    /// The queue was full, the collector could not be reached, or it has rejected these spans.
    pub dropped: u64,
}

#[derive(Default)]
struct Counts {
    queued: AtomicUsize,
    delivered: AtomicU64,
    dropped: AtomicU64,
}

enum Job {
    Spans(Vec<Span>),
    /// Sends everything before it, then answers.
    Finish(oneshot::Sender<()>),
}

impl Exporter {
    /// Starts the sending task on the current runtime. It ends when the exporter is dropped.
    ///
    /// # Errors
    ///
    /// Returns the reason if there is no runtime or no usable HTTP client.
    pub fn start(settings: &TraceSettings) -> Result<Arc<Self>, &'static str> {
        let runtime = Handle::try_current().map_err(|_| "no tokio runtime is running")?;
        let collector =
            Collector::new(settings).ok_or("the system has no usable certificates for https")?;
        let (jobs, received) = mpsc::unbounded_channel();
        let (stop, stopping) = watch::channel(false);
        let counts = Arc::new(Counts::default());
        let worker = Worker {
            collector,
            stopping,
            counts: Arc::clone(&counts),
            resource: settings.resource.clone(),
            batch: settings.batch,
            delay: settings.delay,
            reported: (0, None),
        };
        runtime.spawn(worker.run(received));
        Ok(Arc::new(Self {
            jobs,
            stop,
            counts,
            capacity: settings.queue,
            sampler: settings.sampler,
        }))
    }

    /// Queues the spans of a request, or drops and counts them.
    pub(crate) fn export(&self, spans: Vec<Span>) {
        let (counts, count) = (&self.counts, spans.len());
        let queued = counts.queued.fetch_add(count, Ordering::Relaxed);
        let has_room = queued + count <= self.capacity;
        if !has_room || self.jobs.send(Job::Spans(spans)).is_err() {
            counts.queued.fetch_sub(count, Ordering::Relaxed);
            counts.drop_spans(count);
        }
    }

    /// Sends the queued spans, for at most this time. A batch that fails now is not sent again.
    pub async fn finish(&self, time: Duration) {
        self.stop.send_replace(true);
        let (finished, waiting) = oneshot::channel();
        let is_sent = self.jobs.send(Job::Finish(finished)).is_ok();
        if is_sent && timeout(time, waiting).await.is_err() {
            let left = self.counts.queued.load(Ordering::Relaxed);
            tracing::warn!(target: "toolgate::traces", left, "the collector did not take the last spans in time");
        }
    }

    /// Returns how many spans were delivered and dropped.
    #[must_use]
    pub fn counts(&self) -> ExportCounts {
        ExportCounts {
            delivered: self.counts.delivered.load(Ordering::Relaxed),
            dropped: self.counts.dropped.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn sampler(&self) -> &Sampler {
        &self.sampler
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter")
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

impl Counts {
    fn drop_spans(&self, count: usize) {
        self.dropped.fetch_add(count as u64, Ordering::Relaxed);
    }
}

struct Worker {
    collector: Collector,
    stopping: watch::Receiver<bool>,
    counts: Arc<Counts>,
    resource: Vec<(String, String)>,
    batch: usize,
    delay: Duration,
    /// The number of dropped spans that were logged, and the time of the last such line.
    reported: (u64, Option<Instant>),
}

impl Worker {
    async fn run(mut self, mut jobs: mpsc::UnboundedReceiver<Job>) {
        let mut waiting = Vec::new();
        let mut due = None;
        loop {
            let job = match due {
                None => jobs.recv().await,
                Some(due) => match tokio::time::timeout_at(due, jobs.recv()).await {
                    Ok(job) => job,
                    Err(_) => Some(Job::Spans(Vec::new())),
                },
            };
            let (is_end, finished) = match job {
                Some(Job::Spans(spans)) => {
                    waiting.extend(spans);
                    (false, None)
                }
                Some(Job::Finish(finished)) => (true, Some(finished)),
                None => (true, None),
            };
            let is_due = due.is_some_and(|due| due <= Instant::now());
            while waiting.len() >= self.batch || ((is_due || is_end) && !waiting.is_empty()) {
                let rest = waiting.split_off(self.batch.min(waiting.len()));
                self.send(std::mem::replace(&mut waiting, rest)).await;
            }
            due = match waiting.is_empty() {
                true => None,
                false => due.or(Some(Instant::now() + self.delay)),
            };
            if let Some(finished) = finished {
                // `finish` may have timed out.
                let _ = finished.send(());
            } else if is_end {
                return;
            }
        }
    }

    async fn send(&mut self, spans: Vec<Span>) {
        let count = spans.len();
        self.counts.queued.fetch_sub(count, Ordering::Relaxed);
        let body = otlp::request(&self.resource, spans);
        let sent = self.collector.send(body, &mut self.stopping).await;
        let dropped = match sent {
            Ok(rejected) => count.min(usize::try_from(rejected).unwrap_or(count)),
            Err(_) => count,
        };
        let delivered = (count - dropped) as u64;
        self.counts
            .delivered
            .fetch_add(delivered, Ordering::Relaxed);
        self.counts.drop_spans(dropped);
        self.report(sent);
    }

    /// Logs the number of dropped spans, at most once per `REPORT_INTERVAL`.
    fn report(&mut self, sent: Result<u64, Failure>) {
        let (known, last) = self.reported;
        let dropped = self.counts.dropped.load(Ordering::Relaxed);
        let is_early = last.is_some_and(|last| last.elapsed() < REPORT_INTERVAL);
        if dropped == known || is_early {
            return;
        }
        let reason = match sent {
            Ok(0) => "the queue was full".to_owned(),
            Ok(_) => "the collector has rejected spans".to_owned(),
            Err(failure) => format!("the collector: {failure}"),
        };
        let count = dropped - known;
        tracing::warn!(target: "toolgate::traces", count, reason, "spans were dropped");
        self.reported = (dropped, Some(Instant::now()));
    }
}
