//! [`listen`]: the connections of the operator.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use toolgate_store::OperatorSwitches;

use crate::{Controls, hosts::Hosts, ledger::Ledger, request::Shared, secret::AdminSecret};

/// The maximum number of open connections. The listener accepts further connections when one of
/// them ends, so a client that keeps connections open delays the operator but cannot lock the
/// operator out.
const CONNECTIONS: usize = 16;

/// How long one connection may last: it serves one request.
const CONNECTION_TIME: Duration = Duration::from_secs(15);

/// How long the head of a request may take.
const HEAD_TIME: Duration = Duration::from_secs(5);

/// The longest head, in bytes.
const HEAD_SIZE: usize = 16 * 1024;

/// How many answers to wrong secrets are delayed at the same time. The others are not delayed: they
/// must not occupy the connections that the operator needs. A secret of 32 bytes cannot be guessed,
/// with or without a pause.
const PAUSES: usize = 2;

/// The minimum time between two log lines about failures.
const LOG_INTERVAL: Duration = Duration::from_secs(1);

/// How a listener serves.
#[derive(Debug, Clone)]
pub struct AdminSettings {
    secret: AdminSecret,
    hosts: Vec<String>,
    failure_pause: Duration,
}

impl AdminSettings {
    /// Accepts requests with this secret. The answer to a wrong secret is delayed by half a second,
    /// unless two other answers are being delayed.
    #[must_use]
    pub fn new(secret: AdminSecret) -> Self {
        Self {
            secret,
            hosts: Vec::new(),
            failure_pause: Duration::from_millis(500),
        }
    }

    /// Accepts these further values of `Host`, each with its port.
    #[must_use]
    pub fn with_hosts(mut self, hosts: Vec<String>) -> Self {
        self.hosts = hosts;
        self
    }

    /// Sets the pause before the answer to a wrong secret.
    #[must_use]
    pub fn with_failure_pause(mut self, pause: Duration) -> Self {
        self.failure_pause = pause;
        self
    }
}

/// Serves until it is stopped.
pub async fn listen(
    listener: TcpListener,
    settings: AdminSettings,
    controls: Arc<dyn Controls>,
    switches: OperatorSwitches,
    stop: CancellationToken,
) {
    let Ok(address) = listener.local_addr() else {
        return;
    };
    let shared = Arc::new(Shared {
        hosts: Hosts::new(address, &settings.hosts),
        secret: settings.secret,
        ledger: Arc::new(Ledger::new(controls, switches)),
        pauses: Semaphore::new(PAUSES),
        failure_pause: settings.failure_pause,
        failures: FailureLog::default(),
    });
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let next = async {
            let slot = Arc::clone(&slots).acquire_owned().await;
            (slot, listener.accept().await)
        };
        let (slot, accepted) = tokio::select! {
            () = stop.cancelled() => return,
            next = next => next,
        };
        let Ok((stream, peer)) = accepted else {
            // Too many open files, for example.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            // A connection that takes too long is closed.
            let _ = timeout(CONNECTION_TIME, serve(stream, peer, shared)).await;
            drop(slot);
        });
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>) {
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(shared.answer(request, peer).await) }
    });
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .keep_alive(false)
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_SIZE);
    let served = server.serve_connection(TokioIo::new(stream), service);
    if let Err(error) = served.await {
        tracing::debug!(target: "toolgate::admin", %error, "a connection failed");
    }
}

/// Logs refused requests, at most one a second.
#[derive(Default)]
pub(crate) struct FailureLog(Mutex<Failures>);

#[derive(Default)]
struct Failures {
    logged: Option<Instant>,
    /// The number of refusals since then that were not logged.
    unlogged: u64,
}

impl FailureLog {
    pub(crate) fn note(&self, peer: SocketAddr, what: &'static str) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = state
            .logged
            .is_some_and(|logged| logged.elapsed() < LOG_INTERVAL);
        if is_recent {
            state.unlogged += 1;
            return;
        }
        let further = std::mem::take(&mut state.unlogged);
        state.logged = Some(Instant::now());
        tracing::warn!(target: "toolgate::admin", %peer, what, further, "a request to the operator's listener was refused");
    }
}
