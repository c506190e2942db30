//! A server with a tool of each kind, which counts what ran.

use std::sync::{Arc, Mutex};

use toolgate::{Caller, Context, Server, State, mcp_tool, tools};

use crate::tokens::Unsigned;

/// The names of the tools that ran.
#[derive(Debug, Clone, Default)]
pub struct Runs(Arc<Mutex<Vec<&'static str>>>);

impl Runs {
    /// Notes that a tool ran; returns what it can answer.
    ///
    /// # Panics
    ///
    /// When a tool panicked while it noted that it ran.
    pub fn note(&self, tool: &'static str) -> String {
        self.0.lock().expect("nobody panics with it").push(tool);
        format!("{tool} ran")
    }

    /// Forgets what has run.
    ///
    /// # Panics
    ///
    /// When a tool panicked while it noted that it ran.
    pub fn forget(&self) {
        self.0.lock().expect("nobody panics with it").clear();
    }

    /// What has run so far.
    ///
    /// # Panics
    ///
    /// When a tool panicked while it noted that it ran.
    #[must_use]
    pub fn all(&self) -> Vec<&'static str> {
        self.0.lock().expect("nobody panics with it").clone()
    }
}

/// Answers.
#[mcp_tool(public)]
fn ping(State(runs): State<Runs>) -> String {
    runs.note("ping")
}

/// Tells who calls.
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

/// Is content with either of two scopes.
#[mcp_tool(any_scope = ["desk:admin", "desk:write"], step_up)]
fn purge(State(runs): State<Runs>) -> String {
    runs.note("purge")
}

/// Goes the long way, because it takes the request's context.
#[mcp_tool(scope = "desk:read")]
async fn slow(
    /// How long to take, in milliseconds.
    millis: u64,
    _context: Context,
    State(runs): State<Runs>,
) -> String {
    tokio::time::sleep(std::time::Duration::from_millis(millis)).await;
    runs.note("slow")
}

/// Says what it was told.
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

/// The server with all of its tools, and nobody yet who verifies tokens.
#[must_use = "a server does nothing until it is served"]
pub fn unverified_server(runs: &Runs) -> Server<Runs> {
    Server::with_state("desk", runs.clone())
        .tools(tools![
            ping, whoami, read, write, rewrite, purge, slow, echo, explode
        ])
        .quiet()
}

/// The server with all of its tools, which takes unsigned tokens.
#[must_use = "a server does nothing until it is served"]
pub fn server(runs: &Runs) -> Server<Runs> {
    unverified_server(runs).verifier(Unsigned)
}

/// The server without its public tool: nothing of it is open.
#[must_use = "a server does nothing until it is served"]
pub fn closed_server(runs: &Runs) -> Server<Runs> {
    closed_unverified_server(runs).verifier(Unsigned)
}

/// The same, and nobody yet who verifies tokens.
#[must_use = "a server does nothing until it is served"]
pub fn closed_unverified_server(runs: &Runs) -> Server<Runs> {
    Server::with_state("desk", runs.clone())
        .tools(tools![
            whoami, read, write, rewrite, purge, slow, echo, explode
        ])
        .quiet()
}
