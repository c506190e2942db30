//! `toolgate admin`: the kill switches of a server that runs.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::{
    exit::{Failure, REPORTED, UNUSABLE},
    http::{Http, Request, Response},
    target,
    untrusted_text::printable,
    user::token_source,
};

/// The longest secret, in bytes.
const LONGEST_SECRET: u64 = 64 << 10;

/// The longest answer that is printed, in characters.
const LONGEST: usize = 256 << 10;

/// The arguments of `toolgate admin`.
#[derive(Debug, Args)]
pub(crate) struct AdminArgs {
    /// The address of the listener, as in TOOLGATE_ADMIN_BIND.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9465")]
    url: String,

    /// The file with the secret, as in TOOLGATE_ADMIN_SECRET_FILE.
    #[arg(long, value_name = "FILE")]
    secret_file: PathBuf,

    #[command(subcommand)]
    action: AdminAction,
}

#[derive(Debug, Subcommand)]
enum AdminAction {
    /// Switch an item off. Its calls are answered as those of an unknown item.
    Off(ItemArgs),
    /// Switch an item on that this listener switched off.
    On(ItemArgs),
    /// Refuse tokens that their issuer still accepts, and end their streams.
    Revoke {
        #[command(flatten)]
        tokens: TokenArgs,
        /// For how many seconds. Default: until it is lifted.
        #[arg(long, value_name = "SECONDS")]
        seconds: Option<u64>,
    },
    /// Lift a revocation of this listener.
    Lift(TokenArgs),
    /// Print what this listener has switched off and revoked, as JSON.
    List,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct ItemArgs {
    /// The name of a tool.
    #[arg(long, value_name = "NAME")]
    tool: Option<String>,
    /// The name of a prompt.
    #[arg(long, value_name = "NAME")]
    prompt: Option<String>,
    /// The URI of a resource, or its template as declared.
    #[arg(long, value_name = "URI")]
    resource: Option<String>,
}

#[derive(Debug, Args)]
struct TokenArgs {
    /// The issuer. Alone: every token of it.
    #[arg(long, value_name = "URL")]
    issuer: String,
    /// Every token of this subject.
    #[arg(long, value_name = "SUB", conflicts_with_all = ["client", "jti"])]
    subject: Option<String>,
    /// Every token of this client.
    #[arg(long, value_name = "ID", conflicts_with = "jti")]
    client: Option<String>,
    /// The token with this id.
    #[arg(long, value_name = "JTI")]
    jti: Option<String>,
}

/// Sends one action.
pub(crate) async fn run(args: AdminArgs) -> Result<ExitCode, Failure> {
    let unusable = |error| Failure::new(UNUSABLE, error);
    let base = target::secure(&args.url).map_err(unusable)?;
    let place = |path: &str| base.join(path).map(String::from);
    let secret = read_secret(&args.secret_file).map_err(unusable)?;
    let http = Http::new(Duration::from_secs(30)).map_err(unusable)?;
    let (path, body) = match args.action {
        AdminAction::List => ("/v1/state", None),
        AdminAction::Off(item) => ("/v1/actions", Some(of_item("switch_off", item))),
        AdminAction::On(item) => ("/v1/actions", Some(of_item("switch_on", item))),
        AdminAction::Revoke { tokens, seconds } => {
            let mut body = of_tokens("revoke", tokens);
            if let Some(seconds) = seconds {
                body["seconds"] = seconds.into();
            }
            ("/v1/actions", Some(body))
        }
        AdminAction::Lift(tokens) => ("/v1/actions", Some(of_tokens("lift", tokens))),
    };
    let url = place(path).map_err(|error| unusable(error.to_string()))?;
    let request = match &body {
        None => Request::get(url),
        Some(body) => Request::post(url).json(body),
    };
    let answer = http.exchange(request.bearer(&secret)).await;
    let answer = answer.map_err(|error| unusable(format!("{}: {error}", args.url)))?;
    print(&answer)
}

fn print(answer: &Response) -> Result<ExitCode, Failure> {
    let body = answer.json().unwrap_or_default();
    if !answer.is_success() {
        let reason = body["error_description"].as_str().unwrap_or("no reason");
        let text = format!("the server answers {}: {reason}", answer.brief());
        return Err(Failure::new(REPORTED, text));
    }
    let text = match body["changed"].as_bool() {
        Some(true) => "done".to_owned(),
        Some(false) => "nothing to do: it was so before".to_owned(),
        None => format!("{body:#}"),
    };
    // Keep the line feeds of the JSON, and make the rest of the server's text safe.
    let lines: Vec<_> = text.lines().map(|line| printable(line, LONGEST)).collect();
    // If stdout is closed, the action has taken effect all the same.
    let _ = writeln!(io::stdout(), "{}", lines.join("\n"));
    Ok(ExitCode::SUCCESS)
}

fn of_item(action: &str, item: ItemArgs) -> Value {
    let members = [
        ("tool", item.tool),
        ("prompt", item.prompt),
        ("resource", item.resource),
    ];
    with_members(action, members)
}

fn of_tokens(action: &str, tokens: TokenArgs) -> Value {
    let members = [
        ("issuer", Some(tokens.issuer)),
        ("subject", tokens.subject),
        ("client", tokens.client),
        ("jti", tokens.jti),
    ];
    with_members(action, members)
}

fn with_members<const N: usize>(action: &str, members: [(&str, Option<String>); N]) -> Value {
    let mut body = Map::new();
    body.insert("action".to_owned(), json!(action));
    for (name, value) in members {
        if let Some(value) = value {
            body.insert(name.to_owned(), json!(value));
        }
    }
    Value::Object(body)
}

/// Reads the secret from a file, because other users can read the command line.
fn read_secret(path: &Path) -> Result<String, String> {
    let name = format!("the file `{}`", path.display());
    match token_source::read_file(path, LONGEST_SECRET)?.trim() {
        secret if token_source::is_token(secret) => Ok(secret.to_owned()),
        _ => Err(format!("{name} contains no secret")),
    }
}
