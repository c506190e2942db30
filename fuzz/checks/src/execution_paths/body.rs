//! Request bodies: a valid call, and every change to its text.

use crate::choices::Choices;

use super::{
    case::{Call, Era},
    confirmations,
    tools::BODY_LIMIT,
};

/// A member: its name and its value, both as written.
type Member = (String, String);

const VERSION: &str = "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"";
const CAPABILITIES: &str = "\"io.modelcontextprotocol/clientCapabilities\":{}";
const ELICITATION: &str = "\"io.modelcontextprotocol/clientCapabilities\":{\"elicitation\":{}}";

/// Answers to the question of a confirmation.
const ANSWERS: [&str; 6] = [
    YES,
    "{\"confirm\":{\"action\":\"accept\",\"content\":{\"confirm\":false}}}",
    "{\"confirm\":{\"action\":\"accept\",\"content\":{}}}",
    "{\"confirm\":{\"action\":\"decline\",\"content\":{\"confirm\":true}}}",
    "{\"confirm\":{\"action\":\"accept\",\"content\":{\"confirm\":\"true\"}}}",
    "{\"other\":{\"action\":\"accept\",\"content\":{\"confirm\":true}}}",
];
const YES: &str = "{\"confirm\":{\"action\":\"accept\",\"content\":{\"confirm\":true}}}";

/// Methods other than `tools/call`.
const METHODS: [&str; 12] = [
    "TOOLS/CALL",
    "tools/call ",
    "tools/list",
    "tools/callx",
    "prompts/get",
    "resources/read",
    "completion/complete",
    "tasks/result",
    "server/discover",
    "subscriptions/listen",
    "notifications/initialized",
    "",
];

/// Complete messages that are not calls.
const MESSAGES: [&str; 9] = [
    r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"f","version":"1"}}}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
    r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#,
    r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
    r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no"}}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#,
    r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"ping"}}"#,
    "",
];

const IDS: [&str; 11] = [
    "0",
    "-1",
    "1.5",
    "null",
    "[]",
    "1e0",
    "18446744073709551616",
    "\"\"",
    "\"a\\nb\"",
    "{}",
    "\"\\u0031\"",
];

/// Values of unexpected types.
const VALUES: [&str; 9] = [
    "null",
    "7",
    "[]",
    "{}",
    "true",
    "\"read\"",
    "[\"ping\"]",
    "{\"name\":\"ping\"}",
    "{\"$serde_json::private::RawValue\":\"\\\"ping\\\"\"}",
];

/// Extra members that a call can have.
const BESIDES: [(&str, &str); 13] = [
    ("\"task\"", "{\"ttl\":1000}"),
    ("\"requestState\"", "\"state\""),
    ("\"inputResponses\"", "{}"),
    ("\"inputResponses\"", "{\"a\":{\"action\":\"accept\"}}"),
    ("\"cursor\"", "\"x\""),
    ("\"uri\"", "\"notes://1\""),
    ("\"$serde_json::private::RawValue\"", "\"{}\""),
    (
        "\"\\u0024serde_json::private::RawValue\"",
        "\"{\\\"name\\\":\\\"ping\\\"}\"",
    ),
    ("\"_meta\"", "{}"),
    ("\"_meta\"", "{\"progressToken\":\"p\"}"),
    ("\"_meta\"", "{\"progressToken\":[{\"x\":1e3}]}"),
    ("\"_meta\"", "{\"progressToken\":1,\"example.com/own\":[1]}"),
    (
        "\"_meta\"",
        "{\"io.modelcontextprotocol/logLevel\":\"debug\"}",
    ),
];

/// Writes the request body for this call.
pub(super) fn write(choices: &mut Choices<'_>, call: &Call, era: Era) -> Vec<u8> {
    let message = match choices.deviates() {
        true if choices.byte().is_multiple_of(2) => choices.one(&MESSAGES).to_owned(),
        _ => message(choices, call, era),
    };
    let space = choices.one(&["", "", " ", "\r\n\t"]);
    let mut text = format!("{space}{message}{space}");
    if choices.deviates() {
        text = around(choices, &text, call, era);
    }
    let mut bytes = text.into_bytes();
    if choices.deviates() {
        for _ in 0..=choices.below(3) {
            spoil(choices, &mut bytes);
        }
    }
    bytes
}

fn message(choices: &mut Choices<'_>, call: &Call, era: Era) -> String {
    let mut params = Vec::new();
    if let ("page", Some((_, uri))) = (call.name, call.argument) {
        params.push(("\"uri\"".to_owned(), literal(choices, uri)));
    } else if !call.name.is_empty() {
        params.push(("\"name\"".to_owned(), literal(choices, call.name)));
        params.push(("\"arguments\"".to_owned(), arguments(choices, call)));
    }
    if call.name == "erase" {
        answer(choices, &mut params);
    }
    if let Era::Stateless = era {
        let capabilities = match call.name {
            "erase" => choices.one(&[ELICITATION, ELICITATION, ELICITATION, CAPABILITIES]),
            _ => CAPABILITIES,
        };
        let meta = choices.mostly(
            "{V,C}",
            &[
                "{V}",
                "{C}",
                "{}",
                "7",
                "{V,V,C}",
                "{V,C,\"progressToken\":1}",
                "{C,\"a\":{}}",
                "{V,C,I{\"name\":\"test\",\"version\":\"1\"}}",
                "{V,C,I{\"name\":\"nameless\"}}",
                "{V,C,L\"debug\"}",
                "{V,C,L\"whisper\"}",
                "{V,C,C}",
            ],
        );
        let meta = meta
            .replace('V', VERSION)
            .replace('C', capabilities)
            .replace('I', "\"io.modelcontextprotocol/clientInfo\":")
            .replace('L', "\"io.modelcontextprotocol/logLevel\":");
        params.push(("\"_meta\"".to_owned(), meta));
    }
    if choices.deviates() {
        let (name, value) = choices.one(&BESIDES);
        params.push((name.to_owned(), value.to_owned()));
    }
    disturb(choices, &mut params, call);
    let params = match choices.deviates() {
        true => choices.one(&VALUES).to_owned(),
        false => object(&params),
    };
    let method = choices.mostly(call.method, &METHODS);
    let mut top = vec![
        (
            "\"jsonrpc\"".to_owned(),
            choices
                .mostly("\"2.0\"", &["\"1.0\"", "2.0", "\"\\u0032.0\""])
                .to_owned(),
        ),
        ("\"id\"".to_owned(), choices.mostly("1", &IDS).to_owned()),
        ("\"method\"".to_owned(), literal(choices, method)),
        ("\"params\"".to_owned(), params),
    ];
    if choices.deviates() {
        let (name, value) = choices.one(&[
            ("\"result\"", "{}"),
            ("\"error\"", "{}"),
            BESIDES[6],
            BESIDES[7],
        ]);
        top.push((name.to_owned(), value.to_owned()));
    }
    disturb(choices, &mut top, call);
    object(&top)
}

/// Answers a question that the server has asked before, if there is one: usually yes, to the last
/// question.
fn answer(choices: &mut Choices<'_>, params: &mut Vec<Member>) {
    if choices.below(3) == 0 {
        return;
    }
    let state = match choices.below(4) {
        0..2 => 0,
        _ => choices.below(confirmations::KEPT),
    };
    let state = format!("\"{}\"", confirmations::placeholder(state));
    params.push(("\"requestState\"".to_owned(), state));
    let answer = match choices.below(4) {
        0..3 => YES,
        _ => choices.one(&ANSWERS),
    };
    params.push(("\"inputResponses\"".to_owned(), answer.to_owned()));
}

fn arguments(choices: &mut Choices<'_>, call: &Call) -> String {
    let mut members: Vec<Member> = Vec::new();
    if let Some((name, value)) = call.argument {
        members.push((format!("\"{name}\""), literal(choices, value)));
    }
    if call.name == "sums" {
        let odd = ["7", "[1,\"2\"]", "[2.0]", "[1e300]", "null", "[2147483648]"];
        let numbers = choices.mostly("[1,-2]", &odd);
        members.push(("\"numbers\"".to_owned(), numbers.to_owned()));
    }
    if choices.deviates() {
        let depth = 60 + choices.below(100);
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let value = choices.one(&["\"ping\"", "\"/secret\"", "null", "1e999", "-0", "D"]);
        let name = choices.one(&[
            "\"text\"",
            "\"path\"",
            "\"name\"",
            "\"region\"",
            "\"\\u0070ath\"",
        ]);
        members.push((name.to_owned(), value.replace('D', &deep)));
    }
    object(&members)
}

/// Changes the members of an object.
fn disturb(choices: &mut Choices<'_>, members: &mut Vec<Member>, call: &Call) {
    if !choices.deviates() {
        return;
    }
    for _ in 0..=choices.below(2) {
        let at = choices.below(members.len().max(1));
        let Some((name, value)) = members.get(at).cloned() else {
            return;
        };
        let other = match choices.below(3) {
            0 => format!("\"{}\"", call.other),
            1 => format!("{{\"name\":\"{}\"}}", call.other),
            _ => choices.one(&VALUES).to_owned(),
        };
        match choices.below(8) {
            0 => members.insert(at, (name, value)),
            1 => members.insert(at, (name, other)),
            2 => members.push((name, other)),
            3 => {
                members.remove(at);
            }
            4 => members[at].0 = name.to_uppercase(),
            5 => members[at].0 = escaped(&name[1..name.len() - 1], 1),
            6 => members.rotate_left(at),
            _ => members[at].1 = other,
        }
    }
}

/// Changes the message as a whole.
fn around(choices: &mut Choices<'_>, text: &str, call: &Call, era: Era) -> String {
    let another = || {
        let mut plain = Choices::new(&[]);
        let other = Call {
            method: "tools/call",
            name: call.other,
            argument: None,
            other: call.name,
        };
        message(&mut plain, &other, era)
    };
    match choices.below(8) {
        0 => format!("[{text}]"),
        1 => format!("[{text},{}]", another()),
        2 => format!("{text}{}", another()),
        3 => format!("{{\"params\":{text}}}"),
        4 => format!("\u{feff}{text}"),
        5 => format!("{text}{}", " ".repeat(BODY_LIMIT)),
        6 => format!("{text}\n{}\n", another()),
        _ => format!("{text}\0"),
    }
}

/// Changes, removes or inserts one byte.
fn spoil(choices: &mut Choices<'_>, bytes: &mut Vec<u8>) {
    let at = choices.below(bytes.len().max(1));
    let byte = choices.byte();
    match choices.below(3) {
        0 => bytes.insert(at.min(bytes.len()), byte),
        1 if at < bytes.len() => {
            bytes.remove(at);
        }
        _ if at < bytes.len() => bytes[at] = byte,
        _ => {}
    }
}

fn object(members: &[Member]) -> String {
    let members: Vec<_> = members
        .iter()
        .map(|(name, value)| format!("{name}:{value}"))
        .collect();
    format!("{{{}}}", members.join(","))
}

/// Writes a text as a JSON string in one of the valid ways.
fn literal(choices: &mut Choices<'_>, text: &str) -> String {
    match choices.below(16) {
        0..13 => escaped(text, 0),
        13 => escaped(text, 1),
        _ => escaped(text, usize::MAX),
    }
}

/// Escapes the first `count` characters by their code units.
fn escaped(text: &str, count: usize) -> String {
    let mut written = String::from('"');
    for (number, character) in text.chars().enumerate() {
        if number < count || character.is_control() || matches!(character, '"' | '\\') {
            for unit in character.encode_utf16(&mut [0; 2]) {
                written.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            written.push(character);
        }
    }
    written.push('"');
    written
}
