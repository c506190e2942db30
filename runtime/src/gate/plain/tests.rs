use rmcp::model::{ClientJsonRpcMessage, ClientRequest, GetMeta, JsonRpcMessage, ProtocolVersion};

use super::*;

const META: &str = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;

fn call(id: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{params}}}"#)
}

fn with_meta(meta: &str) -> String {
    call("1", &format!(r#"{{"name":"a","_meta":{meta}}}"#))
}

/// What rmcp makes of a body.
fn by_rmcp(body: &str) -> Option<Plain> {
    let message: ClientJsonRpcMessage = serde_json::from_str(body).ok()?;
    let JsonRpcMessage::Request(request) = message else {
        return None;
    };
    let meta = request.request.get_meta();
    assert_eq!(meta.protocol_version(), Some(ProtocolVersion::V_2026_07_28));
    assert!(meta.client_capabilities().is_some());
    let asks = match request.request {
        ClientRequest::CallToolRequest(call) => PlainAsked::Call {
            name: call.params.name.into_owned(),
            arguments: call.params.arguments.unwrap_or_default(),
        },
        ClientRequest::ListToolsRequest(_) => PlainAsked::List,
        _ => return None,
    };
    let id = request.id;
    Some(Plain { id, asks })
}

#[test]
fn a_plain_body_means_what_rmcp_reads() {
    let list = format!(
        r#"{{"params":{{"_meta":{META}}},"method":"tools\/list","id":"a","jsonrpc":"2.0"}}"#
    );
    let deep = format!("{}{}", "[".repeat(120), "]".repeat(120));
    for body in [
        list,
        call("1", &format!(r#"{{"name":"a","_meta":{META}}}"#)),
        call("-1", &format!(r#"{{"name":"\u0061","arguments":null,"_meta":{META}}}"#)),
        call(
            "9223372036854775807",
            &format!(r#" {{ "_meta":{META}, "arguments":{{"x":[1,-2,3.5,1e3,"ä\ud83d\ude00",null,true]}}, "name":"a b" }}"#),
        ),
        // Of members that are named twice the last one counts, to both.
        call(r#""""#, &format!(r#"{{"name":"a","arguments":{{"x":1,"x":{{"y":1,"y":2}}}},"_meta":{META}}}"#)),
        call("1", &format!(r#"{{"name":"a","arguments":{{"x":{deep}}},"_meta":{META}}}"#)),
        with_meta(&META.replace("{}", r#"{"elicitation":{"form":{}},"sampling":{},"roots":{"listChanged":true},"made":[7]}"#)),
        with_meta(&META.replacen('{', r#"{"progressToken":[{"x":1e3,"y":"\ud83d\ude00"}],"io.modelcontextprotocol/clientInfo":7,"#, 1)),
    ] {
        let plain = Plain::read(body.as_bytes());
        assert!(plain.is_some(), "{body}");
        assert_eq!(plain, by_rmcp(&body), "{body}");
    }
}

#[test]
fn what_is_odd_is_left_to_rmcp() {
    let right = with_meta(META);
    assert!(Plain::read(right.as_bytes()).is_some());
    let deep = format!("{}{}", "[".repeat(130), "]".repeat(130));
    for odd in [
        String::new(),
        format!("[{right}]"),
        format!("{right}{right}"),
        format!("\u{feff}{right}"),
        right.replace("2.0", "1.0"),
        right.replace("\"2.0\"", "2.0"),
        right.replace("\"id\":1", "\"id\":1.0"),
        right.replace("\"id\":1", "\"id\":null"),
        right.replace("\"id\":1", "\"id\":9223372036854775808"),
        right.replace("\"id\":1", "\"id\":1,\"id\":1"),
        right.replace("\"id\":1,", ""),
        right.replace("\"id\":1", "\"id\":1,\"result\":{}"),
        right.replace("\"id\":1", "\"id\":1,\"more\":{}"),
        right.replace("tools/call", "tools/callx"),
        right.replace("\"tools/call\"", "{\"tools/call\":null}"),
        right.replace("tools/call", "tools/list"),
        right.replace("\"name\":\"a\"", "\"name\":7"),
        right.replace("\"name\":\"a\"", "\"name\":null"),
        right.replace("\"name\":\"a\",", ""),
        right.replace("\"name\":\"a\"", "\"name\":\"a\",\"name\":\"a\""),
        right.replace("\"name\":\"a\"", "\"name\":\"a\",\"arguments\":[]"),
        right.replace("\"name\":\"a\"", "\"name\":\"a\",\"requestState\":\"x\""),
        right.replace("\"name\":\"a\"", "\"name\":\"a\",\"inputResponses\":{}"),
        right.replace("\"name\":\"a\"", "\"name\":\"a\",\"task\":{}"),
        right.replace(
            "\"name\":\"a\"",
            &format!("\"name\":\"a\",\"arguments\":{{\"x\":{deep}}}"),
        ),
        call("1", r#"{"name":"a"}"#),
        with_meta("null"),
        with_meta("[]"),
        with_meta("{}"),
        with_meta(&META.replace("2026-07-28", "2025-11-25")),
        with_meta(&META.replace("2026-07-28", "2026-07-29")),
        with_meta(&META.replace("{}", "[]")),
        with_meta(&META.replace("{}", "null")),
        with_meta(&META.replace("{}", r#"{"roots":7}"#)),
        with_meta(&META.replacen(
            '{',
            r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","#,
            1,
        )),
        with_meta(&META.replacen(
            '{',
            r#"{"io.modelcontextprotocol/clientCapabilities":{},"#,
            1,
        )),
        // No text and no number, where nobody looks: to rmcp the whole is unreadable.
        with_meta(&META.replacen('{', r#"{"x":1e999,"#, 1)),
        with_meta(&META.replacen('{', r#"{"x":"\ud800","#, 1)),
        with_meta(&META.replacen('{', r#"{"\ud800":0,"#, 1)),
        with_meta(&META.replacen('{', &format!("{{\"x\":{deep},"), 1)),
    ] {
        assert_eq!(Plain::read(odd.as_bytes()), None, "{odd}");
    }
    let mut not_utf8 = with_meta(&META.replacen('{', r#"{"x":"?","#, 1)).into_bytes();
    let mark = not_utf8.iter().position(|&byte| byte == b'?');
    not_utf8[mark.unwrap()] = 0xff;
    assert_eq!(Plain::read(&not_utf8), None);
}
