//! The operation of a request, read from rmcp's own message type.
//!
//! The gate parses a body once (`gate::message`), and the operation is read from the result.
//! Headers that repeat the method or the name (`Mcp-Method`, `Mcp-Name`) are never used. So
//! authorization cannot see another request than the one that runs.

use std::fmt;

use rmcp::model::{ClientJsonRpcMessage, ClientRequest, JsonRpcMessage, Reference};

/// An operation that a client can request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation<'m> {
    /// `initialize`: opens a session.
    Initialize,
    /// `server/discover`.
    Discover,
    /// `ping`.
    Ping,
    /// `logging/setLevel`.
    SetLevel,
    /// `tools/list`.
    ListTools,
    /// `tools/call` of the tool with this name.
    CallTool(&'m str),
    /// `prompts/list`.
    ListPrompts,
    /// `prompts/get` of the prompt with this name.
    GetPrompt(&'m str),
    /// `resources/list`.
    ListResources,
    /// `resources/templates/list`.
    ListResourceTemplates,
    /// `resources/read` of this URI.
    ReadResource(&'m str),
    /// `resources/subscribe` to this URI.
    Subscribe(&'m str),
    /// `resources/unsubscribe` from this URI.
    Unsubscribe(&'m str),
    /// `completion/complete` for an argument of the prompt with this name.
    CompletePrompt(&'m str),
    /// `completion/complete` for a variable of this template.
    CompleteResource(&'m str),
    /// `subscriptions/listen` for changes of lists and of the resources with these URIs.
    Listen(&'m [String]),
    /// A notification. It gets no response.
    Notify,
    /// The response to a request of the server.
    Reply,
    /// `GET`: opens the stream of a session.
    Stream,
    /// `DELETE`: ends a session.
    EndSession,
    /// A method without a rule. It is refused.
    Unruled(&'m str),
}

impl<'m> Operation<'m> {
    /// Reads the operation of a message.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if the protocol defines the request's method, but the parameters do
    /// not fit it. rmcp parses such a message as a *custom* request with that name;
    /// accepting it would bypass the method's rule.
    pub(crate) fn from_message(message: &'m ClientJsonRpcMessage) -> Result<Self, Malformed<'m>> {
        match message {
            JsonRpcMessage::Request(request) => Self::from_request(&request.request),
            JsonRpcMessage::Notification(_) => Ok(Self::Notify),
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => Ok(Self::Reply),
        }
    }

    /// Reads the operation of a request.
    pub(crate) fn from_request(request: &'m ClientRequest) -> Result<Self, Malformed<'m>> {
        Ok(match request {
            ClientRequest::InitializeRequest(_) => Self::Initialize,
            ClientRequest::DiscoverRequest(_) => Self::Discover,
            ClientRequest::PingRequest(_) => Self::Ping,
            ClientRequest::SetLevelRequest(_) => Self::SetLevel,
            ClientRequest::ListToolsRequest(_) => Self::ListTools,
            ClientRequest::CallToolRequest(call) => Self::CallTool(&call.params.name),
            ClientRequest::ListPromptsRequest(_) => Self::ListPrompts,
            ClientRequest::GetPromptRequest(get) => Self::GetPrompt(&get.params.name),
            ClientRequest::ListResourcesRequest(_) => Self::ListResources,
            ClientRequest::ListResourceTemplatesRequest(_) => Self::ListResourceTemplates,
            ClientRequest::ReadResourceRequest(read) => Self::ReadResource(&read.params.uri),
            ClientRequest::SubscribeRequest(subscribe) => Self::Subscribe(&subscribe.params.uri),
            ClientRequest::UnsubscribeRequest(end) => Self::Unsubscribe(&end.params.uri),
            ClientRequest::CompleteRequest(complete) => {
                Self::from_reference(&complete.params.r#ref)
            }
            ClientRequest::SubscriptionsListenRequest(listen) => {
                let uris = &listen.params.notifications.resource_subscriptions;
                Self::Listen(uris.as_deref().unwrap_or_default())
            }
            ClientRequest::CustomRequest(custom) if is_known(&custom.method) => {
                return Err(Malformed {
                    method: &custom.method,
                });
            }
            // A request type that a later rmcp adds has no rule until one is written here.
            other => Self::Unruled(other.method()),
        })
    }

    /// Reads the operation of a `completion/complete` from its reference.
    pub(crate) fn from_reference(reference: &'m Reference) -> Self {
        match reference {
            Reference::Prompt(prompt) => Self::CompletePrompt(&prompt.name),
            Reference::Resource(template) => Self::CompleteResource(&template.uri),
            _ => Self::Unruled("completion/complete"),
        }
    }

    /// Returns the tool, prompt or URI that the request names.
    pub(crate) fn subject(self) -> Option<&'m str> {
        match self {
            Self::CallTool(name)
            | Self::GetPrompt(name)
            | Self::CompletePrompt(name)
            | Self::ReadResource(name)
            | Self::Subscribe(name)
            | Self::Unsubscribe(name)
            | Self::CompleteResource(name) => Some(name),
            _ => None,
        }
    }

    /// Returns the kind: the method, if it has a rule.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Initialize => "initialize",
            Self::Discover => "server/discover",
            Self::Ping => "ping",
            Self::SetLevel => "logging/setLevel",
            Self::ListTools => "tools/list",
            Self::CallTool(_) => "tools/call",
            Self::ListPrompts => "prompts/list",
            Self::GetPrompt(_) => "prompts/get",
            Self::ListResources => "resources/list",
            Self::ListResourceTemplates => "resources/templates/list",
            Self::ReadResource(_) => "resources/read",
            Self::Subscribe(_) => "resources/subscribe",
            Self::Unsubscribe(_) => "resources/unsubscribe",
            Self::CompletePrompt(_) | Self::CompleteResource(_) => "completion/complete",
            Self::Listen(_) => "subscriptions/listen",
            Self::Notify => "notification",
            Self::Reply => "reply",
            Self::Stream => "GET",
            Self::EndSession => "DELETE",
            Self::Unruled(_) => "unruled",
        }
    }

    /// Returns the method for the audit log.
    pub(crate) fn method(self) -> &'m str {
        match self {
            Self::Unruled(method) => method,
            ruled => ruled.kind(),
        }
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
    METHODS.contains(&method)
}

const METHODS: &[&str] = &[
    "completion/complete",
    "initialize",
    "logging/setLevel",
    "ping",
    "prompts/get",
    "prompts/list",
    "resources/directory/read",
    "resources/list",
    "resources/read",
    "resources/subscribe",
    "resources/templates/list",
    "resources/unsubscribe",
    "server/discover",
    "skills/get",
    "skills/list",
    "subscriptions/listen",
    "tasks/cancel",
    "tasks/get",
    "tasks/list",
    "tasks/result",
    "tasks/update",
    "tools/call",
    "tools/list",
];

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
        assert_eq!(
            Operation::from_message(&message),
            Ok(Operation::CallTool("get_news"))
        );
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
                Operation::from_message(&message).unwrap_err().method,
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
                Operation::from_message(&message),
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
        for method in METHODS {
            // Without usable parameters, each is read as itself or is malformed.
            let Ok(message) = message(&request(method, "7")) else {
                continue;
            };
            if let Ok(operation) = Operation::from_message(&message) {
                assert_ne!(operation, Operation::Unruled(method), "{method}");
            }
        }
    }
}
