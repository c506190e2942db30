//! `toolgate check <url>`: checks the authorization of an MCP server from outside.
//!
//! Shares no code with the runtime, so that the two do not share bugs. [`check_context`] holds
//! what the server publishes, [`checks`] run family by family, and a [`report`] lists what was
//! seen and how to fix it.

mod args;
mod bounded_json;
mod challenge;
mod check_context;
mod checks;
mod finding;
mod forged_tokens;
mod http;
mod login;
mod mcp_client;
mod report;
mod target;
mod untrusted_text;

use std::{
    env,
    io::{self, IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

use clap::Parser;

use args::{CheckArgs, Cli, Command};
use check_context::{CheckContext, Facts};
use finding::Severity;
use http::Http;
use login::Login;
use report::Report;
use target::Target;

/// Tokens, separated by white space. Only the same user can read the environment; everyone on
/// the machine can read a command line.
const TOKENS: &str = "TOOLGATE_CHECK_TOKEN";

/// The longest error message that is printed, in characters: it may contain user input.
const LONGEST_ERROR: usize = 4000;

fn main() -> ExitCode {
    let Command::Check(args) = Cli::parse().command;
    match run(args) {
        Ok(code) => code,
        Err(error) => {
            // If stderr is closed, there is nowhere to report that.
            let error = untrusted_text::printable(&error, LONGEST_ERROR);
            let _ = writeln!(io::stderr(), "toolgate check: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(args: CheckArgs) -> Result<ExitCode, String> {
    if args.list {
        let mut out = io::stdout().lock();
        let written = match args.json {
            true => report::list_json(&mut out),
            false => report::list_markdown(&mut out),
        };
        return written.map_or_else(closed, |()| Ok(ExitCode::SUCCESS));
    }
    let severity = if args.strict {
        Severity::Warn
    } else {
        Severity::Fail
    };
    let is_json = args.json;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let report = runtime.block_on(check(args))?;
    let mut out = io::stdout().lock();
    let written = match is_json {
        true => report.write_json(&mut out),
        false => {
            let is_coloured = out.is_terminal() && env::var_os("NO_COLOR").is_none();
            report.write_text(&mut out, is_coloured)
        }
    };
    let code = match report.is_free_of(severity) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    };
    written
        .or_else(|error| closed(error).map(drop))
        .map(|()| code)
}

async fn check(args: CheckArgs) -> Result<Report, String> {
    let timeout = args.timeout();
    let target = Target::read(args.url.as_deref().unwrap_or_default())?;
    let arguments = serde_json::from_str(&args.arguments)
        .ok()
        .filter(serde_json::Value::is_object)
        .ok_or("--arguments is not a JSON object")?;
    let mut tokens = args.token;
    let more = env::var(TOKENS).unwrap_or_default();
    tokens.extend(more.split_whitespace().map(str::to_owned));
    // Do not print the token: it may be a real one that contains a line break.
    if tokens
        .iter()
        .any(|token| token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()))
    {
        return Err(
            "a token contains characters that tokens cannot have (RFC 6750 §2.1)".to_owned(),
        );
    }
    let login = args.login.then_some(Login {
        client_id: args.client_id,
        port: args.redirect_port,
        scope: args.scope,
        timeout: Duration::from_secs(args.login_timeout),
    });
    let mut context = CheckContext {
        http: Http::new(timeout)?,
        target,
        tokens,
        tool: args.tool,
        arguments,
        origin: args.origin,
        facts: Facts::default(),
    };
    let findings = checks::run(&mut context, login).await;
    let findings = findings
        .map_err(|error| format!("{} cannot be reached: {error}", context.target.typed()))?;
    Ok(Report::new(
        context.target.typed(),
        findings,
        &context.tokens,
    ))
}

/// A reader that closes the pipe (`… | head`) is not an error.
fn closed(error: io::Error) -> Result<ExitCode, String> {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        _ => Err(error.to_string()),
    }
}
