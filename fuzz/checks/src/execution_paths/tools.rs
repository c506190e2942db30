//! A server with tools of every kind of requirement, and a prompt and a resource that decide by
//! their parameters. They record that they ran.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use toolgate::{
    Caller, Config, Context, Json, Server, State, ToolError,
    auth::{AuthorizeError, Clock, UnixTime},
    mcp_prompt, mcp_resource, mcp_tool, prompts, resources, tools,
};

use crate::signing_key::NOW;

use super::callers::{self, RESOURCE};

/// The body limit of the server. Small, so that a larger body costs little.
pub(super) const BODY_LIMIT: usize = 16 * 1024;

/// One run: the tool, the caller, and the argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) tool: &'static str,
    pub(super) subject: Option<String>,
    pub(super) told: Option<String>,
}

/// The runs since the last query.
#[derive(Debug, Clone, Default)]
pub(super) struct Runs(Arc<Mutex<Vec<Run>>>);

impl Runs {
    fn note(&self, tool: &'static str, caller: Option<&Caller>, told: Option<&str>) -> String {
        let run = Run {
            tool,
            subject: caller.and_then(|caller| caller.subject().map(str::to_owned)),
            told: told.map(str::to_owned),
        };
        self.0.lock().expect("not poisoned").push(run);
        format!("{tool} ran")
    }

    pub(super) fn take(&self) -> Vec<Run> {
        std::mem::take(&mut *self.0.lock().expect("not poisoned"))
    }
}

/// A clock that stands still.
struct Still;

impl Clock for Still {
    fn now(&self) -> UnixTime {
        UnixTime::from_seconds(NOW)
    }
}

pub(super) fn router(
    runs: &Runs,
    change: impl FnOnce(Server<Runs>) -> Server<Runs>,
) -> axum::Router {
    let config = Config::new(RESOURCE).with_body_limit(BODY_LIMIT);
    let config = callers::issuers()
        .into_iter()
        .fold(config, Config::with_issuer);
    let server = Server::with_state("desk", runs.clone())
        .tools(tools![
            ping, whoami, read, shout, write, rewrite, purge, slow, echo, open, mirrored, sums,
            fails, edit, pay, erase
        ])
        .prompts(prompts![review])
        .resources(resources![page])
        .scope_implies("desk:root", ["desk:read", "desk:write"])
        .with_clock(Still)
        .without_banner();
    change(server)
        .into_router(config)
        .expect("the server is valid")
}

/// Returns its name.
#[mcp_tool(public)]
fn ping(caller: Option<Caller>, State(runs): State<Runs>) -> String {
    runs.note("ping", caller.as_ref(), None)
}

/// Returns its name to any caller.
#[mcp_tool(authenticated)]
fn whoami(caller: Caller, State(runs): State<Runs>) -> String {
    runs.note("whoami", Some(&caller), None)
}

/// Reads.
#[mcp_tool(scope = "desk:read")]
fn read(caller: Caller, State(runs): State<Runs>) -> String {
    runs.note("read", Some(&caller), None)
}

/// Has the name of another tool in upper case.
#[mcp_tool(scope = "desk:admin", name = "READ", step_up)]
fn shout(caller: Caller, State(runs): State<Runs>) -> String {
    runs.note("READ", Some(&caller), None)
}

/// Writes.
#[mcp_tool(scope = "desk:write", step_up)]
fn write(caller: Caller, State(runs): State<Runs>) -> String {
    runs.note("write", Some(&caller), None)
}

/// Needs two scopes.
#[mcp_tool(scopes = ["desk:read", "desk:write"], step_up)]
fn rewrite(caller: Caller, State(runs): State<Runs>) -> String {
    runs.note("rewrite", Some(&caller), None)
}

/// Needs one of two scopes.
#[mcp_tool(any_scope = ["desk:admin", "desk:write"], step_up)]
fn purge(caller: Caller, State(runs): State<Runs>) -> String {
    runs.note("purge", Some(&caller), None)
}

/// Takes the slow path, because it uses the request's context.
#[mcp_tool(scope = "desk:write")]
fn slow(_context: Context, caller: Caller, State(runs): State<Runs>) -> String {
    runs.note("slow", Some(&caller), None)
}

/// Returns its argument.
#[mcp_tool(scope = "desk:read")]
fn echo(
    /// The text to return.
    #[arg(max_length = 100)]
    text: String,
    caller: Caller,
    State(runs): State<Runs>,
) -> String {
    runs.note("echo", Some(&caller), Some(&text));
    text
}

/// Opens a file that its caller may see.
#[mcp_tool(scope = "desk:read", authorize = may_open, authorize_scopes = ["files:admin"])]
fn open(
    /// The path of the file.
    path: String,
    caller: Caller,
    State(runs): State<Runs>,
) -> String {
    runs.note("open", Some(&caller), Some(&path))
}

/// Reviews a file that its caller may see.
#[mcp_prompt(scope = "desk:read", authorize = may_open, authorize_scopes = ["files:admin"])]
fn review(
    /// The path of the file.
    path: String,
    caller: Caller,
    State(runs): State<Runs>,
) -> String {
    runs.note("review", Some(&caller), Some(&path))
}

/// Reads a file that its caller may see.
#[mcp_resource(
    uri = "page://desk{+path}", scope = "desk:read", authorize = may_open,
    authorize_scopes = ["files:admin"]
)]
fn page(path: String, caller: Caller, State(runs): State<Runs>) -> String {
    runs.note("page", Some(&caller), Some(&path))
}

async fn may_open(caller: &Caller, path: &str, _: &State<Runs>) -> Result<(), AuthorizeError> {
    tokio::task::yield_now().await;
    match path {
        "/secret" if !caller.has("files:admin") => {
            Err(AuthorizeError::needs_scopes(["files:admin"]))
        }
        "/gone" => Err(AuthorizeError::denied("nobody may open this file")),
        _ => Ok(()),
    }
}

/// Has an argument that clients repeat in a header.
#[mcp_tool(public)]
fn mirrored(
    /// The region.
    #[arg(header = "Region")]
    region: Option<String>,
    caller: Option<Caller>,
    State(runs): State<Runs>,
) -> String {
    runs.note("mirrored", caller.as_ref(), region.as_deref())
}

/// Returns a structured result.
#[mcp_tool(scope = "desk:read")]
fn sums(
    /// The numbers to add.
    numbers: Vec<i32>,
    /// Its name in the result.
    text: Option<String>,
    caller: Caller,
    State(runs): State<Runs>,
) -> Json<BTreeMap<String, i64>> {
    runs.note("sums", Some(&caller), text.as_deref());
    let sum = numbers.into_iter().map(i64::from).sum();
    Json([(text.unwrap_or_default(), sum)].into())
}

/// Returns an error.
#[mcp_tool(scopes = ["desk:read", "desk:write"])]
fn fails(caller: Caller, State(runs): State<Runs>) -> Result<String, ToolError> {
    runs.note("fails", Some(&caller), None);
    Err(ToolError::new("it failed \"as expected\""))
}

/// Needs a role.
#[mcp_tool(scope = "desk:read", role = "editor")]
fn edit(caller: Caller, State(runs): State<Runs>) -> String {
    runs.note("edit", Some(&caller), None)
}

/// Needs a second factor, not long ago.
#[mcp_tool(scope = "desk:read", acr = "urn:example:mfa", max_age = 300)]
fn pay(caller: Caller, State(runs): State<Runs>) -> String {
    runs.note("pay", Some(&caller), None)
}

/// Needs one of two sets of roles, and the user's confirmation.
#[mcp_tool(
    scope = "desk:write", any_role = ["owner", ["editor", "auditor"]], confirm = "Erase {text}?"
)]
fn erase(
    /// The text to erase.
    text: String,
    caller: Caller,
    State(runs): State<Runs>,
) -> String {
    runs.note("erase", Some(&caller), Some(&text))
}
