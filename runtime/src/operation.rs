//! The operation of a request, read from rmcp's own message type.
//!
//! The gate parses a body once (`gate::message`), and the operation is read from the result.
//! Headers that repeat the method or the name (`Mcp-Method`, `Mcp-Name`) are never used. So
//! authorization cannot see another request than the one that runs.

use std::fmt;

use rmcp::model::{ClientJsonRpcMessage, ClientRequest, JsonRpcMessage, Reference};

pub(crate) use toolgate_core::operation::Operation;

/// Reads the operation of a message.
///
/// # Errors
///
/// [`Malformed`] if the protocol defines the request's method, but the parameters do
/// not fit it. rmcp parses such a message as a *custom* request with that name;
/// accepting it would bypass the method's rule.
pub(crate) fn from_message(message: &ClientJsonRpcMessage) -> Result<Operation<'_>, Malformed<'_>> {
    match message {
        JsonRpcMessage::Request(request) => from_request(&request.request),
        JsonRpcMessage::Notification(_) => Ok(Operation::Notify),
        JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => Ok(Operation::Reply),
    }
}

/// Reads the operation of a request.
pub(crate) fn from_request(request: &ClientRequest) -> Result<Operation<'_>, Malformed<'_>> {
    Ok(match request {
        ClientRequest::InitializeRequest(_) => Operation::Initialize,
        ClientRequest::DiscoverRequest(_) => Operation::Discover,
        ClientRequest::PingRequest(_) => Operation::Ping,
        ClientRequest::SetLevelRequest(_) => Operation::SetLevel,
        ClientRequest::ListToolsRequest(_) => Operation::ListTools,
        ClientRequest::CallToolRequest(call) => Operation::CallTool(&call.params.name),
        ClientRequest::ListPromptsRequest(_) => Operation::ListPrompts,
        ClientRequest::GetPromptRequest(get) => Operation::GetPrompt(&get.params.name),
        ClientRequest::ListResourcesRequest(_) => Operation::ListResources,
        ClientRequest::ListResourceTemplatesRequest(_) => Operation::ListResourceTemplates,
        ClientRequest::ReadResourceRequest(read) => Operation::ReadResource(&read.params.uri),
        ClientRequest::SubscribeRequest(subscribe) => Operation::Subscribe(&subscribe.params.uri),
        ClientRequest::UnsubscribeRequest(end) => Operation::Unsubscribe(&end.params.uri),
        ClientRequest::CompleteRequest(complete) => from_reference(&complete.params.r#ref),
        ClientRequest::SubscriptionsListenRequest(listen) => {
            let uris = &listen.params.notifications.resource_subscriptions;
            Operation::Listen(uris.as_deref().unwrap_or_default())
        }
        ClientRequest::CustomRequest(custom) if is_known(&custom.method) => {
            return Err(Malformed {
                method: &custom.method,
            });
        }
        // A request type that a later rmcp adds has no rule until one is written here.
        other => Operation::Unruled(other.method()),
    })
}

/// Reads the operation of a `completion/complete` from its reference.
pub(crate) fn from_reference(reference: &Reference) -> Operation<'_> {
    match reference {
        Reference::Prompt(prompt) => Operation::CompletePrompt(&prompt.name),
        Reference::Resource(template) => Operation::CompleteResource(&template.uri),
        _ => Operation::Unruled("completion/complete"),
    }
}

/// A request of a known method with parameters that do not fit it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed<'m> {
    pub(crate) method: &'m str,
}

impl fmt::Display for Malformed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the parameters of {} are malformed", self.method)
    }
}

/// Returns whether any revision of the protocol defines a request with this name.
fn is_known(method: &str) -> bool {
    METHODS.split_whitespace().any(|known| known == method)
}

const METHODS: &str = "completion/complete initialize logging/setLevel ping prompts/get prompts/list \
    resources/directory/read resources/list resources/read resources/subscribe \
    resources/templates/list resources/unsubscribe server/discover skills/get skills/list \
    subscriptions/listen tasks/cancel tasks/get tasks/list tasks/result tasks/update \
    tools/call tools/list";

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Result<ClientJsonRpcMessage, serde_json::Error> {
        serde_json::from_str(text)
    }

    fn request(method: &str, params: &str) -> String {
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#)
    }

    #[test]
    fn a_call_is_read_with_its_name() {
        let text = request("tools/call", r#"{"name":"get_\u006eews","arguments":{}}"#);
        let message = message(&text).unwrap();
        assert_eq!(from_message(&message), Ok(Operation::CallTool("get_news")));
    }

    #[test]
    fn a_call_that_rmcp_reads_as_a_custom_request_is_malformed() {
        for params in [
            r#"{"name":"a","name":"b"}"#,
            r#"{"name":7}"#,
            r#"{"name":["a"]}"#,
            r#"{"name":"a","arguments":[]}"#,
            r#"{"arguments":{}}"#,
            "null",
            "[]",
        ] {
            let text = request("tools/call", params);
            // A message that does not parse is refused earlier.
            let Ok(message) = message(&text) else {
                continue;
            };
            assert_eq!(
                from_message(&message).unwrap_err().method,
                "tools/call",
                "{params}"
            );
        }
    }

    #[test]
    fn what_has_no_rule_is_unruled() {
        for (method, params) in [
            ("tasks/get", r#"{"taskId":"1"}"#),
            ("skills/list", "{}"),
            ("tools/callx", "{}"),
            ("made/up", "{}"),
        ] {
            let message = message(&request(method, params)).unwrap();
            assert_eq!(
                from_message(&message),
                Ok(Operation::Unruled(method)),
                "{method}"
            );
        }
    }

    #[test]
    fn a_batch_is_no_message() {
        assert!(message(r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#).is_err());
    }

    #[test]
    fn every_method_that_rmcp_knows_is_on_the_list() {
        for method in METHODS.split_whitespace() {
            // Without usable parameters, each is read as itself or is malformed.
            let Ok(message) = message(&request(method, "7")) else {
                continue;
            };
            if let Ok(operation) = from_message(&message) {
                assert_ne!(operation, Operation::Unruled(method), "{method}");
            }
        }
    }
}
