//! Tests of access for servers built with [`toolgate`].
//!
//! A [`TestServer`] is your server behind its real gate, in memory: a test says who calls, the kit
//! mints a signed token, and the gate decides. A denied call is three lines:
//!
//! ```
//! # use toolgate::{Server, mcp_tool, tools};
//! use serde_json::json;
//! use toolgate_testing::TestServer;
//! # /// Lists the invoices.
//! # #[mcp_tool(scope = "invoices:read")]
//! # fn list_invoices() -> String {
//! #     "none".to_owned()
//! # }
//! # /// Creates an invoice.
//! # #[mcp_tool(scope = "invoices:write", step_up)]
//! # fn create_invoice(
//! #     /// In cents.
//! #     amount: u64,
//! # ) -> String {
//! #     format!("created: {amount}")
//! # }
//! # fn server() -> Server<()> {
//! #     Server::new("invoices").tools(tools![list_invoices, create_invoice])
//! # }
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//!
//! let server = TestServer::new(server());
//! let alice = server.as_caller("alice").with_scopes(["invoices:read"]);
//! let denied = alice.call("create_invoice", json!({"amount": 5})).await.unwrap_err();
//! assert_eq!(denied.needed_scopes(), ["invoices:write"]);
//! # });
//! ```
//!
//! and a call that is stepped up is five:
//!
//! ```
//! # use toolgate::{Server, mcp_tool, tools};
//! # use serde_json::json;
//! # use toolgate_testing::TestServer;
//! # /// Creates an invoice.
//! # #[mcp_tool(scope = "invoices:write", step_up)]
//! # fn create_invoice(
//! #     /// In cents.
//! #     amount: u64,
//! # ) -> String {
//! #     format!("created: {amount}")
//! # }
//! # fn server() -> Server<()> {
//! #     Server::new("invoices").tools(tools![create_invoice])
//! # }
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let server = TestServer::new(server());
//! let alice = server.as_caller("alice");
//! let denied = alice.call("create_invoice", json!({"amount": 5})).await.unwrap_err();
//! let created = alice.stepped_up(&denied).call("create_invoice", json!({"amount": 5})).await;
//! assert_eq!(created.unwrap().text(), "created: 5");
//! # });
//! ```
//!
//! [`assert_access`] tries every item with every relevant set of scopes, in the stateless revision
//! and in a session, and compares the answers with what the attributes declare. Keep
//! [`Server::access_table`](toolgate::Server::access_table) as a snapshot next to it: the first
//! shows that the gate does what the attributes say, the second shows a change of what they say.
//!
//! # Unit tests
//!
//! A tool stays a function. Pass it a [`Caller::test`](toolgate::Caller::test), which no gate
//! accepts, and whatever else it takes.
//!
//! # What is where
//!
//! | you want to | look at |
//! |---|---|
//! | call a server, a [`HandlerGate`](toolgate::gate::HandlerGate) or your application | [`TestServer`], [`TestCaller`] |
//! | answer what a tool asks its client | [`TestCaller::answering`] |
//! | decide like a user on the page of the server | `TestCaller::approving`, with the feature `approval` |
//! | hear of changed resources | [`TestCaller::subscribe`], [`Subscription`] |
//! | see why a call was denied | [`Denial`], [`Challenge`] |
//! | see which check allows or denies an item | [`TestServer::explain`] |
//! | test an issuer that rotates its keys or is down | [`TestIssuer`] |
//! | let tokens expire | [`TestClock`] |
//! | mint any other token | [`TokenBuilder`], [`SigningKey`] |
//!
//! Every function of this crate panics where a test should fail.

mod assert_access;
mod challenge;
mod denial;
mod event_stream;
mod output;
mod signing_key;
mod subscription;
mod template_uri;
mod test_caller;
mod test_clock;
mod test_issuer;
mod test_server;
mod token_builder;

pub use assert_access::{AccessReport, assert_access};
pub use challenge::Challenge;
pub use denial::Denial;
pub use output::Output;
pub use signing_key::SigningKey;
pub use subscription::Subscription;
pub use test_caller::TestCaller;
pub use test_clock::TestClock;
pub use test_issuer::TestIssuer;
pub use test_server::TestServer;
pub use token_builder::TokenBuilder;
