//! MCP tools behind OAuth: annotate a function, get a protected server.

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
#[path = "fuzzing.rs"]
pub mod __fuzzing;
mod access;
mod authorization;
mod bearer;
mod caller;
mod claims;
mod clock;
mod config;
mod error;
mod gate;
mod issuer;
mod item;
mod json;
mod json_schema;
mod log_text;
mod loopback;
mod metadata;
mod operation;
mod prompt;
mod resource;
mod scope;
mod server;
mod single_flight;
mod stylesheet;
mod text_argument;
mod token_exchange;
mod tool;
mod uri_pattern;
mod verify;

/// The kinds of items that a server has, as types.
pub mod kind {
    pub use crate::{item::Kind, prompt::Prompt, resource::Resource, tool::Tool};
}

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use access::Requirement;
pub use bearer::{BearerError, BearerToken};
pub use caller::Caller;
pub use claims::{Claims, ClaimsError};
pub use clock::{Clock, SystemClock, UnixTime};
pub use config::{Config, Environment};
pub use error::{Error, SetupError, StartError};
pub use gate::{ChallengeScopes, DeniedCall, SessionLimits};
pub use issuer::{
    Algorithm, ClientAuthentication, ExchangeError, ExchangeErrorKind, Introspection, Issuer,
    Provider, Upstream,
};
pub use item::{
    Call, ClientCapability, Completer, Completions, Context, Elicited, FromCall, FromRef,
    InputRequired, IntoCallError, IntoOutput, ItemDef, ItemSet, Json, LogLevel, Reply, Root, Round,
    Sample, Sampled, State, ToolError,
};
pub use prompt::PromptSet;
pub use resource::{ResourceError, ResourceOutcome, ResourceSet};
pub use scope::{Scope, ScopeDescription, ScopeError};
pub use server::{
    Access, Changes, GatedService, GuardedHandler, GuardedService, HandlerGate, HandlerGateBuilder,
    HandlerGateLayer, LocalSessions, LogWriter, Server, UnknownItemError, Visibility,
};
pub use text_argument::FromText;
pub use token_exchange::{TokenExchange, UpstreamToken};
pub use tool::{Args, Argument, AuthorizeError, ToolSet};
pub use toolgate_macros::{mcp_prompt, mcp_resource, mcp_tool, mcp_tools};
pub use verify::{Dpop, IssuerVerifier, ReadinessError, TokenError, TokenErrorKind, TokenVerifier};

// Expansions say `::toolgate`; so do the tests of this crate.
#[cfg(test)]
extern crate self as toolgate;
