//! What the official conformance suite asks of a server, and three scopes to step through.
//!
//! Run `cargo run -p everything`; it needs no account and no configuration. Everything asks
//! for `everything:use`, and two tools for more:
//!
//! ```text
//! curl -i http://127.0.0.1:8000/mcp -d '{}'
//! ```
//!
//! answers `HTTP/1.1 401 Unauthorized`, and a client finds the way in by itself. With
//! `--open` the same tools are public, and there is nothing to log in for:
//!
//! ```text
//! npx @modelcontextprotocol/conformance server --url http://127.0.0.1:8000/mcp --requirements 2026-07-28
//! ```

use std::{
    env,
    error::Error,
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use toolgate::{Config, Environment, Server, ToolSet};
use tracing_subscriber::EnvFilter;

#[macro_use]
mod offer;

mod content;
mod conversation;
mod elicitation;
mod steps;

const PORT: u16 = 8000;

const HELP: &str = "\
everything: the tools that the official MCP conformance suite asks for

  everything          serves them to those who have the scope everything:use
  everything --open   serves them to anybody
  everything --help   prints this

Variables, also read from .env; the README of Toolgate has the others:
  TOOLGATE_BIND   address to listen on, 127.0.0.1:8000 by default
  RUST_LOG        what to log, warn,toolgate=info by default
";

fn open(set: &mut ToolSet<()>) {
    content::open::tools(set);
    conversation::open::tools(set);
    elicitation::open::tools(set);
}

fn protected(set: &mut ToolSet<()>) {
    content::protected::tools(set);
    conversation::protected::tools(set);
    elicitation::protected::tools(set);
    steps::tools(set);
}

fn server() -> Server<()> {
    Server::new("everything")
        .title("Everything")
        .version(env!("CARGO_PKG_VERSION"))
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(|one| one.to_string_lossy()).collect();
    let done = match arguments.iter().map(AsRef::as_ref).collect::<Vec<_>>()[..] {
        [] => serve(server().vocabulary(steps::scope::ALL).tools(protected)).await,
        ["--open"] => serve(server().tools(open)).await,
        ["--help" | "-h"] => io::stdout().write_all(HELP.as_bytes()).map_err(Into::into),
        [..] => Err(format!(
            "these arguments are not known: {}\n\n{HELP}",
            arguments.join(" ")
        )
        .into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(server: Server<()>) -> Result<(), Box<dyn Error>> {
    let environment = Environment::load()?;
    let chosen = environment.get("RUST_LOG").unwrap_or("warn,toolgate=info");
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(chosen).map_err(|error| format!("RUST_LOG: {error}"))?)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
    let config = Config::from_environment(&environment, PORT)?;
    Ok(server.serve(config).await?)
}
