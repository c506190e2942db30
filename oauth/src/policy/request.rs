//! [`PolicyRequest`]: what a decision point is asked. It never holds a token.

use std::fmt;

use serde_json::Value;

use toolgate_core::authorization::Target;

use crate::{claims::Claims, clock::UnixTime};

/// One question: may this subject perform this action on this resource now?
///
/// A field that later versions add does not change the meaning of the others.
#[derive(Debug, Clone, Copy)]
pub struct PolicyRequest<'r> {
    claims: Option<&'r Claims>,
    action: &'r str,
    resource: PolicyResource<'r>,
    time: UnixTime,
    session: Option<&'r str>,
    is_listing: bool,
}

/// What a question is about.
#[derive(Clone, Copy)]
pub struct PolicyResource<'r> {
    kind: PolicyKind,
    id: &'r str,
    item: &'r str,
    arguments: &'r [(&'r str, &'r Value)],
}

/// The kind of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PolicyKind {
    /// The server itself: handshakes, lists and log levels.
    Server,
    /// A tool.
    Tool,
    /// A prompt.
    Prompt,
    /// A resource, or the template of resources.
    Resource,
}

impl PolicyKind {
    /// Returns the kind of an item.
    #[doc(hidden)]
    #[must_use]
    pub fn of(target: Target) -> Self {
        match target {
            Target::Tool(_) => Self::Tool,
            Target::Prompt(_) => Self::Prompt,
            Target::Resource(_) => Self::Resource,
        }
    }

    /// Returns the word for it, as COAZ-MCP has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "mcp_server",
            Self::Tool => "tool",
            Self::Prompt => "prompt",
            Self::Resource => "resource",
        }
    }
}

impl<'r> PolicyRequest<'r> {
    /// Builds a question about a caller without a token. `action` is the method of the message.
    #[must_use]
    pub fn new(action: &'r str, resource: PolicyResource<'r>, time: UnixTime) -> Self {
        Self {
            claims: None,
            action,
            resource,
            time,
            session: None,
            is_listing: false,
        }
    }

    /// Sets the subject: the claims of the verified token.
    #[must_use]
    pub fn with_claims(mut self, claims: Option<&'r Claims>) -> Self {
        self.claims = claims;
        self
    }

    /// Sets the session.
    #[must_use]
    pub fn with_session(mut self, session: Option<&'r str>) -> Self {
        self.session = session;
        self
    }

    /// Asks whether a list may show the resource. No item runs, and there are no arguments.
    #[must_use]
    pub fn for_list(mut self) -> Self {
        self.is_listing = true;
        self
    }

    /// Returns the claims of the verified token: issuer, subject, client, roles and actors. They
    /// are `None` for a caller without a token, who can use only public items.
    #[must_use]
    pub fn claims(&self) -> Option<&'r Claims> {
        self.claims
    }

    /// Returns the action: the method of the message, such as `tools/call`.
    #[must_use]
    pub fn action(&self) -> &'r str {
        self.action
    }

    /// Returns the resource.
    #[must_use]
    pub fn resource(&self) -> &PolicyResource<'r> {
        &self.resource
    }

    /// Returns the time of the question.
    #[must_use]
    pub fn time(&self) -> UnixTime {
        self.time
    }

    /// Returns the id of the MCP session, if there is one.
    #[must_use]
    pub fn session(&self) -> Option<&'r str> {
        self.session
    }

    /// Returns how the user signed in (`acr`).
    #[must_use]
    pub fn acr(&self) -> Option<&'r str> {
        self.claims.and_then(Claims::acr)
    }

    /// Returns `true` if the question is whether a list may show the resource.
    #[must_use]
    pub fn is_listing(&self) -> bool {
        self.is_listing
    }
}

impl<'r> PolicyResource<'r> {
    /// Describes a resource: the name of a tool or a prompt, a URI, or the server's own URI.
    #[must_use]
    pub fn new(kind: PolicyKind, id: &'r str) -> Self {
        Self {
            kind,
            id,
            item: id,
            arguments: &[],
        }
    }

    /// Sets the registered name, where it differs: the template of a URI.
    #[must_use]
    pub fn with_item(mut self, item: &'r str) -> Self {
        self.item = item;
        self
    }

    /// Sets the arguments that the server's author has opted in.
    #[must_use]
    pub fn with_arguments(mut self, arguments: &'r [(&'r str, &'r Value)]) -> Self {
        self.arguments = arguments;
        self
    }

    /// Returns its kind.
    #[must_use]
    pub fn kind(&self) -> PolicyKind {
        self.kind
    }

    /// Returns the name of a tool or a prompt, the URI of a resource as the client wrote it, or the
    /// server's own URI.
    #[must_use]
    pub fn id(&self) -> &'r str {
        self.id
    }

    /// Returns the name, the URI or the template as it is registered.
    #[must_use]
    pub fn item(&self) -> &'r str {
        self.item
    }

    /// Returns the arguments that the server's author has opted in, as the client sent them: no
    /// schema has validated them. An argument that the client left out is not among them.
    #[must_use]
    pub fn arguments(&self) -> &'r [(&'r str, &'r Value)] {
        self.arguments
    }
}

impl fmt::Debug for PolicyResource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Arguments are the user's data, which must not get into a log by accident.
        f.debug_struct("PolicyResource")
            .field("kind", &self.kind)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
