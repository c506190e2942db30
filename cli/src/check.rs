//! `toolgate check`: runs the checks, and prints the report.

use std::{env, io, path::PathBuf, process::ExitCode, time::Duration};

use clap::Args;
use serde_json::{Value, json};

use crate::{
    check_context::{CheckContext, ORIGIN, Operation, OperationKind},
    checks,
    credentials::Credentials,
    exit,
    http::Http,
    login::Login,
    report::{self, Report},
    report_args::ReportArgs,
    target::Target,
    user::token_source,
};

/// Tokens, separated by white space. Only the same user can read the environment; everyone on
/// the machine can read a command line.
const TOKENS: &str = "TOOLGATE_CHECK_TOKEN";

/// The arguments of `toolgate check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The URL of the MCP endpoint, exactly as users enter it in a client.
    #[arg(required_unless_present = "list")]
    url: Option<String>,

    /// An access token; give the one with the fewest scopes first. Other users of the machine
    /// can see the command line, so prefer TOOLGATE_CHECK_TOKEN (tokens separated by spaces).
    #[arg(long, value_name = "TOKEN")]
    token: Vec<String>,

    /// A tool that needs a scope the first token lacks. It is called with each token.
    #[arg(long, value_name = "NAME")]
    tool: Option<String>,

    /// The arguments of the tool.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    arguments: String,

    /// The URI of a static resource that needs a scope the first token lacks. It is read.
    #[arg(long, value_name = "URI")]
    resource: Vec<String>,

    /// A URI that a resource template matches, and that needs such a scope. It is read.
    #[arg(long, value_name = "URI")]
    template: Vec<String>,

    /// A prompt that needs such a scope. It is requested.
    #[arg(long, value_name = "NAME")]
    prompt: Vec<String>,

    /// The arguments of the prompts.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    prompt_arguments: String,

    /// A JSON file with further credentials: tokens of another user and for another server, a
    /// bound token and its key, a client with a secret. docs/check.md describes it.
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,

    /// Request tokens with the grants of programs. Without `client_id` in the file of
    /// `--credentials`, a client is registered.
    #[arg(long)]
    grants: bool,

    /// Log in with a browser (the URL to open is printed), then test step-up.
    #[arg(long)]
    login: bool,

    /// A registered client id, or the URL of a client id metadata document. Without it,
    /// `--login` registers a client.
    #[arg(long, value_name = "ID", requires = "login")]
    client_id: Option<String>,

    /// The port of `http://127.0.0.1:<port>/callback`; 0 selects a free port.
    #[arg(long, value_name = "PORT", default_value_t = 0, requires = "login")]
    redirect_port: u16,

    /// The scopes of the first login. Default: the scopes of the server's challenge.
    #[arg(long, value_name = "SCOPES", requires = "login")]
    scope: Option<String>,

    /// Seconds to wait for the login.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 300,
        requires = "login"
    )]
    login_timeout: u64,

    /// The browser origin for the CORS checks.
    #[arg(long, value_name = "ORIGIN", default_value = ORIGIN)]
    origin: String,

    /// Seconds to wait for a response, at most 600.
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    timeout: u64,

    #[command(flatten)]
    report: ReportArgs,
}

/// Checks a server, or prints the list of all checks.
pub(crate) async fn run(args: CheckArgs) -> Result<ExitCode, String> {
    if args.report.list {
        let mut out = io::stdout().lock();
        let written = match args.report.json {
            true => report::list_json(&mut out),
            false => report::list_markdown(&mut out),
        };
        return exit::after_output(written, ExitCode::SUCCESS);
    }
    let output = args.report;
    check(args).await?.print(output)
}

async fn check(args: CheckArgs) -> Result<Report, String> {
    let http = Http::new(Duration::from_secs(args.timeout))?;
    let target = Target::read(args.url.as_deref().unwrap_or_default())?;
    let arguments = object(&args.arguments).ok_or("--arguments is not a JSON object")?;
    let credentials = match &args.credentials {
        Some(path) => Credentials::read(path)?,
        None => Credentials::default(),
    };
    let mut tokens = args.token.clone();
    let more = env::var(TOKENS).unwrap_or_default();
    tokens.extend(more.split_whitespace().map(str::to_owned));
    // Do not print the token: it may be a real one that contains a line break.
    if !tokens.iter().all(|token| token_source::is_token(token)) {
        return Err(
            "a token contains characters that tokens cannot have (RFC 6750 §2.1)".to_owned(),
        );
    }
    let login = args.login.then_some(Login {
        client_id: args.client_id.clone(),
        port: args.redirect_port,
        scope: args.scope.clone(),
        timeout: Duration::from_secs(args.login_timeout),
    });
    let operations = operations(&args, &arguments)?;
    let mut context = CheckContext {
        tokens,
        operations,
        credentials,
        requests_grants: args.grants,
        tool: args.tool,
        arguments,
        origin: args.origin,
        ..CheckContext::new(http, target)
    };
    let findings = checks::run(&mut context, login).await;
    let findings = findings
        .map_err(|error| format!("{} cannot be reached: {error}", context.target.typed()))?;
    let secrets = [&*context.tokens, &context.credentials.secrets()].concat();
    Ok(Report::new(
        context.target.typed(),
        checks::MATRIX.iter().collect(),
        findings,
        &secrets,
    ))
}

/// Returns the operations that the command line names.
fn operations(args: &CheckArgs, arguments: &Value) -> Result<Vec<Operation>, String> {
    let inputs = object(&args.prompt_arguments);
    let inputs = inputs.ok_or("--prompt-arguments is not a JSON object")?;
    let operation = |kind, name: &String, params| Operation {
        kind,
        name: name.clone(),
        params,
    };
    let tools = args.tool.iter().map(|name| {
        let params = json!({"name": name, "arguments": arguments});
        operation(OperationKind::Tool, name, params)
    });
    let uris = |kind, all: &'_ [String]| -> Vec<Operation> {
        let read = all
            .iter()
            .map(|uri| operation(kind, uri, json!({"uri": uri})));
        read.collect()
    };
    let prompts = args.prompt.iter().map(|name| {
        let params = json!({"name": name, "arguments": inputs});
        operation(OperationKind::Prompt, name, params)
    });
    Ok(tools
        .chain(uris(OperationKind::Resource, &args.resource))
        .chain(uris(OperationKind::Template, &args.template))
        .chain(prompts)
        .collect())
}

fn object(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(Value::is_object)
}
