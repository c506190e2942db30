//! Generates requests that are often valid and sometimes deviate.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use support::unsigned_tokens;

/// The revision without sessions, and the latest with them.
pub(super) const VERSION: &str = "2026-07-28";
pub(super) const OF_SESSIONS: &str = "2025-11-25";
const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const META_CLIENT: &str = "io.modelcontextprotocol/clientInfo";
const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const META_LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";

/// One request, before it is sent.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) message: Value,
    pub(super) token: Option<String>,
    /// Headers to replace, or to omit if there is no value.
    pub(super) headers: Vec<(&'static str, Option<String>)>,
    /// A header to repeat.
    pub(super) twice: Option<(&'static str, String)>,
    /// White space around the message.
    pub(super) space: &'static str,
}

/// Generates usually the first value; one time in `rarity` one of the others.
fn mostly<T: Clone + std::fmt::Debug + 'static>(
    rarity: u32,
    usual: T,
    odd: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = T> {
    prop_oneof![rarity - 1 => Just(usual), 1 => odd]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{0,14}",
        Just("ä \" \\ \u{1f600} \u{0}\u{2028}".to_owned()),
        Just("=?utf-8?B?cGluZw==?=".to_owned()),
    ]
}

fn tool() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(vec!["ping", "echo", "sums", "fails", "explodes", "mirrored"])
            .prop_map(str::to_owned),
        1 => Just("no such tool".to_owned()),
        1 => text(),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        text().prop_map(Value::from),
        (0..6_i64).prop_map(Value::from),
        Just(json!(2.0)),
        Just(json!(1e300)),
        Just(json!(i64::MIN)),
        Just(json!(u64::MAX)),
        Just(Value::Null),
        Just(json!([1, 2, 3])),
        Just(json!([1, "2"])),
        Just(json!({"a": {"b": []}})),
    ]
}

/// Generates arguments that are often valid.
fn arguments() -> impl Strategy<Value = Option<Value>> {
    let names = prop::sample::select(vec!["text", "times", "numbers", "word", "region", "more"]);
    prop_oneof![
        2 => Just(Some(json!({}))),
        1 => Just(None),
        2 => Just(Some(json!({"text": "hello", "times": 2}))),
        2 => Just(Some(json!({"numbers": [1, 2, 3], "word": "ä"}))),
        4 => prop::collection::btree_map(names, value(), 0..4)
            .prop_map(|members| Some(json!(members))),
        1 => value().prop_map(Some),
    ]
}

/// Generates a tool with valid arguments.
fn right() -> impl Strategy<Value = (String, Option<Value>)> {
    let calls = vec![
        ("ping", None),
        ("ping", Some(json!({}))),
        (
            "echo",
            Some(json!({"text": "ä \" \\ \u{1f600}", "times": 2})),
        ),
        ("echo", Some(json!({"text": ""}))),
        ("sums", Some(json!({"numbers": [1, -2], "word": "\u{0}"}))),
        ("sums", Some(json!({"numbers": [], "word": null}))),
        ("fails", None),
        ("explodes", None),
        ("mirrored", Some(json!({}))),
    ];
    prop::sample::select(calls).prop_map(|(tool, arguments)| (tool.to_owned(), arguments))
}

fn id() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => any::<u32>().prop_map(Value::from),
        2 => text().prop_map(Value::from),
        1 => prop::sample::select(vec![
            json!(0), json!(-1), json!(i64::MAX), json!(u64::MAX), json!(1.5), json!(null), json!([]),
        ]),
    ]
}

fn meta() -> impl Strategy<Value = Value> {
    let usual = json!({
        META_VERSION: VERSION,
        META_CLIENT: {"name": "test", "version": "1"},
        META_CAPABILITIES: {},
    });
    let member = prop::sample::select(vec![
        (META_VERSION, None),
        (META_VERSION, Some(json!("2025-11-25"))),
        (META_VERSION, Some(json!("2099-01-01"))),
        (META_VERSION, Some(json!(7))),
        (META_CLIENT, None),
        (META_CLIENT, Some(json!({"name": "nameless"}))),
        (META_CLIENT, Some(json!("text"))),
        (META_CAPABILITIES, None),
        (
            META_CAPABILITIES,
            Some(json!({"elicitation": {}, "x": {"y": 1}})),
        ),
        (META_CAPABILITIES, Some(json!([]))),
        (META_LOG_LEVEL, Some(json!("debug"))),
        (META_LOG_LEVEL, Some(json!("whisper"))),
        ("progressToken", Some(json!("p"))),
        ("progressToken", Some(json!({}))),
        ("example.com/own", Some(json!([1]))),
        (
            "traceparent",
            Some(json!(
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            )),
        ),
    ]);
    let changed = {
        let usual = usual.clone();
        member.prop_map(move |(name, value)| {
            let mut meta = usual.clone();
            let members = meta.as_object_mut().expect("an object");
            match value {
                Some(value) => members.insert(name.to_owned(), value),
                None => members.remove(name),
            };
            meta
        })
    };
    prop_oneof![12 => Just(usual), 4 => changed, 1 => value()]
}

/// Generates the `_meta` of an older revision; often none.
fn meta_of_older() -> impl Strategy<Value = Option<Value>> {
    let some = prop::sample::select(vec![
        json!({}),
        json!({"progressToken": "p"}),
        json!({"progressToken": 7}),
        json!({"progressToken": [{"x": 1e3}]}),
        json!({"progressToken": 1, "example.com/own": [1]}),
        json!({META_LOG_LEVEL: "debug"}),
    ]);
    prop_oneof![4 => Just(None), 3 => some.prop_map(Some), 1 => meta().prop_map(Some)]
}

/// Generates an additional member of `params`, sometimes.
fn besides() -> impl Strategy<Value = Option<(&'static str, Value)>> {
    let members = vec![
        ("task", json!({"ttl": 1000})),
        ("task", json!(7)),
        ("cursor", json!(null)),
        ("cursor", json!("2")),
        ("requestState", json!("state")),
        ("requestState", json!(7)),
        ("inputResponses", json!({})),
        (
            "inputResponses",
            json!({"a": {"action": "accept", "content": {}}}),
        ),
        ("more", json!([1])),
        ("$serde_json::private::RawValue", json!("x")),
    ];
    mostly(10, None, prop::sample::select(members).prop_map(Some))
}

fn header() -> impl Strategy<Value = (&'static str, Option<String>)> {
    let changes = [
        ("mcp-method", None),
        ("mcp-method", Some("tools/list")),
        ("mcp-method", Some("TOOLS/CALL")),
        ("mcp-method", Some(" tools/call ")),
        ("mcp-name", None),
        ("mcp-name", Some("ping")),
        ("mcp-name", Some("PING")),
        ("mcp-name", Some("=?base64?cGluZw==?=")),
        ("mcp-protocol-version", None),
        ("mcp-protocol-version", Some("2025-03-26")),
        ("mcp-protocol-version", Some("2025-11-25")),
        ("mcp-protocol-version", Some("2026-07-28")),
        ("mcp-protocol-version", Some("2099-01-01")),
        ("accept", None),
        ("accept", Some("*/*")),
        ("accept", Some("application/json")),
        ("accept", Some("text/event-stream, application/json")),
        (
            "accept",
            Some("application/json;q=0.5,text/event-stream;q=0"),
        ),
        ("accept", Some("APPLICATION/JSON, text/event-stream")),
        ("last-event-id", Some("1")),
        ("origin", Some("http://localhost:6274")),
        ("origin", Some("https://evil.example")),
        ("host", Some("evil.example")),
        (
            "mcp-session-id",
            Some("00000000-0000-0000-0000-000000000000"),
        ),
        ("mcp-session-id", Some("")),
        ("mcp-param-region", Some("eu")),
        ("mcp-param-text", Some("x")),
        ("content-encoding", Some("gzip")),
        ("x-forwarded-for", Some("203.0.113.9")),
    ];
    let own = changes.map(|(name, value)| (name, value.map(str::to_owned)));
    prop::sample::select(own.to_vec())
}

fn token() -> impl Strategy<Value = Option<(&'static str, u64)>> {
    let far = 4_000_000_000;
    prop_oneof![
        6 => Just(Some(("read write", far))),
        1 => Just(Some(("read", far))),
        1 => Just(Some(("", far))),
        1 => Just(Some(("read write", 1))),
        1 => Just(None),
    ]
}

/// Generates a request of the revision without sessions.
pub(super) fn case(resource: String) -> impl Strategy<Value = Case> {
    made(resource, meta().prop_map(Some).boxed())
}

/// Generates a request of an older revision.
pub(super) fn case_of_older(resource: String) -> impl Strategy<Value = Case> {
    made(resource, meta_of_older().boxed())
}

fn made(resource: String, meta: BoxedStrategy<Option<Value>>) -> impl Strategy<Value = Case> {
    let call = prop_oneof![2 => right(), 1 => (tool(), arguments())];
    let asked = prop_oneof![4 => call.prop_map(Some), 1 => Just(None)];
    let parts = (asked, id(), meta, besides(), token());
    let around = (
        mostly(3, Vec::new(), prop::collection::vec(header(), 1..3)),
        mostly(
            10,
            None,
            header().prop_map(|(name, value)| Some((name, value.unwrap_or_default()))),
        ),
        prop::sample::select(vec!["", "", " ", "\r\n\t"]),
    );
    (parts, around).prop_map(move |(parts, (headers, twice, space))| {
        let (asked, id, meta, besides, token) = parts;
        let mut params = Map::new();
        let method = match asked {
            Some((tool, arguments)) => {
                params.insert("name".to_owned(), tool.into());
                params.extend(arguments.map(|arguments| ("arguments".to_owned(), arguments)));
                "tools/call"
            }
            None => "tools/list",
        };
        params.extend(meta.map(|meta| ("_meta".to_owned(), meta)));
        params.extend(besides.map(|(name, value)| (name.to_owned(), value)));
        let token = token.map(|(scopes, expires)| {
            let mut claims = unsigned_tokens::claims(&resource, scopes);
            claims["exp"] = expires.into();
            unsigned_tokens::token(&claims)
        });
        Case {
            message: json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}),
            token,
            headers,
            twice,
            space,
        }
    })
}
