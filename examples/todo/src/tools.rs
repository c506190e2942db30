//! The tools: each owner has one list, and sees no other.
//!
//! Clients request the scope for reading at login. Writing is `step_up`: a client requests
//! `todo:write` at its first write, and not before.

use schemars::JsonSchema;
use serde::Serialize;
use toolgate::{Json, State, ToolSet, mcp_tool, scopes, tools};

use crate::store::{Owner, Store, StoreError, Todo};

mod owner;
#[cfg(test)]
mod tests;

scopes! {
    /// What a token for this server allows.
    pub(crate) mod scope {
        /// See your list
        READ = "todo:read",
        /// Change and delete items of your list
        WRITE = "todo:write",
    }
}

/// Registers every tool of this file. Clients do not see a tool that is not listed here.
pub(crate) fn tools(set: &mut ToolSet<Store>) {
    tools![in scope::ALL; list_todos, add_todo, complete_todo, delete_todo, ping](set);
}

/// A list, the oldest item first.
#[derive(Debug, Serialize, JsonSchema)]
struct Todos {
    todos: Vec<Todo>,
}

/// Lists the items of your list, with those that are done.
#[mcp_tool(scope = scope::READ, read_only)]
async fn list_todos(
    #[extract] owner: Owner,
    State(store): State<Store>,
) -> Result<Json<Todos>, StoreError> {
    let todos = store.list(owner).await?;
    Ok(Json(Todos { todos }))
}

/// Adds an item at the end of your list.
#[mcp_tool(scope = scope::WRITE, step_up, destructive = false)]
async fn add_todo(
    /// What to do, on one line.
    #[arg(min_length = 1, max_length = 500)]
    title: String,
    #[extract] owner: Owner,
    State(store): State<Store>,
) -> Result<Json<Todo>, StoreError> {
    Ok(Json(store.add(owner, &title).await?))
}

/// Marks an item of your list as done. Marking it again changes nothing.
#[mcp_tool(scope = scope::WRITE, step_up, destructive = false, idempotent)]
async fn complete_todo(
    /// The item's `id`, as `list_todos` returns it.
    id: u64,
    #[extract] owner: Owner,
    State(store): State<Store>,
) -> Result<Json<Todo>, StoreError> {
    Ok(Json(store.complete(owner, id).await?))
}

/// Deletes an item of your list permanently.
#[mcp_tool(scope = scope::WRITE, step_up, destructive)]
async fn delete_todo(
    /// The item's `id`, as `list_todos` returns it.
    id: u64,
    #[extract] owner: Owner,
    State(store): State<Store>,
) -> Result<Json<Todo>, StoreError> {
    Ok(Json(store.delete(owner, id).await?))
}

/// Answers `pong`. Needs no login.
#[mcp_tool(public, read_only)]
fn ping() -> &'static str {
    "pong"
}
