//! Limits of the id of a message, of the revision that it names, and of its subscriptions.
//!
//! rmcp logs ids and revisions unchanged. Without limits a client could fill the log with one
//! line, or forge lines in it (CWE-117).

use http::HeaderMap;
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, JsonRpcMessage, RequestId};

use super::{log_line_size, message_error::MessageError};
use crate::log_text::is_one_line;

/// The longest id, in bytes. Real ids are numbers, or have 36 bytes.
pub(super) const LONGEST_ID: usize = 256;

/// The longest name of a revision, in bytes. Real names have 10.
const LONGEST_VERSION: usize = 64;

/// The maximum number of resources of one `subscriptions/listen`. rmcp compares each with each.
const MOST_LISTENED: usize = 1024;

/// The maximum length of their URIs together, in bytes: the same as for all listeners of one
/// caller. Larger requests are refused here, before rmcp acknowledges the subscription.
const MOST_LISTENED_BYTES: usize = 256 * 1024;

/// Checks the length of the `MCP-Protocol-Version` header.
///
/// # Errors
///
/// Returns a description if the header is too long for the name of a revision.
pub(super) fn check_version_header(headers: &HeaderMap) -> Result<(), &'static str> {
    let mut versions = headers.get_all("mcp-protocol-version").iter();
    match versions.any(|version| version.len() > LONGEST_VERSION) {
        true => Err("the MCP-Protocol-Version header names no revision"),
        false => Ok(()),
    }
}

/// Checks the id of a message and the parameters that the service behind the gate logs or
/// stores.
pub(super) fn check(message: &ClientJsonRpcMessage) -> Result<(), MessageError> {
    let (id, request) = match message {
        JsonRpcMessage::Request(request) => (Some(&request.id), Some(&request.request)),
        JsonRpcMessage::Response(response) => (Some(&response.id), None),
        JsonRpcMessage::Error(error) => (error.id.as_ref(), None),
        JsonRpcMessage::Notification(_) => (None, None),
    };
    if !id.is_none_or(is_plain_id) {
        return Err(MessageError::Id);
    }
    let error = log_line_size::check(message).err().or_else(|| match request? {
        ClientRequest::InitializeRequest(initialize) => {
            let version = initialize.params.protocol_version.as_str();
            (!is_plain(version, LONGEST_VERSION)).then_some("protocolVersion names no revision")
        }
        ClientRequest::SubscriptionsListenRequest(listen) => {
            let uris = &listen.params.notifications.resource_subscriptions;
            let uris = uris.as_deref().unwrap_or_default();
            let bytes: usize = uris.iter().map(String::len).sum();
            if uris.len() > MOST_LISTENED {
                Some("resourceSubscriptions has more than 1024 resources")
            } else if bytes > MOST_LISTENED_BYTES {
                Some("resourceSubscriptions has URIs of more than 262144 bytes together: name fewer")
            } else {
                None
            }
        }
        _ => None,
    });
    error.map_or(Ok(()), |error| Err(MessageError::Params(error.into())))
}

/// Returns whether an id is short enough to be repeated in an answer.
pub(super) fn is_short_id(id: &RequestId) -> bool {
    match id {
        RequestId::Number(_) => true,
        RequestId::String(text) => text.len() <= LONGEST_ID,
    }
}

/// Returns whether an id is short and breaks no log line.
fn is_plain_id(id: &RequestId) -> bool {
    match id {
        RequestId::Number(_) => true,
        RequestId::String(text) => is_plain_text_id(text),
    }
}

/// Returns whether a text is an id that is short and breaks no log line.
pub(super) fn is_plain_text_id(text: &str) -> bool {
    is_plain(text, LONGEST_ID)
}

/// Returns whether a text is short and has no characters that break a log line or are
/// invisible in it.
fn is_plain(text: &str, longest: usize) -> bool {
    text.len() <= longest && is_one_line(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn is_right(message: Value) -> bool {
        let message: ClientJsonRpcMessage = serde_json::from_value(message).unwrap();
        check(&message).is_ok()
    }

    fn initialize(version: &str) -> Value {
        let params = json!({"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "a", "version": "1"}});
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params})
    }

    #[test]
    fn an_id_is_short_and_breaks_no_line() {
        for (id, right) in [
            (json!(-1), true),
            (json!(""), true),
            (json!("5f0c-\"quoted\"-ä"), true),
            (json!("a".repeat(256)), true),
            (json!("a".repeat(257)), false),
            (json!("a\nb"), false),
            (json!("\u{1b}[2J"), false),
            (json!("\u{2028}"), false),
            (json!("\u{202e}"), false),
        ] {
            for message in [
                json!({"jsonrpc": "2.0", "id": id, "method": "ping"}),
                json!({"jsonrpc": "2.0", "id": id, "result": {}}),
                json!({"jsonrpc": "2.0", "id": id, "error": {"code": 1, "message": "a\nb"}}),
            ] {
                assert_eq!(is_right(message.clone()), right, "{message}");
            }
        }
    }

    #[test]
    fn a_revision_is_short_and_breaks_no_line() {
        assert!(is_right(initialize("2025-11-25")));
        assert!(is_right(initialize("made up")));
        assert!(!is_right(initialize("a\nb")));
        assert!(!is_right(initialize(&"a".repeat(65))));
        let header = |text: String| {
            let mut headers = HeaderMap::new();
            headers.insert("mcp-protocol-version", text.parse().unwrap());
            check_version_header(&headers).is_ok()
        };
        assert!(header("a".repeat(64)));
        assert!(!header("a".repeat(65)));
    }
}
