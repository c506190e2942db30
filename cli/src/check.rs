//! `toolgate check`: runs the checks, and prints the report.

use std::{
    env,
    io::{self, IsTerminal},
    process::ExitCode,
    time::Duration,
};

use crate::{
    args::CheckArgs,
    check_context::CheckContext,
    checks,
    finding::Severity,
    http::Http,
    login::Login,
    report::{self, Report},
    target::Target,
};

/// Tokens, separated by white space. Only the same user can read the environment; everyone on
/// the machine can read a command line.
const TOKENS: &str = "TOOLGATE_CHECK_TOKEN";

/// Checks a server, or prints the list of all checks.
pub(crate) async fn run(args: CheckArgs) -> Result<ExitCode, String> {
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
    let report = check(args).await?;
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
        tokens,
        tool: args.tool,
        arguments,
        origin: args.origin,
        ..CheckContext::new(Http::new(timeout)?, target)
    };
    let findings = checks::run(&mut context, login).await;
    let findings = findings
        .map_err(|error| format!("{} cannot be reached: {error}", context.target.typed()))?;
    Ok(Report::new(
        context.target.typed(),
        checks::MATRIX.iter().collect(),
        findings,
        &context.tokens,
    ))
}

/// A reader that closes the pipe (`… | head`) is not an error.
pub(crate) fn closed(error: io::Error) -> Result<ExitCode, String> {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        _ => Err(error.to_string()),
    }
}
