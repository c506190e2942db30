//! The command line.

use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::{
    check_context::ORIGIN,
    doctor::DoctorArgs,
    new_project::NewArgs,
    user::{CallArgs, LoginArgs},
};

/// Tools for MCP servers behind OAuth.
#[derive(Debug, Parser)]
#[command(name = "toolgate", version, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
From nothing to a server:
  toolgate new demo --path ../toolgate            a package with two tools and its tests
  toolgate call http://127.0.0.1:8000/mcp read_board
  toolgate doctor -- target/debug/demo            before it serves others
  toolgate check https://mcp.example.com/mcp      any server, in whatever language

`toolgate <command> --help` describes the options and exit codes of a command.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a new server: two tools, their tests, a Dockerfile and a CI workflow.
    ///
    /// Creates a folder with the name of the package. One tool reads, one writes and needs a
    /// step-up; the tests show who may use what. The exit code is 0, or 2 if nothing was written.
    New(NewArgs),

    /// Sign in to an MCP server as a client does, and print who signed in
    ///
    /// Finds the authorization server, registers a client, and prints a URL to open in a browser.
    /// Nothing is stored. The token is printed with `--print-token` only:
    ///
    ///   TOKEN=$(toolgate login http://127.0.0.1:8000/mcp --print-token)
    ///
    /// The exit code is 0 after a sign-in, 2 if the server cannot be reached or the command line
    /// is wrong, and 3 if the sign-in fails.
    #[command(verbatim_doc_comment)]
    Login(LoginArgs),

    /// Call a tool of an MCP server, and print its result
    ///
    /// Signs in if the server needs a token and none is given. If the token lacks a scope, it asks
    /// before it signs in again for more; `--yes` agrees beforehand. A token comes from standard
    /// input (`--token -`), from a file (`--token-file`) or from TOOLGATE_TOKEN, never from the
    /// command line, and nothing is stored.
    ///
    ///   toolgate call http://127.0.0.1:8000/mcp post_note --arg text='Buy milk'
    ///
    /// Exit codes:
    ///   0  the tool ran
    ///   1  the tool or the server reports an error
    ///   2  the server cannot be reached, or the command line is wrong
    ///   3  the sign-in failed, or the token is refused
    ///   4  the token lacks a scope, and nobody agreed to request it
    #[command(verbatim_doc_comment)]
    Call(CallArgs),

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

    /// Find mistakes in the settings of a server built with Toolgate, from its program
    ///
    /// Runs the program with `--print-config --json`, `--print-metadata` and `--print-scopes`, and
    /// then looks from outside: at the authorization server and, if the server runs, at its public
    /// address. It does not start the server, needs no token and changes nothing.
    ///
    ///   toolgate doctor -- target/release/demo
    ///
    /// The exit code is 0 if no check fails, 1 if one fails, and 2 if the command line is wrong.
    /// `--list` and docs/doctor.md describe every check.
    #[command(verbatim_doc_comment)]
    Doctor(DoctorArgs),
}

impl Command {
    /// Returns its name on the command line.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::New(_) => "new",
            Self::Login(_) => "login",
            Self::Call(_) => "call",
            Self::Check(_) => "check",
            Self::Doctor(_) => "doctor",
        }
    }
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
    #[arg(long, value_name = "ORIGIN", default_value = ORIGIN)]
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
