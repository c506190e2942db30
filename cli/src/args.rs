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
    /// Check the authorization of an MCP server from outside, in whatever language it is
    /// written.
    ///
    /// Without a token, no tool is called and nothing is changed. With a token, only `--tool`
    /// is called. With `--login` and without `--tool`, tools that declare `readOnlyHint` are
    /// called until one is refused. Use tokens that you can revoke: the first one is also sent
    /// in the query string, where the server must refuse it and where logs may record it.
    ///
    /// The exit code is 0 if no check fails, 1 if one fails, 2 if the server cannot be reached or the
    /// command line is wrong. `--list` and docs/check.md describe every check, the severities
    /// and the JSON.
    Check(CheckArgs),
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The URL of the MCP endpoint, exactly as users enter it in a client.
    #[arg(required_unless_present = "list")]
    pub(crate) url: Option<String>,

    /// An access token; give the one with the fewest scopes first. Other users of the machine
    /// can see the command line, so prefer TOOLGATE_CHECK_TOKEN (tokens separated by spaces).
    #[arg(long, value_name = "TOKEN")]
    pub(crate) token: Vec<String>,

    /// A tool that needs a scope the first token lacks. It is called with each token.
    #[arg(long, value_name = "NAME")]
    pub(crate) tool: Option<String>,

    /// The arguments of the tool.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub(crate) arguments: String,

    /// Log in with a browser (the URL to open is printed), then test step-up.
    #[arg(long)]
    pub(crate) login: bool,

    /// A registered client id, or the URL of a client id metadata document. Without it,
    /// `--login` registers a client.
    #[arg(long, value_name = "ID", requires = "login")]
    pub(crate) client_id: Option<String>,

    /// The port of `http://127.0.0.1:<port>/callback`; 0 selects a free port.
    #[arg(long, value_name = "PORT", default_value_t = 0, requires = "login")]
    pub(crate) redirect_port: u16,

    /// The scopes of the first login. Default: the scopes of the server's challenge.
    #[arg(long, value_name = "SCOPES", requires = "login")]
    pub(crate) scope: Option<String>,

    /// Seconds to wait for the login.
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

    /// Seconds to wait for a response, at most 600.
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    pub(crate) timeout: u64,

    /// Print the report as JSON; with `--list`, the list.
    #[arg(long)]
    pub(crate) json: bool,

    /// Exit with 1 on warnings too.
    #[arg(long)]
    pub(crate) strict: bool,

    /// Print the list of all checks as Markdown, and exit.
    #[arg(long)]
    pub(crate) list: bool,
}

impl CheckArgs {
    /// How long to wait for a response.
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout.clamp(1, 600))
    }
}
