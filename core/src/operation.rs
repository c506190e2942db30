//! The operation of a request: what the decision is about.

/// An operation that a client can request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation<'m> {
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
    /// Returns the tool, prompt or URI that the request names.
    pub fn item_name(self) -> Option<&'m str> {
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
    pub fn kind(self) -> &'static str {
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
    pub fn method(self) -> &'m str {
        match self {
            Self::Unruled(method) => method,
            ruled => ruled.kind(),
        }
    }
}
