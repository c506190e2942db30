//! A decision point of `toolgate` that evaluates [Cedar](https://www.cedarpolicy.com) policies in
//! the process.
//!
// Without the feature the example does not compile.
#![cfg_attr(
    feature = "engine",
    doc = r#"
```no_run
use toolgate::{Server, policy::Cedar};

let server = Server::new("documents").with_decision_point(Cedar::from_file("documents.cedar"));
```
"#
)]
//!
//! # Entities and actions
//!
//! They follow from the items of the server, and so does the schema, which `--print-cedar-schema`
//! prints.
//!
//! | in Cedar | is |
//! |---|---|
//! | `User::"<issuer>#<subject>"` | the subject of the token |
//! | `Client::"<issuer>#<client>"` | a program whose token has no subject |
//! | `Anonymous::"anonymous"` | a caller without a token |
//! | `Role::"<role>"` | a parent of the user or of the client for each role |
//! | `Tool`, `Prompt`, `Template` | the registered items, by name: a policy that names another does not start |
//! | `Resource::"<URI>"` | a resource; its template is its parent |
//! | `Server` | the server itself |
//! | `Action::"<method>"` | the method of the message, such as `tools/call` |
//!
//! A user and a client have the attributes `issuer`, `subject`, `client`, `roles` and `actors`. The
//! context has `time` in seconds, `list` (whether a list asks if it shows the item), and, if they are
//! known, `session`, `acr` and `arguments`: `context.arguments.pay.invoice` is the argument `invoice`
//! of the tool `pay`, if `Server::with_policy_arguments` names it.
//!
//! # Policies
//!
//! The server validates all policies in strict mode when it starts, and reports every error. When
//! requests arrive, it compares the file once a second. It uses valid changes, and logs the errors
//! of invalid ones; the last valid policies stay. `@id("…")` names a policy for the records.
//!
//! A policy whose evaluation fails denies the request, even where Cedar itself would ignore the
//! policy: a `forbid` that fails must not allow a request.

#![cfg(feature = "engine")]

mod arguments;
mod callers;
mod cedar;
mod contexts;
mod entities;
mod loaded;
mod schema;

pub use cedar::Cedar;
pub use schema::schema;
