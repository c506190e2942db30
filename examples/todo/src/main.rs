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

use std::{
    env,
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use toolgate::{Config, Environment, Server, logging};

mod store;
mod tools;

use store::Store;

const PORT: u16 = 8000;

const HELP: &str = "\
todo: one to-do list per user, as MCP tools behind OAuth

  todo                  serves until it receives a signal to stop
  todo --print-scopes   prints the scopes to register at a provider, one per line
  todo --help           prints this help

Variables, also read from .env; the README of Toolgate lists the others:
  TODO_DATABASE   the file with the lists, todo.redb by default
  TOOLGATE_BIND   address to listen on, 127.0.0.1:8000 by default
  RUST_LOG        what to log, warn,toolgate=info by default
";

fn server(store: Store) -> Server<Store> {
    Server::with_state("todo", store)
        .with_title("To do")
        .with_version(env!("CARGO_PKG_VERSION"))
        .declared_scopes(tools::scope::ALL)
        .tools(tools::tools)
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(|one| one.to_string_lossy()).collect();
    let done = match arguments.iter().map(AsRef::as_ref).collect::<Vec<_>>()[..] {
        [] => serve().await,
        ["--print-scopes"] => print_scopes(),
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

async fn serve() -> Result<(), Box<dyn Error>> {
    let environment = Environment::load()?;
    logging::init_from(&environment)?;
    // Both are validated before any error is returned, so that all errors are reported together.
    let store = Store::new(&environment);
    let config = Config::from_environment(&environment, PORT);
    if let (Err(config), Err(store)) = (&config, &store) {
        return Err(format!("{config}\n{store}").into());
    }
    Ok(server(store?).serve(config?).await?)
}

fn print_scopes() -> Result<(), Box<dyn Error>> {
    // A running server locks the file, and the scopes do not depend on it.
    for scope in server(Store::in_memory()?).scopes()? {
        writeln!(io::stdout(), "{scope}")?;
    }
    Ok(())
}

#[cfg(test)]
mod access_tests;
