//! A decision point of `toolgate` that asks an engine with the OpenID AuthZEN Authorization API 1.0.
//!
//! ```no_run
//! use toolgate::{Server, policy::AuthZen};
//!
//! let engine = AuthZen::new("https://pdp.example.com", "/run/secrets/pdp-token");
//! let server = Server::new("documents").with_decision_point(engine);
//! ```
//!
//! The engine gets a `POST` to `/access/v1/evaluation`, and for a list or a subscription to several
//! resources to `/access/v1/evaluations`. It never gets the token of a caller.
//!
//! # The request, field by field
//!
//! The mapping is that of COAZ-MCP, the AuthZEN draft for MCP, where it has one.
//!
//! | field | value | in COAZ-MCP |
//! |---|---|---|
//! | `subject.type` | `identity`; `client` if the token has no subject; `anonymous` without a token | `identity` |
//! | `subject.id` | the subject (`sub`), otherwise the client, otherwise `anonymous` | `sub` |
//! | `subject.properties.issuer` | the issuer: a subject is unique only within it | – |
//! | `subject.properties.client_id`, `roles`, `actors` | from the token; each actor has `subject` and `issuer` | – |
//! | `action.name` | the method, such as `tools/call` | the same |
//! | `action.properties.list` | `true` if a list asks whether it shows the resource | – |
//! | `resource.type` | `tool`, `prompt`, `resource` or `mcp_server` | the same |
//! | `resource.id` | the name, the URI as the client wrote it, or the server's own URI | the same |
//! | `resource.properties.item` | the registered name, or the template of the URI | – |
//! | `resource.properties.arguments` | the arguments that `Server::with_policy_arguments` names | – |
//! | `context.agent` | the client (`client_id`), if the token has one | the same |
//! | `context.time` | the time in UTC (RFC 3339) | – |
//! | `context.session`, `context.acr` | the MCP session; how the user signed in | – |
//!
//! A batch has the subject and the context once, as the defaults of all evaluations, and the option
//! `execute_all`.
//!
//! # The answer
//!
//! Only a `200` of `application/json` with `"decision": true` allows. Every other answer denies,
//! such as a redirect, `"true"` as text, or another number of decisions. From `context`
//! the records get `policy` (or `policy_id`), `policy_version`, `reason` and the texts of
//! `reason_admin`, if they are there.

mod allow_cache;
mod answer;
mod authzen;
mod credentials;
mod mapping;

pub use authzen::AuthZen;
