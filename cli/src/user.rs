//! `toolgate login` and `toolgate call`: what a client does, step by step, for a person at a
//! terminal. Nothing is stored.

mod arguments;
mod connection;
mod consent;
mod discovery;
mod output;
mod reply;
pub(crate) mod token_source;

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

use clap::Args;
use serde_json::{Map, Value, json};

use crate::{
    check_context::CheckContext,
    exit::Failure,
    forged_tokens,
    http::Http,
    login::Login,
    target::{self, Target},
};

use connection::Connection;
use consent::Consent;
use token_source::TokenArgs;

/// The options of a sign-in, which both commands have.
#[derive(Debug, Args)]
pub(crate) struct SignInArgs {
    /// The scopes to request, separated by spaces. Default: those of the server's challenge.
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,

    /// A registered client id, or the URL of a client id metadata document. Without it, a client
    /// is registered for this sign-in.
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,

    /// The port of `http://127.0.0.1:<port>/callback`; 0 selects a free port.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    redirect_port: u16,

    /// Seconds to wait for the sign-in in the browser.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    login_timeout: u64,

    /// Seconds to wait for a response, at most 600.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,
}

impl SignInArgs {
    /// Builds what the sign-in needs, for the server at this URL.
    fn context(&self, url: &str) -> Result<CheckContext, String> {
        let target = Target::read(url)?;
        // RFC 6750 §5.3: a token must not travel in the clear.
        target::secure(url).map_err(|error| {
            format!("{error}; others could read a token in transit, so use https")
        })?;
        let http = Http::new(Duration::from_secs(self.timeout))?;
        Ok(CheckContext::new(http, target))
    }

    fn login(&self) -> Login {
        Login {
            client_id: self.client_id.clone(),
            port: self.redirect_port,
            scope: self.scope.clone(),
            timeout: Duration::from_secs(self.login_timeout),
        }
    }
}

/// The arguments of `toolgate login`.
#[derive(Debug, Args)]
pub(crate) struct LoginArgs {
    /// The URL of the MCP endpoint, as users enter it in a client.
    url: String,

    #[command(flatten)]
    sign_in: SignInArgs,

    /// Print the access token, and nothing else, to standard output. Anyone who has it can use
    /// it until it expires.
    #[arg(long)]
    print_token: bool,
}

/// The arguments of `toolgate call`.
#[derive(Debug, Args)]
pub(crate) struct CallArgs {
    /// The URL of the MCP endpoint, as users enter it in a client.
    url: String,

    /// The name of the tool.
    tool: String,

    /// An argument of the tool. The value has the type that the tool's schema declares: text,
    /// a number, true or false, JSON for lists and objects.
    #[arg(long = "arg", value_name = "NAME=VALUE")]
    arg: Vec<String>,

    /// Arguments of the tool as a JSON object; `--arg` adds to them.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    args: String,

    #[command(flatten)]
    token: TokenArgs,

    #[command(flatten)]
    sign_in: SignInArgs,

    /// Request further scopes without asking first. Their names are printed.
    #[arg(long)]
    yes: bool,

    /// Print the whole result as JSON.
    #[arg(long)]
    json: bool,
}

/// Signs in, and says who signed in and which scopes were granted.
pub(crate) async fn log_in(args: LoginArgs) -> Result<ExitCode, Failure> {
    let context = args.sign_in.context(&args.url)?;
    let mut connection = Connection::new(context, args.sign_in.login(), None);
    let granted = connection.log_in().await?;
    let claims = forged_tokens::claims(&granted.token).unwrap_or_default();
    let issuer = connection.issuer().unwrap_or_default();
    // Not verified: only the server decides whether it accepts the token.
    let who = claims["sub"].as_str().map(|who| format!(" as {who}"));
    let scopes = match granted.scope.is_empty() {
        true => "none",
        false => &granted.scope,
    };
    let summary = format!("signed in at {issuer}{}", who.unwrap_or_default());
    let lines = [summary, format!("scopes: {scopes}")];
    let lines = lines.map(|line| crate::untrusted_text::printable(&line, 4000) + "\n");
    if args.print_token {
        // RFC 6750 §2.1. Anything else could be a sequence for the terminal.
        if !token_source::is_token(&granted.token) {
            return Err("the token has characters that tokens cannot have"
                .to_owned()
                .into());
        }
        eprint_all(&lines);
        return output::print(&format!("{}\n", granted.token));
    }
    output::print(&lines.concat())
}

/// Calls a tool, and prints its result.
pub(crate) async fn call(args: CallArgs) -> Result<ExitCode, Failure> {
    let given: Option<Map<String, Value>> = serde_json::from_str(&args.args).ok();
    let given = given.ok_or("--args is not a JSON object".to_owned())?;
    let pairs = arguments::pairs(&args.arg)?;
    let context = args.sign_in.context(&args.url)?;
    let token = args.token.read()?;
    let mut connection = Connection::new(context, args.sign_in.login(), token);
    let consent = Consent {
        is_given: args.yes,
        can_ask: io::stdin().is_terminal() && io::stderr().is_terminal(),
    };
    let result = run_tool(&mut connection, &args.tool, given, &pairs, &consent).await;
    connection.close().await;
    output::result(&result?, args.json)
}

async fn run_tool(
    connection: &mut Connection,
    tool: &str,
    mut arguments: Map<String, Value>,
    pairs: &[(String, String)],
    consent: &Consent,
) -> Result<Map<String, Value>, Failure> {
    if !pairs.is_empty() {
        let schema = connection.schema(tool, consent).await?;
        arguments::add(&mut arguments, pairs, &schema)?;
    }
    let params = json!({"name": tool, "arguments": arguments});
    connection.ask("tools/call", params, tool, consent).await
}

/// Prints lines to stderr. If it is closed, nobody reads them.
fn eprint_all(lines: &[String]) {
    let mut out = io::stderr().lock();
    for line in lines {
        let _ = out.write_all(line.as_bytes());
    }
}
