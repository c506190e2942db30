use rmcp::model::{ClientJsonRpcMessage, ClientRequest, GetMeta, JsonRpcMessage, ProtocolVersion};

use super::*;

const META: &str = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;

fn call(id: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{params}}}"#)
}

fn with_meta(meta: &str) -> String {
    call("1", &format!(r#"{{"name":"a","_meta":{meta}}}"#))
}

/// Reads a body with rmcp's reader.
fn by_rmcp(body: &str) -> Option<FastMessage> {
    let message: ClientJsonRpcMessage = serde_json::from_str(body).ok()?;
    let JsonRpcMessage::Request(request) = message else {
        return None;
    };
    let meta = request.request.get_meta();
    let revision = if meta.protocol_version() == Some(ProtocolVersion::V_2026_07_28) {
        assert!(meta.client_capabilities().is_some());
        Revision::Current
    } else {
        assert!(meta.keys().all(|name| name == "progressToken"));
        let progress_token = meta.get("progressToken").cloned();
        Revision::Older { progress_token }
    };
    let id = request.id;
    let meta = request.request.get_meta();
    let named = meta.get(TRACEPARENT).and_then(Value::as_str);
    let traceparent = named.map(Into::into);
    let request = match request.request {
        ClientRequest::CallToolRequest(call) => FastRequest::Call {
            name: call.params.name.into_owned(),
            arguments: call.params.arguments.unwrap_or_default(),
        },
        ClientRequest::ListToolsRequest(_) => FastRequest::List,
        _ => return None,
    };
    Some(FastMessage {
        id,
        revision,
        request,
        traceparent,
    })
}

#[test]
fn the_fast_reader_reads_what_rmcp_reads() {
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
        let fast = FastMessage::parse(body.as_bytes());
        assert!(fast.is_some(), "{body}");
        assert_eq!(fast, by_rmcp(&body), "{body}");
    }
}

#[test]
fn a_session_gets_what_rmcp_reads() {
    for body in [
        call("1", r#"{"name":"a"}"#),
        call(
            r#""x""#,
            r#"{"arguments":{"x":[1,{"y":"\u0061"}]},"name":"a b"}"#,
        ),
        with_meta("{}"),
        with_meta(r#"{"progressToken":"a"}"#),
        with_meta(r#"{"progressToken":-7}"#),
        // Not a progress token of any revision. rmcp keeps it unchanged, too.
        with_meta(r#"{"progressToken":[1e3,null,{"x":1}]}"#),
        with_meta(r#"{"progressToken":1,"progressToken":2}"#),
    ] {
        let fast = FastMessage::parse(body.as_bytes());
        assert_eq!(fast, by_rmcp(&body), "{body}");
        let sent = fast.and_then(FastMessage::into_message).unwrap();
        let mut read: ClientJsonRpcMessage = serde_json::from_str(&body).unwrap();
        let (JsonRpcMessage::Request(sent), JsonRpcMessage::Request(read)) = (sent, &mut read)
        else {
            panic!("{body}");
        };
        assert_eq!(sent.id, read.id);
        assert_eq!(sent.request.get_meta(), read.request.get_meta(), "{body}");
        // To a tool no arguments and none are the same.
        if let ClientRequest::CallToolRequest(call) = &mut read.request {
            call.params.arguments.get_or_insert_default();
        }
        let [sent, read] =
            [&sent.request, &read.request].map(|request| serde_json::to_value(request).unwrap());
        let [sent, read] = [sent, read].map(|mut request| {
            // Empty, and not there, are the same as well.
            let params = request["params"].as_object_mut().unwrap();
            params.retain(|name, value| name != "_meta" || *value != serde_json::json!({}));
            request
        });
        assert_eq!(sent, read, "{body}");
    }
}

#[test]
fn unusual_bodies_are_left_to_rmcp() {
    let right = with_meta(META);
    assert!(FastMessage::parse(right.as_bytes()).is_some());
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
        with_meta("null"),
        with_meta("[]"),
        with_meta(r#"{"x":1}"#),
        with_meta(r#"{"progressToken":1,"x":1}"#),
        with_meta(r#"{"progressToken":1e999}"#),
        with_meta(r#"{"progressToken":1,"progressToken":"\ud800"}"#),
        with_meta(r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#),
        with_meta(r#"{"io.modelcontextprotocol/clientCapabilities":{},"progressToken":1}"#),
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
        // An invalid string or number in an ignored member: rmcp refuses the whole body.
        with_meta(&META.replacen('{', r#"{"x":1e999,"#, 1)),
        with_meta(&META.replacen('{', r#"{"x":"\ud800","#, 1)),
        with_meta(&META.replacen('{', r#"{"\ud800":0,"#, 1)),
        with_meta(&META.replacen('{', &format!("{{\"x\":{deep},"), 1)),
    ] {
        assert_eq!(FastMessage::parse(odd.as_bytes()), None, "{odd}");
    }
    let mut not_utf8 = with_meta(&META.replacen('{', r#"{"x":"?","#, 1)).into_bytes();
    let mark = not_utf8.iter().position(|&byte| byte == b'?');
    not_utf8[mark.unwrap()] = 0xff;
    assert_eq!(FastMessage::parse(&not_utf8), None);
}
