//! A collector on loopback. It decodes what arrives with the definitions of OpenTelemetry.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
};
use prost::Message;
use tokio::net::TcpListener;

/// A span that has arrived.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) name: String,
    pub(crate) trace: String,
    pub(crate) id: String,
    /// Empty for a root.
    pub(crate) parent: String,
    pub(crate) kind: i32,
    pub(crate) times: [u64; 2],
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) is_error: bool,
}

impl Received {
    /// Returns an attribute, or an empty text.
    pub(crate) fn get(&self, key: &str) -> &str {
        self.attributes.get(key).map_or("", String::as_str)
    }
}

/// The spans and the raw requests so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Collector {
    bodies: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    /// How long each answer takes.
    pub(crate) delay: Duration,
    pub(crate) endpoint: String,
}

async fn receive(State(collector): State<Collector>, headers: HeaderMap, body: Bytes) -> Vec<u8> {
    collector.keep(headers, body);
    tokio::time::sleep(collector.delay).await;
    Vec::new()
}

impl Collector {
    pub(crate) async fn start() -> Self {
        Self::slow(Duration::ZERO).await
    }

    pub(crate) async fn slow(delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let collector = Self {
            bodies: Arc::default(),
            delay,
            endpoint: format!("http://{address}"),
        };
        let routes = Router::new()
            .route("/v1/traces", post(receive))
            .with_state(collector.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        collector
    }

    fn keep(&self, headers: HeaderMap, body: Bytes) {
        let mut bodies = self.bodies.lock().expect("not poisoned");
        bodies.push((headers, body));
    }

    /// Returns the requests so far.
    pub(crate) fn requests(&self) -> Vec<(HeaderMap, Bytes)> {
        self.bodies.lock().expect("not poisoned").clone()
    }

    /// Returns the attributes of the resource of the first request.
    pub(crate) fn resource(&self) -> BTreeMap<String, String> {
        let (_, body) = &self.requests()[0];
        let request = ExportTraceServiceRequest::decode(body.clone()).expect("OTLP");
        let resource = request.resource_spans[0].resource.clone();
        texts(resource.expect("a resource").attributes)
    }

    /// Waits for the span with an id.
    ///
    /// # Panics
    ///
    /// If it does not arrive within four seconds.
    pub(crate) async fn span(&self, id: &str) -> Received {
        for _ in 0..200 {
            if let Some(span) = self.spans().into_iter().find(|span| span.id == id) {
                return span;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no span {id}");
    }

    /// Returns all spans so far.
    pub(crate) fn spans(&self) -> Vec<Received> {
        let mut spans = Vec::new();
        for (_, body) in self.requests() {
            let request = ExportTraceServiceRequest::decode(body).expect("OTLP");
            for scoped in request
                .resource_spans
                .into_iter()
                .flat_map(|of| of.scope_spans)
            {
                assert_eq!(scoped.scope.expect("a scope").name, "toolgate");
                spans.extend(scoped.spans.into_iter().map(|span| Received {
                    name: span.name,
                    trace: hex(&span.trace_id),
                    id: hex(&span.span_id),
                    parent: hex(&span.parent_span_id),
                    kind: span.kind,
                    times: [span.start_time_unix_nano, span.end_time_unix_nano],
                    attributes: texts(span.attributes),
                    is_error: span.status.is_some_and(|status| status.code == 2),
                }));
            }
        }
        spans
    }

    /// Waits until a span of this name has arrived, and returns it with all of its trace.
    pub(crate) async fn trace_of(&self, name: &str) -> Vec<Received> {
        for _ in 0..500 {
            let spans = self.spans();
            if let Some(found) = spans.iter().find(|span| span.name == name) {
                let is_same = |span: &Received| span.trace == found.trace;
                return spans.iter().filter(|span| is_same(span)).cloned().collect();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{name}: {:#?}", self.spans());
    }
}

/// Returns the span of this name.
pub(crate) fn named<'a>(spans: &'a [Received], name: &str) -> &'a Received {
    let mut found = spans.iter().filter(|span| span.name == name);
    match (found.next(), found.next()) {
        (Some(span), None) => span,
        _ => panic!("one {name}: {spans:#?}"),
    }
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |attribute: KeyValue| {
        let value = match attribute.value.and_then(|value| value.value) {
            Some(Value::StringValue(text)) => text,
            Some(Value::IntValue(number)) => number.to_string(),
            Some(Value::BoolValue(flag)) => flag.to_string(),
            other => panic!("{}: {other:?}", attribute.key),
        };
        (attribute.key, value)
    };
    let count = attributes.len();
    let texts: BTreeMap<_, _> = attributes.into_iter().map(text).collect();
    assert_eq!(texts.len(), count, "each key once: {texts:?}");
    texts
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
