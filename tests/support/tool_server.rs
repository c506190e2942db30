//! A server with a tool of each kind, which records what ran.

use std::sync::{Arc, Mutex};

use toolgate::{Caller, Context, Server, State, mcp_tool, tools};

use crate::unsigned_tokens::UnsignedVerifier;

/// The names of the tools that ran.
#[derive(Debug, Clone, Default)]
pub struct Runs(Arc<Mutex<Vec<&'static str>>>);

impl Runs {
    /// Records that a tool ran; returns its response.
    ///
    /// # Panics
    ///
    /// If a tool panicked while recording.
    pub fn note(&self, tool: &'static str) -> String {
        self.0.lock().expect("not poisoned").push(tool);
        format!("{tool} ran")
    }

    /// Forgets what has run.
    ///
    /// # Panics
    ///
    /// If a tool panicked while recording.
    pub fn forget(&self) {
        self.0.lock().expect("not poisoned").clear();
    }

    /// Returns what has run so far.
    ///
    /// # Panics
    ///
    /// If a tool panicked while recording.
    #[must_use]
    pub fn all(&self) -> Vec<&'static str> {
        self.0.lock().expect("not poisoned").clone()
    }
}

/// Answers.
#[mcp_tool(public)]
fn ping(State(runs): State<Runs>) -> String {
    runs.note("ping")
}

/// Returns the caller.
#[mcp_tool(authenticated)]
fn whoami(caller: Caller, State(runs): State<Runs>) -> String {
    runs.note("whoami");
    format!(
        "{} with {}",
        caller.subject().unwrap_or("nobody"),
        caller.scopes().collect::<Vec<_>>().join(" ")
    )
}

/// Reads.
#[mcp_tool(scope = "desk:read", read_only)]
fn read(State(runs): State<Runs>) -> String {
    runs.note("read")
}

/// Writes.
#[mcp_tool(scope = "desk:write", step_up)]
fn write(State(runs): State<Runs>) -> String {
    runs.note("write")
}

/// Needs two scopes.
#[mcp_tool(scopes = ["desk:read", "desk:write"], step_up)]
fn rewrite(State(runs): State<Runs>) -> String {
    runs.note("rewrite")
}

/// Needs one of two scopes.
#[mcp_tool(any_scope = ["desk:admin", "desk:write"], step_up)]
fn purge(State(runs): State<Runs>) -> String {
    runs.note("purge")
}

/// Takes the slow path, because it uses the request's context.
#[mcp_tool(scope = "desk:read")]
async fn slow(
    /// How long to take, in milliseconds.
    millis: u64,
    _context: Context,
    State(runs): State<Runs>,
) -> String {
    if millis > 10_000 {
        runs.note("slow begins");
    }
    tokio::time::sleep(std::time::Duration::from_millis(millis)).await;
    runs.note("slow")
}

/// Returns its argument.
#[mcp_tool(scope = "desk:read")]
fn echo(
    /// What to say.
    #[arg(max_length = 100)]
    text: String,
    State(runs): State<Runs>,
) -> String {
    runs.note("echo");
    text
}

/// Panics.
#[mcp_tool(scope = "desk:read")]
fn explode(State(runs): State<Runs>) -> String {
    runs.note("explode");
    panic!("as it was told to")
}

/// Builds the server with all of its tools, without a verifier.
#[must_use = "a server does nothing until it is served"]
pub fn unverified_server(runs: &Runs) -> Server<Runs> {
    Server::with_state("desk", runs.clone())
        .tools(tools![
            ping, whoami, read, write, rewrite, purge, slow, echo, explode
        ])
        .without_banner()
}

/// Builds the server with all of its tools. It accepts unsigned tokens.
#[must_use = "a server does nothing until it is served"]
pub fn server(runs: &Runs) -> Server<Runs> {
    unverified_server(runs).with_verifier(UnsignedVerifier)
}

/// Builds the server without its public tool.
#[must_use = "a server does nothing until it is served"]
pub fn protected_server(runs: &Runs) -> Server<Runs> {
    protected_unverified_server(runs).with_verifier(UnsignedVerifier)
}

/// Builds the same without a verifier.
#[must_use = "a server does nothing until it is served"]
pub fn protected_unverified_server(runs: &Runs) -> Server<Runs> {
    Server::with_state("desk", runs.clone())
        .tools(tools![
            whoami, read, write, rewrite, purge, slow, echo, explode
        ])
        .without_banner()
}
