//! The command line.

use std::time::Duration;

use clap::{Args, Parser, Subcommand};

/// Tools for MCP servers behind OAuth.
#[derive(Debug, Parser)]
#[command(name = "toolgate", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge the authorization of an MCP server from outside, whatever it is written in.
    ///
    /// Without a token nothing is called and nothing is changed. With one, `--tool` is
    /// called, and nothing else; with `--login` and without `--tool`, tools that say they
    /// only read (`readOnlyHint`) are called until one is refused. Give tokens that may be
    /// lost: the first is also sent in the query string, where it must be refused and
    /// where logs will have it.
    ///
    /// The exit code is 0 when nothing fails, 1 when something does, 2 when the server
    /// cannot be reached or the command is wrong. `--list`, or docs/check.md, explains each
    /// check, the severities and the JSON.
    Check(CheckArgs),
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The URL of the MCP endpoint, exactly as a user types it into a client.
    #[arg(required_unless_present = "list")]
    pub(crate) url: Option<String>,

    /// An access token; the one with the fewest scopes first. Better than this, which
    /// other users of the machine can see: TOOLGATE_CHECK_TOKEN, separated by spaces.
    #[arg(long, value_name = "TOKEN")]
    pub(crate) token: Vec<String>,

    /// A tool that the first token lacks a scope for. It is called with each token.
    #[arg(long, value_name = "NAME")]
    pub(crate) tool: Option<String>,

    /// The tool's arguments.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub(crate) arguments: String,

    /// Log in with a browser: the address to open is printed. Then step up.
    #[arg(long)]
    pub(crate) login: bool,

    /// A client that is registered, or the URL of a client id metadata document.
    /// Without it `--login` registers a client by itself.
    #[arg(long, value_name = "ID", requires = "login")]
    pub(crate) client_id: Option<String>,

    /// The port of `http://127.0.0.1:<port>/callback`; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0, requires = "login")]
    pub(crate) redirect_port: u16,

    /// The scopes of the first login; without it those of the server's challenge.
    #[arg(long, value_name = "SCOPES", requires = "login")]
    pub(crate) scope: Option<String>,

    /// Seconds to wait for a login.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 300,
        requires = "login"
    )]
    pub(crate) login_timeout: u64,

    /// The browser origin for the CORS checks.
    #[arg(long, value_name = "ORIGIN", default_value = "http://localhost:6274")]
    pub(crate) origin: String,

    /// Seconds to wait for an answer, 600 at most.
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    pub(crate) timeout: u64,

    /// Print the report as JSON; with `--list` the list.
    #[arg(long)]
    pub(crate) json: bool,

    /// Let the exit code be 1 for warnings as well.
    #[arg(long)]
    pub(crate) strict: bool,

    /// Print every check that there is, as a document, and stop.
    #[arg(long)]
    pub(crate) list: bool,
}

impl CheckArgs {
    /// The time that an answer may take.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.timeout.clamp(1, 600))
    }
}
