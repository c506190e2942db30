//! The facts that the page is rendered from.

use serde_json::{Map, Value};

/// The facts that the page is rendered from.
#[derive(Debug, Clone)]
pub struct PageFacts<'a> {
    /// The server's name, as clients see it.
    pub name: &'a str,
    /// The server's version.
    pub version: &'a str,
    /// The resource: the URL that clients connect to.
    pub resource: &'a str,
    /// The URL of the RFC 9728 document.
    pub metadata: &'a str,
    /// The path or URL of the page itself. The other renderings are there with `.md` and `.json`
    /// at the end.
    pub page: &'a str,
    /// The issuers; clients use the first.
    pub issuers: Vec<&'a str>,
    /// Whether the issuer is the embedded development issuer.
    pub development: bool,
    /// When a client has to log in.
    pub login: Login,
    /// Whether tokens must be bound to a key; `None` if binding is not supported.
    pub bound_tokens_required: Option<bool>,
    /// Every scope, sorted.
    pub scopes: Vec<ScopeEntry<'a>>,
    /// The tools, in the order of the listing.
    pub tools: Vec<ToolEntry<'a>>,
    /// The prompts, in the order of the listing.
    pub prompts: Vec<PromptEntry<'a>>,
    /// The resources and templates, in the order of the listing.
    pub resources: Vec<ResourceEntry<'a>>,
}

/// When a client first needs a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// At the connection.
    AtConnection,
    /// At the first use of a protected item: every client may connect and list.
    AtProtectedCall,
    /// Never: every item is public.
    Never,
}

/// The access that an item requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access<'a> {
    /// No token is needed.
    Public,
    /// Any token that the server accepts.
    Authenticated,
    /// A token with every scope of one of these alternatives.
    Scopes(Vec<Vec<&'a str>>),
}

/// A scope and its description.
#[derive(Debug, Clone, Copy)]
pub struct ScopeEntry<'a> {
    /// The scope.
    pub name: &'a str,
    /// What it permits, as its author describes it.
    pub description: Option<&'a str>,
}

/// What an item requires in addition to its access.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions<'a> {
    /// Whether a person must stand behind the call.
    pub is_for_persons: bool,
    /// Alternatives: a caller needs every role of one of them.
    pub roles: Vec<Vec<&'a str>>,
    /// The accepted authentication contexts (`acr`).
    pub acr: Vec<&'a str>,
    /// How long ago the caller may have logged in, in seconds.
    pub max_age: Option<u64>,
    /// Whether the user confirms each request.
    pub is_confirmed: bool,
    /// Whether the user approves each request on a page of the server.
    pub is_approved: bool,
    /// How often one caller may use the item, such as `10/min`.
    pub rate: Option<String>,
    /// How many requests of one caller may run at the same time.
    pub concurrency: Option<u32>,
    /// How long the item may run, such as `30s`.
    pub timeout: Option<String>,
}

/// A tool and its access.
#[derive(Debug, Clone)]
pub struct ToolEntry<'a> {
    /// The name, which requests contain.
    pub name: &'a str,
    /// The name for people.
    pub title: Option<&'a str>,
    /// Paragraphs, with code between backticks.
    pub description: Option<&'a str>,
    /// What the tool does to its environment.
    pub hints: ToolHints,
    /// The JSON Schema of the arguments.
    pub input_schema: &'a Map<String, Value>,
    /// The JSON Schema of the structured result.
    pub output_schema: Option<&'a Map<String, Value>>,
    /// The access that a call requires.
    pub access: Access<'a>,
    /// What a call requires in addition to the access.
    pub conditions: Conditions<'a>,
}

/// The annotations of a tool (MCP, `ToolAnnotations`); `None` is MCP's default.
#[derive(Debug, Clone, Copy, Default)]
pub struct ToolHints {
    /// Whether the tool changes nothing.
    pub read_only: Option<bool>,
    /// Whether the tool may delete data.
    pub destructive: Option<bool>,
    /// Whether a repeated call has no further effect.
    pub idempotent: Option<bool>,
    /// Whether the tool uses other services.
    pub open_world: Option<bool>,
}

/// A prompt and its access.
#[derive(Debug, Clone)]
pub struct PromptEntry<'a> {
    /// The name, which requests contain.
    pub name: &'a str,
    /// The name for people.
    pub title: Option<&'a str>,
    /// Paragraphs, with code between backticks.
    pub description: Option<&'a str>,
    /// The arguments, in the order of the listing.
    pub arguments: Vec<PromptArgument<'a>>,
    /// The access that a request requires.
    pub access: Access<'a>,
    /// What a request requires in addition to the access.
    pub conditions: Conditions<'a>,
}

/// An argument of a prompt.
#[derive(Debug, Clone, Copy)]
pub struct PromptArgument<'a> {
    /// The name, which requests contain.
    pub name: &'a str,
    /// Paragraphs, with code between backticks.
    pub description: Option<&'a str>,
    /// Whether a request without it is refused.
    pub is_required: bool,
}

/// A resource or a template, and its access.
#[derive(Debug, Clone)]
pub struct ResourceEntry<'a> {
    /// The URI, or the URI template.
    pub uri: &'a str,
    /// The name for people.
    pub title: Option<&'a str>,
    /// Paragraphs, with code between backticks.
    pub description: Option<&'a str>,
    /// The media type of the contents.
    pub mime_type: Option<&'a str>,
    /// The access that a read requires.
    pub access: Access<'a>,
    /// What a read requires in addition to the access.
    pub conditions: Conditions<'a>,
}

impl Access<'_> {
    /// Returns whether any alternative has this scope.
    pub(crate) fn needs(&self, scope: &str) -> bool {
        match self {
            Self::Public | Self::Authenticated => false,
            Self::Scopes(alternatives) => alternatives.iter().any(|all| all.contains(&scope)),
        }
    }
}

impl PageFacts<'_> {
    /// Returns whether any item needs a login.
    pub(crate) fn has_login(&self) -> bool {
        self.login != Login::Never
    }

    /// Returns who may use the server, in words.
    pub(crate) fn openness(&self) -> &'static str {
        match self.has_login() {
            true => "behind OAuth",
            false => "open to everybody",
        }
    }

    /// Returns media type, name and address of each other rendering.
    pub(crate) fn alternates(&self) -> [(&'static str, &'static str, String); 2] {
        [
            ("text/markdown", "Markdown", format!("{}.md", self.page)),
            ("application/json", "JSON", format!("{}.json", self.page)),
        ]
    }

    /// Returns whether the page has a section for tools: if there are tools, or no items at
    /// all.
    pub(crate) fn has_tools(&self) -> bool {
        !self.tools.is_empty() || (self.prompts.is_empty() && self.resources.is_empty())
    }

    /// Returns the numbers of tools, prompts and resources in words.
    pub(crate) fn counted(&self) -> String {
        let mut counts = Vec::new();
        if self.has_tools() {
            counts.push(count(self.tools.len(), "tool", "tools"));
        }
        if !self.prompts.is_empty() {
            counts.push(count(self.prompts.len(), "prompt", "prompts"));
        }
        if !self.resources.is_empty() {
            counts.push(count(self.resources.len(), "resource", "resources"));
        }
        counts.join(", ")
    }
}

/// What each rendering says about the development issuer.
pub(crate) const DEVELOPMENT: &str = "Anyone on this computer can sign in as anyone: the server's built-in sign-in checks no password. It answers this computer only.";

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
