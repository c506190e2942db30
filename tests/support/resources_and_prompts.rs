//! Resources and prompts for the tool server: one of each kind, which record that they ran.

use toolgate::{Caller, Server, State, mcp_prompt, mcp_resource, prompts, resources};

use crate::tool_server::Runs;

/// Is open to all.
#[mcp_resource(uri = "desk://open", public)]
fn open(State(runs): State<Runs>) -> String {
    runs.note("open resource")
}

/// Returns the caller.
#[mcp_resource(uri = "desk://whoami", authenticated)]
fn whoami(caller: Caller, State(runs): State<Runs>) -> String {
    runs.note("whoami resource");
    caller.subject().unwrap_or("nobody").to_owned()
}

/// Is read with a scope.
#[mcp_resource(uri = "desk://read", scope = "desk:read")]
fn read(State(runs): State<Runs>) -> String {
    runs.note("read resource")
}

/// Needs another scope.
#[mcp_resource(uri = "desk://write", scope = "desk:write", step_up)]
fn write(State(runs): State<Runs>) -> String {
    runs.note("write resource")
}

/// Needs two scopes.
#[mcp_resource(uri = "desk://both/{id}", scopes = ["desk:read", "desk:write"], step_up)]
fn both(#[arg(complete = ids)] id: u32, State(runs): State<Runs>) -> Option<String> {
    runs.note("both resource");
    (id < 100).then(|| format!("number {id}"))
}

/// Needs one of two scopes.
#[mcp_resource(uri = "desk://either/{+path}", any_scope = ["desk:admin", "desk:write"], step_up)]
fn either(#[arg(complete = paths)] path: String, State(runs): State<Runs>) -> String {
    runs.note("either resource");
    path
}

/// Is a wide template, into whose URIs narrower ones must not slip.
#[mcp_resource(uri = "desk://{+rest}", scope = "desk:read")]
fn rest(rest: String, State(runs): State<Runs>) -> String {
    runs.note("rest resource");
    rest
}

fn ids(begun: &str, State(runs): State<Runs>) -> Vec<String> {
    runs.note("ids");
    let ids = ["7", "70", "8"].into_iter();
    ids.filter(|id| id.starts_with(begun))
        .map(Into::into)
        .collect()
}

async fn paths(begun: String, State(runs): State<Runs>) -> Vec<String> {
    runs.note("paths");
    vec![begun + "/more"]
}

/// Greets.
#[mcp_prompt(public, name = "open")]
fn open_prompt(#[arg(complete = words)] word: Option<String>, State(runs): State<Runs>) -> String {
    runs.note("open prompt");
    word.unwrap_or_default()
}

/// Greets who asks.
#[mcp_prompt(authenticated, name = "whoami")]
fn whoami_prompt(
    #[arg(complete = words)] word: Option<String>,
    State(runs): State<Runs>,
) -> String {
    runs.note("whoami prompt");
    word.unwrap_or_default()
}

/// Reviews.
#[mcp_prompt(scope = "desk:read", name = "read", title = "Review")]
fn read_prompt(
    /// What to say.
    #[arg(complete = words)]
    word: Option<String>,
    State(runs): State<Runs>,
) -> String {
    runs.note("read prompt");
    word.unwrap_or_default()
}

/// Writes.
#[mcp_prompt(scope = "desk:write", step_up, name = "write")]
fn write_prompt(#[arg(complete = words)] word: Option<String>, State(runs): State<Runs>) -> String {
    runs.note("write prompt");
    word.unwrap_or_default()
}

/// Needs two scopes.
#[mcp_prompt(scopes = ["desk:read", "desk:write"], step_up, name = "both")]
fn both_prompt(#[arg(complete = words)] word: Option<String>, State(runs): State<Runs>) -> String {
    runs.note("both prompt");
    word.unwrap_or_default()
}

/// Needs one of two scopes.
#[mcp_prompt(any_scope = ["desk:admin", "desk:write"], step_up, name = "either")]
fn either_prompt(
    #[arg(complete = words)] word: Option<String>,
    State(runs): State<Runs>,
) -> String {
    runs.note("either prompt");
    word.unwrap_or_default()
}

fn words(begun: &str, State(runs): State<Runs>) -> Vec<String> {
    runs.note("words");
    let words = ["hello", "help", "bye"].into_iter();
    words
        .filter(|word| word.starts_with(begun))
        .map(Into::into)
        .collect()
}

/// Adds all of them to a server.
#[must_use = "a server does nothing until it is served"]
pub fn add_all(server: Server<Runs>) -> Server<Runs> {
    add_protected(server)
        .resources(resources![open])
        .prompts(prompts![open_prompt])
}

/// Adds all except the public ones.
#[must_use = "a server does nothing until it is served"]
pub fn add_protected(server: Server<Runs>) -> Server<Runs> {
    server
        .resources(resources![whoami, read, write, both, either])
        .prompts(prompts![
            whoami_prompt,
            read_prompt,
            write_prompt,
            both_prompt,
            either_prompt
        ])
}

/// Adds all of them, and a template that is wider than all others.
#[must_use = "a server does nothing until it is served"]
pub fn add_with_wide_template(server: Server<Runs>) -> Server<Runs> {
    add_all(server).resources(resources![rest])
}
