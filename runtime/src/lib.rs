//! Puts MCP tools behind OAuth: annotate a function, get a protected server.
//!
//! [`#[mcp_tool(scope = "note:read")]`](mcp_tool) on a function is all that you write. From it
//! come the registration of the tool, its JSON schemas, its scope check, the discovery
//! document, the 401 and 403 challenges that let a client log in and step up, and a page that
//! people can read. [`Server`] assembles them into an [`axum::Router`] or serves them itself.
//!
//! A Toolgate server is an OAuth *resource server*: it accepts access tokens and never issues
//! them. It speaks MCP revision 2026-07-28 and the session revisions 2025-03-26 to 2025-11-25
//! on one endpoint.
//!
//! # A server
//!
//! ```no_run
//! use std::sync::Arc;
//! use tokio::sync::Mutex;
//! use toolgate::{Config, Error, Server, State, mcp_tool, tools};
//! type Note = Arc<Mutex<String>>;
//!
//! /// Reads the note.
//! #[mcp_tool(scope = "note:read", read_only)]
//! async fn read_note(State(note): State<Note>) -> String {
//!     note.lock().await.clone()
//! }
//!
//! /// Replaces the note, and returns the old text.
//! #[mcp_tool(scope = "note:write", step_up)]
//! async fn write_note(
//!     /// The new text, at most 500 characters.
//!     #[arg(max_length = 500)]
//!     text: String,
//!     State(note): State<Note>,
//! ) -> String {
//!     std::mem::replace(&mut *note.lock().await, text)
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     toolgate::logging::init()?;
//!     let note = Note::new(Mutex::new("Call the dentist.".to_owned()));
//!     let server = Server::with_state("note", note).tools(tools![read_note, write_note]);
//!     server.serve(Config::from_env()?).await
//! }
//! ```
//!
//! With the feature `development-issuer` and nothing configured, this server runs on
//! `http://127.0.0.1:8000/mcp` with an issuer for development, and any MCP client can log in.
//! [`Config::from_env`] lists the variables that name your own issuer.
//!
//! # Where to find what
//!
//! | you want to | look at |
//! |---|---|
//! | write a tool, a prompt or a resource | [`mcp_tool`], [`mcp_prompt`], [`mcp_resource`]; several methods of one type: [`mcp_tools`] |
//! | say who may call it | `scope`, `scopes`, `any_scope`, `authenticated`, `public` of the attributes; [`scopes!`] declares them |
//! | let a policy engine decide, too | [`policy`], [`Server::with_decision_point`] |
//! | decide by the arguments and your state | `authorize = function` of [`mcp_tool`], [`mcp_resource`] and [`mcp_prompt`], [`auth::AuthorizeError`] |
//! | know the caller | [`Caller`] as a parameter |
//! | reach your state, the request, the client | [`State`], [`Context`], [`interaction`] |
//! | return text, JSON or an error | [`tool`], [`Json`], [`ToolError`]; [`prompt`], [`resource`] |
//! | trust an issuer, call an API behind the server | [`issuer`], [`auth::TokenExchange`] |
//! | verify tokens yourself | [`auth::TokenVerifier`] |
//! | protect a handler that you wrote with rmcp | [`gate::HandlerGate`], [`access!`] |
//! | mount servers in your own application | [`Server::into_router`], [`Mount`] |
//! | give it a command line | [`cli::run`], which also prints who may use what |
//! | serve a host that starts your program | [`Server::serve_stdio`], [`LocalCaller`] |
//! | operate it | [`Config`], [`LineLimitWriter`], [`gate::SessionLimits`] |
//! | run several replicas, revoke tokens | [`store`] |
//!
//! Guides: [tokens and issuers](guide::tokens), [clients](guide::clients).
//!
//! # What holds
//!
//! - A call whose token lacks a scope is an HTTP 403 with `error="insufficient_scope"` and every
//!   scope that it needs. A request that needs a token and has no valid one is an HTTP 401 with a
//!   challenge.
//! - A tool runs only with a permit for exactly this tool, made by one pure function. An item
//!   without declared access does not compile; unknown items and methods are refused.
//! - Wrong configuration is reported before the first request, all errors together.
//!
//! # Features
//!
//! - `admin`: kill switches for an operator, at the address in `TOOLGATE_ADMIN_BIND`. Off by default.
//! - `approval`: the page of `approve = "…"`, on which a user signs in and decides. Off by default.
//! - `audit`: a tamper-evident audit log, which variables switch on. Off by default.
//! - `authzen`: [`policy::AuthZen`], a decision point that asks an engine with OpenID AuthZEN. Off by
//!   default.
//! - `cedar`: [`policy::Cedar`], a decision point that evaluates Cedar policies in the process. It
//!   needs Rust 1.89. Off by default.
//! - `config-file`: settings in a TOML file that `TOOLGATE_CONFIG` names. Off by default.
//! - `development-issuer`: an authorization server for development. It exists only while an item
//!   requires a token, no issuer is configured, and server and clients are on this machine
//!   (loopback). Off by default.
//! - `logging`: the module `logging`, which logs to standard error as text or JSON. Off by
//!   default, for programs with a `tracing` subscriber of their own.
//! - `metrics`: metrics for Prometheus at the address in `TOOLGATE_METRICS_BIND`. Off by default.
//! - `redis`: a store in Redis, which `TOOLGATE_STORE_URL` names and which all replicas of a server
//!   share. Off by default.
//! - `stdio`: [`Server::serve_stdio`], for hosts that start a program and speak to it on standard
//!   input and output. Off by default.
//! - `testing`: [`Caller::test`] and [`tool::Call::test`], for unit tests of tools. The crate
//!   `toolgate-testing` enables it. Off by default.
//! - `traces`: OpenTelemetry spans of each request, sent with OTLP to the collector in
//!   `OTEL_EXPORTER_OTLP_ENDPOINT`. Off by default.
//!
//! # Versions of dependencies
//!
//! [`rmcp`] and [`schemars`] appear in public signatures and are re-exported, so that you need
//! not depend on them yourself. A new major version of either is a new major version of this
//! crate.

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
pub mod auth;
pub mod cli;
mod error;
pub mod gate;
#[cfg(any(doc, doctest))]
pub mod guide;
pub mod interaction;
pub mod issuer;
mod item;
mod line_limit_writer;
#[cfg(feature = "logging")]
pub mod logging;
mod metadata;
mod observer;
mod operation;
pub mod policy;
pub mod prompt;
pub mod resource;
mod scopes;
mod server;
pub mod store;
mod text_argument;
mod token_exchange;
pub mod tool;

// Short paths to the core, and to the OAuth side.
use toolgate_core::{
    access, authorization, caller, claims, clock, credentials, denial, json, log_text, loopback,
    scope, uri_pattern,
};
use toolgate_oauth::{challenge, single_flight, verify};
// Short paths to the settings.
use toolgate_config::{self as config, item_limits, rate, throttle};

pub use rmcp;
pub use schemars;

pub use caller::Caller;
pub use config::{Config, Environment};
pub use error::{Error, SetupError, StartError};
pub use item::{Context, InputRequired, Json, LogLevel, Reply, Round, State, ToolError};
pub use line_limit_writer::LineLimitWriter;
pub use prompt::PromptSet;
pub use resource::{ResourceError, ResourceSet};
pub use scope::Scope;
#[cfg(feature = "stdio")]
pub use server::LocalCaller;
pub use server::{AccessTable, Changes, ItemAccess, Mount, Server, UnknownItemError};
pub use tool::{Args, ToolSet};
pub use toolgate_macros::{mcp_prompt, mcp_resource, mcp_tool, mcp_tools};

#[cfg(test)]
mod tests;

// Expansions say `::toolgate`; so do the tests of this crate.
#[cfg(test)]
extern crate self as toolgate;
