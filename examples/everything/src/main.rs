//! What the official conformance suite expects of a server, and three scopes for step-up.
//!
//! Run `cargo run -p everything`; it needs no account and no configuration. Everything
//! requires `everything:use`, and some items require a further scope:
//!
//! ```text
//! curl -i http://127.0.0.1:8000/mcp -d '{}'
//! ```
//!
//! answers `HTTP/1.1 401 Unauthorized`, and a client finds the issuer by itself. With
//! `--open` the same tools are public, and no login is needed:
//!
//! ```text
//! npx @modelcontextprotocol/conformance server --url http://127.0.0.1:8000/mcp --requirements 2026-07-28
//! ```

use std::{convert::Infallible, env, process::ExitCode};

use toolgate::{Changes, Server, cli::Program};

#[macro_use]
mod offer;

mod challenges;
mod content;
mod conversation;
mod elicitation;
mod lists;
mod prompts;
mod resources;
mod rounds;
mod schema;
mod steps;

/// Makes every item public.
const OPEN: &str = "--open";

/// Builds the server whose items are all public.
fn open(changes: &Changes) -> Server<Changes> {
    server(changes)
        .tools(content::open::tools)
        .tools(conversation::open::tools)
        .tools(elicitation::open::tools)
        .tools(lists::open::tools)
        .tools(rounds::open::tools)
        .tools(schema::open::tools)
        .resources(resources::open::resources)
        .prompts(prompts::open::prompts)
}

/// Builds the server whose items require scopes.
fn protected(changes: &Changes) -> Server<Changes> {
    server(changes)
        .declared_scopes(steps::scope::ALL)
        .tools(content::protected::tools)
        .tools(conversation::protected::tools)
        .tools(elicitation::protected::tools)
        .tools(lists::protected::tools)
        .tools(rounds::protected::tools)
        .tools(schema::protected::tools)
        .tools(steps::tools)
        .tools(challenges::tools)
        .resources(resources::protected::resources)
        .resources(challenges::resources)
        .prompts(prompts::protected::prompts)
        .prompts(challenges::prompts)
}

fn server(changes: &Changes) -> Server<Changes> {
    Server::with_state("everything", changes.clone())
        .with_title("Everything")
        .with_version(env!("CARGO_PKG_VERSION"))
        .with_changes(changes)
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = env::args_os().skip(1);
    let mut arguments: Vec<_> = arguments
        .map(|one| one.to_string_lossy().into_owned())
        .collect();
    let is_open = arguments.first().is_some_and(|first| first == OPEN);
    if is_open {
        arguments.remove(0);
    }
    Program::new("what the official MCP conformance suite expects; --open before all other arguments serves it without a login")
        .with_arguments(arguments)
        .run(|_, _| {
            let changes = Changes::new();
            Ok::<_, Infallible>(match is_open {
                true => open(&changes),
                false => protected(&changes),
            })
        })
        .await
}

#[cfg(test)]
mod access_tests;
