//! [`Collector`]: sends a batch, and retries if the answer of the collector permits it.

use std::time::Duration;

use bytes::Bytes;
use reqwest::{
    Client, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
    redirect,
};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};
use url::Url;

use crate::{otlp, settings::TraceSettings};

/// The pause before the first retry. It doubles with each further retry.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The maximum length that is read of an answer. Only its count of rejected spans is used.
const LONGEST_ANSWER: usize = 16 * 1024;

/// Sends batches to one collector.
pub(crate) struct Collector {
    client: Client,
    endpoint: Url,
    export_timeout: Duration,
}

/// Why a batch was not delivered. It contains no text from outside, and no URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// An answer without success.
    Status(u16),
    /// No complete answer in time.
    Timeout,
    /// No connection.
    NoConnection,
    /// The connection broke, or the answer was not HTTP.
    Broken,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status(status) => write!(f, "it answers with status {status}"),
            Self::Timeout => f.write_str("it does not answer in time"),
            Self::NoConnection => f.write_str("no connection"),
            Self::Broken => f.write_str("the connection breaks"),
        }
    }
}

/// The result of one attempt.
enum Attempt {
    /// The collector accepted the batch, except for this number of spans.
    Delivered(u64),
    Again(Failure, Option<Duration>),
    Failed(Failure),
}

impl Collector {
    /// Builds the client. Returns `None` if that fails, for example without certificates.
    pub(crate) fn new(settings: &TraceSettings) -> Option<Self> {
        let mut headers = HeaderMap::new();
        for (name, value) in &settings.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            let mut value = HeaderValue::from_str(value).ok()?;
            value.set_sensitive(true);
            headers.append(name, value);
        }
        let protobuf = HeaderValue::from_static("application/x-protobuf");
        headers.insert(CONTENT_TYPE, protobuf);
        let client = Client::builder()
            // A redirect would send the headers, which can be secrets, to another server.
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .timeout(settings.timeout)
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(concat!("toolgate-traces/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            // Proxies of the environment are never used, and no setting names one.
            .no_proxy();
        Some(Self {
            client: client.build().ok()?,
            endpoint: settings.endpoint.clone(),
            export_timeout: settings.export_timeout,
        })
    }

    /// Sends a batch. Returns how many of its spans the collector has rejected. Once `stopping` is
    /// true, it makes at most one more attempt.
    pub(crate) async fn send(
        &self,
        body: Vec<u8>,
        stopping: &mut watch::Receiver<bool>,
    ) -> Result<u64, Failure> {
        let end = Instant::now() + self.export_timeout;
        let (body, mut wait) = (Bytes::from(body), FIRST_WAIT);
        loop {
            // If the sender of `stopping` is gone, `wait_for` returns at once and ends each pause.
            let is_last = *stopping.borrow() || stopping.has_changed().is_err();
            match self.attempt(body.clone()).await {
                Attempt::Delivered(rejected) => return Ok(rejected),
                Attempt::Failed(failure) => return Err(failure),
                Attempt::Again(failure, stated) => {
                    let pause = stated.unwrap_or(wait).min(self.export_timeout);
                    if is_last || Instant::now() + pause >= end {
                        return Err(failure);
                    }
                    tokio::select! {
                        () = sleep(pause) => wait *= 2,
                        _ = stopping.wait_for(|&is_stopping| is_stopping) => {}
                    }
                }
            }
        }
    }

    async fn attempt(&self, body: Bytes) -> Attempt {
        let request = self.client.post(self.endpoint.clone()).body(body);
        let mut answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return Attempt::Again(failure(&error), None),
        };
        let status = answer.status();
        let mut start = Vec::new();
        while start.len() < LONGEST_ANSWER {
            match answer.chunk().await {
                Ok(Some(chunk)) => start.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => return Attempt::Again(failure(&error), None),
            }
        }
        match status {
            StatusCode::OK | StatusCode::ACCEPTED => Attempt::Delivered(otlp::rejected(&start)),
            // The specification of OTLP/HTTP lists these four.
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => {
                let stated = answer.headers().get(RETRY_AFTER);
                let seconds = stated.and_then(|stated| stated.to_str().ok()?.parse().ok());
                let failure = Failure::Status(status.as_u16());
                Attempt::Again(failure, seconds.map(Duration::from_secs))
            }
            _ => Attempt::Failed(Failure::Status(status.as_u16())),
        }
    }
}

fn failure(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        Failure::Timeout
    } else if error.is_connect() {
        Failure::NoConnection
    } else {
        Failure::Broken
    }
}
