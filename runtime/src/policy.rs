//! Decision points: a policy engine that decides about each operation after every other check.
//!
//! [`PolicyDecisionPoint`] is the trait, and
//! [`Server::with_decision_point`](crate::Server::with_decision_point) sets it. The guide says when
//! to use scopes, roles, `authorize` and an engine.
//!
//! # What is asked
//!
//! Each operation is one question. A list is one batch: the first question is about the list
//! itself, and one more for each item decides whether the list shows it
//! ([`PolicyRequest::is_listing`]). All methods but `ping`, notifications and the streams of a
//! session are asked, as COAZ-MCP (the AuthZEN profile for MCP) says.
//!
//! | method | action | resource |
//! |---|---|---|
//! | `initialize`, `server/discover`, `logging/setLevel` | the method | the server |
//! | `tools/call`, `prompts/get`, `resources/read` | the method | the item |
//! | `resources/subscribe`, `resources/unsubscribe` | the method | the resource |
//! | `completion/complete` | the method | the prompt or the template |
//! | `tools/list`, `prompts/list`, `resources/list`, `resources/templates/list` | the method | the server; then each item with `tools/call`, `prompts/get` or `resources/read` |
//! | `subscriptions/listen` | the method | the server; then each resource with `resources/subscribe` |
//! | the delivery of an update | `resources/read` | the resource |
//!
//! An item that does not exist is not asked about.

pub use toolgate_oauth::policy::{
    Effect, PolicyArgument, PolicyDecision, PolicyDecisionPoint, PolicyError, PolicyItem,
    PolicyKind, PolicyRequest, PolicyResource, PolicySetupError,
};

#[cfg(feature = "authzen")]
pub use toolgate_authzen::AuthZen;
#[cfg(feature = "cedar")]
pub use toolgate_cedar::Cedar;

pub(crate) use toolgate_oauth::policy::ErasedDecisionPoint;
