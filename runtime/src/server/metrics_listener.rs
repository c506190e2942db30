//! Counts decisions and runs, and serves the counts at an address of their own.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use axum::body::Body;
use futures_util::FutureExt;
use http::{Method, Request, Response, StatusCode, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::sync::{CancellationToken, DropGuard};
use toolgate_metrics::{CONTENT_TYPE, Decision, Metrics, Reading, Verification};

use crate::{
    denial::DenialReason,
    error::SetupErrors,
    observer::{
        DecisionEvent, GateState, NotRecordedError, Observer, OutcomeEvent, PolicyEvent,
        VerificationEvent,
    },
};

use super::private_socket;

/// The only path.
const PATH: &str = "/metrics";

/// The maximum number of open connections.
const CONNECTIONS: usize = 16;

/// How long one connection may last: it serves one request.
const CONNECTION_TIME: Duration = Duration::from_secs(10);

#[cfg(feature = "audit")]
type AuditLog = Option<Arc<super::audit_log::AuditObserver>>;

/// The observer that counts. The listener stops when it is dropped.
pub(super) struct MetricsObserver {
    shared: Arc<Shared>,
    _stop: DropGuard,
}

struct Shared {
    metrics: Metrics,
    /// The gate, whose state is read at each scrape.
    gate: OnceLock<Weak<dyn GateState>>,
    #[cfg(feature = "audit")]
    audit: AuditLog,
}

impl MetricsObserver {
    /// Listens at an address. Returns `None` and adds an error if that fails.
    pub(super) fn listen(
        address: SocketAddr,
        #[cfg(feature = "audit")] audit: AuditLog,
        faults: &mut SetupErrors,
    ) -> Option<Arc<Self>> {
        let opened = private_socket::open(address);
        let (listener, runtime) = opened
            .map_err(|error| {
                faults.add(
                    format!("the metrics cannot be served at {address}: {error}"),
                    "set TOOLGATE_METRICS_BIND to a free address of this machine, or remove it",
                );
            })
            .ok()?;
        let shared = Arc::new(Shared {
            metrics: Metrics::new(env!("CARGO_PKG_VERSION")),
            gate: OnceLock::new(),
            #[cfg(feature = "audit")]
            audit,
        });
        let stop = CancellationToken::new();
        let serving = serve(listener, Arc::clone(&shared), stop.clone());
        runtime.spawn(serving.boxed());
        tracing::info!(%address, "metrics are served");
        Some(Arc::new(Self {
            shared,
            _stop: stop.drop_guard(),
        }))
    }
}

impl Observer for MetricsObserver {
    fn decided(&self, decision: &DecisionEvent<'_>) -> Result<(), NotRecordedError> {
        // A request without a token lacks every scope, which says nothing about grants.
        let lacks_scope = decision.reason == Some(DenialReason::MissingScope);
        let missing = decision.missing_scopes.iter().filter(|_| lacks_scope);
        let missing: Vec<_> = missing.collect();
        self.shared.metrics.decided(&Decision {
            method: decision.known_method,
            item: decision.registered_item,
            outcome: decision.outcome,
            reason: decision.reason.map(DenialReason::code),
            missing: &missing,
            runs: decision.runs,
        });
        Ok(())
    }

    fn ended(&self, end: &OutcomeEvent<'_>) {
        let outcome = end.outcome.as_str();
        let metrics = &self.shared.metrics;
        metrics.ended(end.method, end.item, outcome, end.duration);
    }

    fn verified(&self, verification: &VerificationEvent<'_>) {
        let is_cacheable = verification.kind != "custom";
        self.shared.metrics.verified(&Verification {
            is_cached: is_cacheable.then_some(verification.is_cached),
            kind: verification.kind,
            outcome: verification.outcome.as_str(),
            duration: verification.duration,
        });
    }

    fn policy_asked(&self, asked: &PolicyEvent) {
        self.shared
            .metrics
            .policy_asked(asked.outcome, asked.duration);
    }

    fn attached(&self, gate: Weak<dyn GateState>) {
        if let Some(gate) = gate.upgrade() {
            self.shared.metrics.register_items(gate.items());
        }
        // Each gate has metrics of its own.
        let _ = self.shared.gate.set(gate);
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>, stop: CancellationToken) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            // Too many open files, for example.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        // A connection beyond the limit is closed: a scraper tries again.
        if let Ok(slot) = Arc::clone(&slots).try_acquire_owned() {
            let connection = connection(stream, Arc::clone(&shared));
            let connection = timeout(CONNECTION_TIME, connection);
            let connection = connection.map(|_| drop(slot));
            tokio::spawn(connection.boxed());
        }
    }
}

/// Serves one request.
async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let response = shared.respond(request.method(), request.uri().path());
        std::future::ready(Ok::<_, Infallible>(response))
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).keep_alive(false);
    let served = server.serve_connection(TokioIo::new(stream), service);
    if let Err(error) = served.await {
        tracing::debug!(%error, "a connection for metrics failed");
    }
}

impl Shared {
    /// Answers a request. The `Host` is not compared: the answer holds counts and no secret of a
    /// user, and a request changes nothing. A page that rebinds a name to this address gets only
    /// the counts that the operator publishes to every host that reaches the address.
    fn respond(&self, method: &Method, path: &str) -> Response<Body> {
        let (status, body) = match (path, method) {
            (PATH, &Method::GET | &Method::HEAD) => (StatusCode::OK, self.text()),
            (PATH, _) => (
                StatusCode::METHOD_NOT_ALLOWED,
                "only GET is allowed\n".into(),
            ),
            _ => (
                StatusCode::NOT_FOUND,
                "the metrics are at /metrics\n".into(),
            ),
        };
        let media_type = match status {
            StatusCode::OK => CONTENT_TYPE,
            _ => "text/plain; charset=utf-8",
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let media_type = http::HeaderValue::from_static(media_type);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, media_type);
        if status == StatusCode::METHOD_NOT_ALLOWED {
            // RFC 9110 §15.5.6.
            headers.insert(header::ALLOW, http::HeaderValue::from_static("GET, HEAD"));
        }
        response
    }

    fn text(&self) -> String {
        #[cfg(feature = "audit")]
        let audit = self.audit.as_ref().map(|audit| audit.state());
        #[cfg(not(feature = "audit"))]
        let audit = None;
        let gate = self.gate.get().and_then(Weak::upgrade);
        self.metrics.text(&Reading {
            audit,
            sessions: gate.as_ref().map_or(0, |gate| gate.sessions()),
            open_streams: gate.as_ref().map_or(0, |gate| gate.open_streams()),
            key_ages: gate.map_or_else(Vec::new, |gate| gate.key_ages()),
        })
    }
}
