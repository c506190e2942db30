//! What a hostile body costs at the gate, in bytes of memory.

use futures_util::stream;
use http_body::Frame;
use http_body_util::StreamBody;
use rmcp::model::{CallToolResult, JsonObject};

use super::*;
use crate::{
    gate::{RunningCall, StatelessFastPath},
    observer::RunReport,
};

const MIB: usize = 1024 * 1024;

/// A gate with the default limits of a server.
fn default_gate() -> Gate {
    Gate {
        pending_bodies: PendingBodies::new(RequestLimits::default().pending_bodies()),
        limits: RequestLimits::default(),
        ..gate()
    }
}

/// A body that is created while it is read, so that only what the gate keeps is counted.
struct Hostile {
    start: &'static str,
    item: &'static str,
    /// The text after the items. A string makes a body longer without a further value.
    end: String,
    items: usize,
}

impl Hostile {
    /// As many items as fit into this many bytes.
    fn of_length(start: &'static str, item: &'static str, length: usize) -> Self {
        Self {
            start,
            item,
            end: String::new(),
            items: (length - start.len()) / item.len(),
        }
    }

    fn into_body(self) -> Body {
        let chunk = 1 + 16 * 1024 / self.item.len().max(1);
        let start = std::iter::once(Bytes::from_static(self.start.as_bytes()));
        let items = (0..self.items.div_ceil(chunk)).map(move |number| {
            let left = self.items - number * chunk;
            Bytes::from(self.item.repeat(left.min(chunk)))
        });
        let end = std::iter::once(Bytes::from(self.end));
        let frames = start.chain(items).chain(end);
        let frames = frames.map(|bytes| Ok::<_, Infallible>(Frame::data(bytes)));
        Body::new(StreamBody::new(stream::iter(frames)))
    }
}

/// Returns the status of the answer and the most bytes that were in use before it.
fn cost(gate: Gate, head: http::request::Builder, body: Hostile) -> (u16, usize) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let behind = service_fn(async |_: Request<Body>| Ok(Response::new(Body::empty())));
    let gate = GateService::new(Arc::new(gate), behind);
    let request = head.body(body.into_body()).unwrap();
    let mut status = 0;
    let used = allocation_counter::measure(|| {
        let answer = runtime.block_on(gate.oneshot(request)).unwrap();
        status = answer.status().as_u16();
    });
    (status, usize::try_from(used.bytes_max).unwrap())
}

const CALL: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","arguments":"#;
const CALL_WITH_OBJECT: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","arguments":{"a":["#;
const CALL_WITH_LIST: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","arguments":["#;
const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","clientInfo":{"name":"a","version":"1"},"capabilities":{"experimental":{"a":{"a":["#;

#[test]
fn a_body_of_an_unauthenticated_client_costs_less_than_eight_times_what_is_kept_of_it() {
    for start in ["[", CALL, CALL_WITH_OBJECT, CALL_WITH_LIST, INITIALIZE] {
        for item in ["{\"\":0},", "[", "0,", "\"\",", "{\"a\":"] {
            for token in [None, Some("Bearer =")] {
                let mut head = request("POST");
                if let Some(token) = token {
                    head = head.header(header::AUTHORIZATION, token);
                }
                let (status, used) = cost(
                    default_gate(),
                    head,
                    Hostile::of_length(start, item, 4 * MIB - 16),
                );
                // The gate of these tests has an open handshake, and keeps its message.
                let expected = if start == INITIALIZE && token.is_none() {
                    413
                } else {
                    401
                };
                assert_eq!(status, expected, "{start}{item}");
                assert!(
                    used < 8 * 64 * 1024,
                    "{start}{item} {token:?}: {used} bytes"
                );
            }
        }
    }
}

#[test]
fn a_public_tool_costs_an_unauthenticated_client_no_more_than_a_refusal() {
    const PUBLIC: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ping","arguments":{"a":["#;
    for (items, status) in [(0, 200), (100, 200), (9_000, 413)] {
        let body = Hostile {
            start: PUBLIC,
            item: "{\"\":0},",
            end: "0]}}}".to_owned(),
            items,
        };
        let (answered, used) = cost(default_gate(), request("POST"), body);
        assert_eq!(answered, status, "{items}");
        assert!(used < 8 * 64 * 1024, "{items}: {used}");
    }
}

/// A fast path that takes every tool and drops its arguments.
struct DroppingPath;

impl StatelessFastPath for DroppingPath {
    fn takes(&self, _: Target) -> bool {
        true
    }

    fn authorize_scopes(&self, _: Target) -> &'static [Scope] {
        &[]
    }

    fn call(&self, _: &Permit, _: JsonObject, _: Option<&Arc<RunReport>>) -> Option<RunningCall> {
        let done = CallToolResult::success(Vec::new()).into();
        Some(Box::pin(std::future::ready(Ok(done))))
    }

    fn list(&self, _: &Permit) -> Option<Bytes> {
        None
    }
}

fn with_fast_path() -> Gate {
    Gate {
        stateless_fast_path: Some(Arc::new(DroppingPath)),
        ..default_gate()
    }
}

/// The headers of a call that takes the fast path.
fn fast_head() -> http::request::Builder {
    request("POST")
        .header(header::AUTHORIZATION, "Bearer read")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", "read")
}

/// Returns the memory of a message of this length with nearly as many items as are accepted.
fn largest_accepted(start: &'static str, item: &'static str, length: usize) -> usize {
    let end = "\"\"]}}}";
    let (mut low, mut high) = (1, (length - start.len() - end.len()) / item.len());
    let cost = |items: usize| {
        // A string fills the rest.
        let fill = length - start.len() - items * item.len() - end.len();
        let body = Hostile {
            start,
            item,
            end: format!("\"{}\"]}}}}}}", "a".repeat(fill)),
            items,
        };
        cost(with_fast_path(), fast_head(), body)
    };
    while high - low > 1 + low / 64 {
        let middle = usize::midpoint(low, high);
        match cost(middle).0 {
            400 => high = middle,
            _ => low = middle,
        }
    }
    let (status, used) = cost(low);
    assert_eq!(status, 200, "{start}{item}");
    assert!(low > 1000, "{start}{item}: of {low} items none is too many");
    used
}

/// A call that takes the fast path, and one that rmcp's reader has to read.
const FAST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}},"name":"read","arguments":{"a":["#;
const SLOW: &str = CALL_WITH_OBJECT;

#[test]
fn what_a_caller_may_send_costs_at_most_24_times_its_bytes() {
    for start in [FAST, SLOW] {
        for item in ["{\"\":0},", "[],", "[0],", "\"\",", "{\"a\":[0]},"] {
            let used = largest_accepted(start, item, MIB);
            assert!(used <= 24 * MIB, "{start}{item}: {used} bytes");
        }
    }
    let used = largest_accepted(SLOW, "{\"\":0},", 4 * MIB - 16);
    assert!(used <= 24 * 4 * MIB, "{used} bytes");
}

#[test]
fn a_message_may_have_250_000_values_and_no_more() {
    // Twelve of them are not in the list.
    for (items, status) in [(250_000 - 12, 200), (250_000 - 11, 400)] {
        let body = Hostile {
            start: FAST,
            item: "0,",
            end: "0]}}}".to_owned(),
            items,
        };
        let answer = cost(with_fast_path(), fast_head(), body);
        assert_eq!(answer.0, status, "{items}");
    }
}

#[test]
fn a_limit_of_few_values_holds_for_a_short_message() {
    for (items, status) in [(1_000 - 12, 200), (1_000 - 11, 400)] {
        let body = Hostile {
            start: FAST,
            item: "0,",
            end: "0]}}}".to_owned(),
            items,
        };
        let mut gate = with_fast_path();
        gate.limits.json_values = 1_000;
        assert_eq!(cost(gate, fast_head(), body).0, status, "{items}");
    }
}

#[test]
fn a_handshake_has_at_most_16_kib_and_is_not_unpacked_beyond() {
    for (length, status) in [(16 * 1024, 200), (16 * 1024 + 1, 400), (4 * MIB - 16, 400)] {
        let fill = length - INITIALIZE.len() - 8;
        let body = Hostile {
            start: INITIALIZE,
            item: "",
            end: format!("\"{}\"]}}}}}}}}}}", "a".repeat(fill)),
            items: 0,
        };
        let head = request("POST").header(header::AUTHORIZATION, "Bearer read");
        let (answered, used) = cost(default_gate(), head, body);
        assert_eq!(answered, status, "{length}");
        // The received frame, and the buffer that it is read into.
        assert!(used < 3 * length + 64 * 1024, "{length}: {used}");
    }
}
