//! Limits the length of the log lines that rmcp writes about a message.
//!
//! rmcp logs the client information and every notification at `info`, unchanged. The
//! application's subscriber decides where the lines go, so the gate limits their length
//! before rmcp reads the message.

use std::fmt::{self, Write};

use bytes::Bytes;
use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, GetMeta, Implementation, InitializeRequestParams,
    JsonRpcMessage,
};

/// The maximum length of the client's part of a line, in bytes as they are logged. With the
/// rest of the line, no line is longer than 8 KiB.
const LONGEST: usize = 6 * 1024;

/// The maximum length of the name and the version in shortened client information, in bytes.
const LONGEST_NAME: usize = 256;

/// Checks that rmcp logs no line about a message that is too long.
///
/// # Errors
///
/// Returns which part of the message is too long.
pub(super) fn check(message: &ClientJsonRpcMessage) -> Result<(), &'static str> {
    let (fits, error) = match message {
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
        JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => return Ok(()),
    };
    if fits { Ok(()) } else { Err(error) }
}

/// Shortens the client information of a handshake if it does not fit a line, and returns the
/// new body. The server uses nothing of what is left out.
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

/// Returns the start of a name.
fn start(text: &str) -> &str {
    let mut ends = (0..=LONGEST_NAME.min(text.len())).rev();
    ends.find_map(|end| text.get(..end)).unwrap_or_default()
}

/// Returns whether the logged form of a value fits. The text is counted and not stored.
fn fits(value: &dyn fmt::Debug) -> bool {
    write!(LineBudget(LONGEST), "{value:?}").is_ok()
}

/// A writer that accepts this many bytes and fails at the next one.
struct LineBudget(usize);

impl Write for LineBudget {
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
    fn a_handshake_of_common_length_is_forwarded_unchanged() {
        let client =
            json!({"name": "c", "version": "1", "title": "C", "websiteUrl": "https://c.example"});
        let mut message = initialize(client, json!({"elicitation": {}}));
        assert_eq!(shortened(&mut message), None);
        assert_eq!(check(&message), Ok(()));
    }

    #[test]
    fn client_information_that_is_too_long_is_left_out() {
        let long = "\u{e0001}".repeat(1000);
        let icon = json!({"src": format!("data:image/png;base64,{}", "A".repeat(9_000))});
        for client in [
            json!({"name": long, "version": "1"}),
            json!({"name": "c", "version": long}),
            json!({"name": "c", "version": "1", "description": long}),
            json!({"name": "c", "version": "1", "icons": [icon]}),
        ] {
            let mut message = initialize(client, json!({"elicitation": {}, "roots": {}}));
            assert!(check(&message).is_err());
            let body = shortened(&mut message).expect("another body");
            assert_eq!(check(&message), Ok(()));
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body["id"], 1);
            assert_eq!(body["params"]["protocolVersion"], "2025-11-25");
            // The capabilities that the server uses are complete.
            assert_eq!(
                body["params"]["capabilities"],
                json!({"elicitation": {}, "roots": {}})
            );
            assert_eq!(serde_json::to_value(&message).unwrap(), body);
        }
        let experimental = json!({"experimental": {"x": {"y": long}}, "elicitation": {}});
        let mut message = initialize(json!({"name": "c", "version": "1"}), experimental);
        assert!(shortened(&mut message).is_some());
        assert_eq!(check(&message), Ok(()));
    }

    #[test]
    fn a_long_notification_and_a_long_meta_are_refused() {
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
            assert!(check(&read(message)).is_err(), "{short}");
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
        assert_eq!(check(&meta("a client")), Ok(()));
        assert!(check(&meta(&long)).is_err());
        let small = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        assert_eq!(check(&read(small)), Ok(()));
    }
}
