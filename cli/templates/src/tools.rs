//! The tools. Each declares which scopes its caller needs.

use std::sync::{Arc, Mutex, PoisonError};

use toolgate::{Caller, State, ToolSet, mcp_tool, scopes, tools};

scopes! {
    /// What a token for this server allows.
    pub(crate) mod scope {
        /// Read the board
        READ = "board:read",
        /// Post notes on the board
        WRITE = "board:write",
    }
}

/// The notes, in memory. All callers share them.
#[derive(Clone, Default)]
pub(crate) struct Board(Arc<Mutex<Vec<String>>>);

/// Registers every tool. Clients do not see a tool that is not listed here.
pub(crate) fn tools(set: &mut ToolSet<Board>) {
    tools![in scope::ALL; read_board, post_note](set);
}

/// Returns all notes, one per line, the oldest first.
#[mcp_tool(scope = scope::READ, read_only)]
fn read_board(State(Board(notes)): State<Board>) -> String {
    let notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    match notes.is_empty() {
        true => "The board is empty.".to_owned(),
        false => notes.join("\n"),
    }
}

/// Posts a note, and returns how many notes there are.
// Clients request a `step_up` scope when it is first needed, and not at the login.
#[mcp_tool(scope = scope::WRITE, step_up, destructive = false)]
fn post_note(
    /// The note, on one line.
    #[arg(min_length = 1, max_length = 500)]
    text: String,
    caller: Caller,
    State(Board(notes)): State<Board>,
) -> String {
    let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    notes.push(text);
    tracing::info!(
        subject = caller.subject(),
        count = notes.len(),
        "posted a note"
    );
    notes.len().to_string()
}
