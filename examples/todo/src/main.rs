//! One to-do list per user, behind OAuth.
//!
//! Run `cargo run -p todo`; it needs no account and no configuration. Then
//!
//! ```text
//! curl -i http://127.0.0.1:8000/mcp -d '{}'
//! ```
//!
//! answers `HTTP/1.1 401 Unauthorized` and says where a client can log in:
//!
//! ```text
//! www-authenticate: Bearer resource_metadata="http://127.0.0.1:8000/.well-known/oauth-protected-resource/mcp", scope="todo:read"
//! ```
//!
//! An MCP client with the URL `http://127.0.0.1:8000/mcp` logs in when it connects, because
//! listing the tools requires a token. It gets `todo:read`, and requests `todo:write` at its first
//! write (step-up). `ping` is public: in revision 2026-07-28 a request can call it without a
//! token.

use std::process::ExitCode;

use toolgate::{
    Server,
    cli::{Program, Purpose},
};

mod store;
mod tools;

use store::{Store, StoreError};

fn server(store: Store) -> Server<Store> {
    Server::with_state("todo", store)
        .with_title("To do")
        .with_version(env!("CARGO_PKG_VERSION"))
        .declared_scopes(tools::scope::ALL)
        .tools(tools::tools)
}

#[tokio::main]
async fn main() -> ExitCode {
    Program::new("one to-do list per user, as MCP tools behind OAuth")
        .with_variable(
            "TODO_DATABASE",
            "the file with the lists, todo.redb by default",
        )
        .run(|environment, purpose| {
            Ok::<_, StoreError>(server(match purpose {
                Purpose::Serve => Store::new(environment)?,
                // A running server locks the file, and what is printed does not depend on it.
                Purpose::Print => Store::in_memory()?,
            }))
        })
        .await
}

#[cfg(test)]
mod access_tests;
