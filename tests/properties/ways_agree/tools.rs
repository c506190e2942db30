//! A tool of each kind that can take the fast path, and one that cannot.

use std::collections::BTreeMap;

use support::{tool_server::Runs, unsigned_tokens::UnsignedVerifier};
use toolgate::{Caller, Json, Server, State, ToolError, mcp_tool, tools};

/// Builds the server with all of them. It accepts unsigned tokens.
pub(super) fn server(runs: &Runs) -> Server<Runs> {
    Server::with_state("desk", runs.clone())
        .with_verifier(UnsignedVerifier)
        .tools(tools![ping, echo, sums, fails, explodes, mirrored])
        .without_banner()
}

/// Answers.
#[mcp_tool(public)]
fn ping(State(runs): State<Runs>) -> String {
    runs.note("ping")
}

/// Returns its argument.
#[mcp_tool(scope = "read")]
fn echo(
    /// What to say.
    #[arg(max_length = 12)]
    text: String,
    /// How often.
    #[arg(default = 1, minimum = 0, maximum = 3)]
    times: usize,
    State(runs): State<Runs>,
) -> String {
    runs.note("echo");
    text.repeat(times)
}

/// Structured.
#[mcp_tool(scope = "read")]
fn sums(
    /// What to add.
    numbers: Vec<i32>,
    /// A word with it.
    word: Option<String>,
    State(runs): State<Runs>,
) -> Json<BTreeMap<String, i64>> {
    runs.note("sums");
    let sum = numbers.iter().copied().map(i64::from).sum();
    Json([(word.unwrap_or_default(), sum)].into())
}

/// Fails.
#[mcp_tool(scopes = ["read", "write"])]
fn fails(State(runs): State<Runs>) -> Result<String, ToolError> {
    runs.note("fails");
    Err(ToolError::new("it failed \"as told\""))
}

/// Panics.
#[mcp_tool(authenticated)]
fn explodes(caller: Caller, State(runs): State<Runs>) -> String {
    runs.note("explodes");
    panic!("as it was told to, by {:?}", caller.subject())
}

/// Has an argument that clients repeat in a header.
#[mcp_tool(public)]
fn mirrored(
    /// Where.
    #[arg(header = "Region")]
    region: Option<String>,
    State(runs): State<Runs>,
) -> String {
    runs.note("mirrored");
    format!("{region:?}")
}
