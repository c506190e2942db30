//! What the official conformance suite expects of a server, and three scopes for step-up.
//!
//! Run `cargo run -p everything`; it needs no account and no configuration. Everything
//! requires `everything:use`, and two tools require a further scope:
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

use std::{
    env,
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use toolgate::{Changes, Config, Environment, Server, logging};

#[macro_use]
mod offer;

mod content;
mod conversation;
mod elicitation;
mod lists;
mod prompts;
mod resources;
mod rounds;
mod schema;
mod steps;

const PORT: u16 = 8000;

const HELP: &str = "\
everything: what the official MCP conformance suite expects

  everything          serves it to callers with the scope everything:use
  everything --open   serves it without login
  everything --help   prints this help

Variables, also read from .env; the README of Toolgate lists the others:
  TOOLGATE_BIND   address to listen on, 127.0.0.1:8000 by default
  RUST_LOG        what to log, warn,toolgate=info by default
";

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
        .resources(resources::protected::resources)
        .prompts(prompts::protected::prompts)
}

fn server(changes: &Changes) -> Server<Changes> {
    Server::with_state("everything", changes.clone())
        .with_title("Everything")
        .with_version(env!("CARGO_PKG_VERSION"))
        .with_changes(changes)
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(|one| one.to_string_lossy()).collect();
    let done = match arguments.iter().map(AsRef::as_ref).collect::<Vec<_>>()[..] {
        [] => serve(protected(&Changes::new())).await,
        ["--open"] => serve(open(&Changes::new())).await,
        ["--help" | "-h"] => io::stdout().write_all(HELP.as_bytes()).map_err(Into::into),
        [..] => Err(format!("unknown arguments: {}\n\n{HELP}", arguments.join(" ")).into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(server: Server<Changes>) -> Result<(), Box<dyn Error>> {
    let environment = Environment::load()?;
    logging::init_from(&environment)?;
    let config = Config::from_environment(&environment, PORT)?;
    Ok(server.serve(config).await?)
}

#[cfg(test)]
mod access_tests;
