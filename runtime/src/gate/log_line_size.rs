//! How long a line the service behind writes about a message.
//!
//! rmcp logs at `info` who a client says that it is, and every notification, as they are.
//! The application's own subscriber decides where that goes, so the length has to be bounded
//! before rmcp reads the message.

use std::fmt::{self, Write};

use bytes::Bytes;
use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, GetMeta, Implementation, InitializeRequestParams,
    JsonRpcMessage,
};

/// How long the part of a line that a client fills can be, in bytes as they are logged. With
/// what else stands in it, no line is longer than 8 KiB.
const LONGEST: usize = 6 * 1024;

/// The longest name and version of a client that are handed on where all of it is too long.
const LONGEST_NAME: usize = 256;

/// What is wrong with a message of which too long a line would be written.
pub(super) fn fault(message: &ClientJsonRpcMessage) -> Option<&'static str> {
    let (fits, fault) = match message {
        JsonRpcMessage::Notification(notification) => (
            fits(&notification.notification),
            "the notification is too long: 6 KiB are the most, counted as escaped text",
        ),
        JsonRpcMessage::Request(request) => match &request.request {
            ClientRequest::InitializeRequest(initialize) => (
                fits(&initialize.params),
                "the capabilities are too long: 6 KiB are the most, counted as escaped text",
            ),
            request => {
                let meta = request.get_meta();
                (
                    fits(&(meta.client_info(), meta.client_capabilities())),
                    "clientInfo and clientCapabilities in _meta are too long: 6 KiB are the most, counted as escaped text",
                )
            }
        },
        JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => return None,
    };
    (!fits).then_some(fault)
}

/// The same handshake with less in it, if a client says more of itself than fits a line:
/// nothing of what is left out is used here.
pub(super) fn shortened(message: &mut ClientJsonRpcMessage) -> Option<Bytes> {
    let JsonRpcMessage::Request(request) = message else {
        return None;
    };
    let ClientRequest::InitializeRequest(initialize) = &mut request.request else {
        return None;
    };
    if fits(&initialize.params) {
        return None;
    }
    shorten(&mut initialize.params);
    serde_json::to_vec(message).ok().map(Bytes::from)
}

fn shorten(params: &mut InitializeRequestParams) {
    params.meta = None;
    let client = &params.client_info;
    let name = start(&client.name).to_owned();
    let version = start(&client.version).to_owned();
    params.client_info = Implementation::new(name, version);
    if !fits(params) {
        params.capabilities.experimental = None;
        params.capabilities.extensions = None;
    }
}

/// The start of a name.
fn start(text: &str) -> &str {
    let end = text.floor_char_boundary(LONGEST_NAME);
    text.get(..end).unwrap_or_default()
}

/// Whether a value is logged in a bounded number of bytes. Nothing is kept of the text.
fn fits(value: &dyn fmt::Debug) -> bool {
    write!(SessionReservation(LONGEST), "{value:?}").is_ok()
}

/// Room for so many bytes; who wants more is stopped.
struct SessionReservation(usize);

impl Write for SessionReservation {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.checked_sub(text.len()).ok_or(fmt::Error)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(message: Value) -> ClientJsonRpcMessage {
        serde_json::from_value(message).unwrap()
    }

    fn initialize(client: Value, capabilities: Value) -> ClientJsonRpcMessage {
        let params = json!({
            "protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": client,
        });
        read(json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}))
    }

    #[test]
    fn a_usual_handshake_is_handed_on_as_it_is() {
        let client =
            json!({"name": "c", "version": "1", "title": "C", "websiteUrl": "https://c.example"});
        let mut message = initialize(client, json!({"elicitation": {}}));
        assert_eq!(shortened(&mut message), None);
        assert_eq!(fault(&message), None);
    }

    #[test]
    fn what_a_client_says_too_much_of_itself_is_left_out() {
        let long = "\u{e0001}".repeat(1000);
        let icon = json!({"src": format!("data:image/png;base64,{}", "A".repeat(9_000))});
        for client in [
            json!({"name": long, "version": "1"}),
            json!({"name": "c", "version": long}),
            json!({"name": "c", "version": "1", "description": long}),
            json!({"name": "c", "version": "1", "icons": [icon]}),
        ] {
            let mut message = initialize(client, json!({"elicitation": {}, "roots": {}}));
            assert!(fault(&message).is_some());
            let body = shortened(&mut message).expect("another body");
            assert_eq!(fault(&message), None);
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body["id"], 1);
            assert_eq!(body["params"]["protocolVersion"], "2025-11-25");
            // What a server goes by is all there.
            assert_eq!(
                body["params"]["capabilities"],
                json!({"elicitation": {}, "roots": {}})
            );
            assert_eq!(serde_json::to_value(&message).unwrap(), body);
        }
        let experimental = json!({"experimental": {"x": {"y": long}}, "elicitation": {}});
        let mut message = initialize(json!({"name": "c", "version": "1"}), experimental);
        assert!(shortened(&mut message).is_some());
        assert_eq!(fault(&message), None);
    }

    #[test]
    fn a_long_notification_and_a_long_meta_are_faults() {
        let long = "\n".repeat(4_000);
        for (short, params) in [
            (
                "notifications/cancelled",
                json!({"requestId": 1, "reason": long}),
            ),
            (
                "notifications/progress",
                json!({"progressToken": long, "progress": 1}),
            ),
            ("notifications/own", json!({"a": long})),
            (&*long, json!({})),
        ] {
            let message = json!({"jsonrpc": "2.0", "method": short, "params": params});
            assert!(fault(&read(message)).is_some(), "{short}");
        }
        let meta = |name: &str| {
            let meta = json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientInfo": {"name": name, "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            });
            read(json!({
                "jsonrpc": "2.0", "id": 1, "method": "resources/list", "params": {"_meta": meta},
            }))
        };
        assert_eq!(fault(&meta("a client")), None);
        assert!(fault(&meta(&long)).is_some());
        let small = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        assert_eq!(fault(&read(small)), None);
    }
}
