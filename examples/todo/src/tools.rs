//! The tools: everybody has a list of their own, and sees no other.
//!
//! Reading is asked for at the login. Writing is `step_up`: a client is sent back for
//! `todo:write` when it first writes, and not before.

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

/// Every tool of this file. One that is not named here does not exist for clients.
pub(crate) fn tools(set: &mut ToolSet<Store>) {
    tools![in scope::ALL; list_todos, add_todo, complete_todo, delete_todo, ping](set);
}

/// A list, the oldest item first.
#[derive(Debug, Serialize, JsonSchema)]
struct Todos {
    todos: Vec<Todo>,
}

/// Lists what you have to do, and what is done.
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
    /// What is to be done, on one line.
    #[arg(min_length = 1, max_length = 500)]
    title: String,
    #[extract] owner: Owner,
    State(store): State<Store>,
) -> Result<Json<Todo>, StoreError> {
    Ok(Json(store.add(owner, &title).await?))
}

/// Marks an item of your list as done. One that is done stays so.
#[mcp_tool(scope = scope::WRITE, step_up, destructive = false, idempotent)]
async fn complete_todo(
    /// The item's `id`, as `list_todos` has it.
    id: u64,
    #[extract] owner: Owner,
    State(store): State<Store>,
) -> Result<Json<Todo>, StoreError> {
    Ok(Json(store.complete(owner, id).await?))
}

/// Deletes an item of your list, for ever.
#[mcp_tool(scope = scope::WRITE, step_up, destructive)]
async fn delete_todo(
    /// The item's `id`, as `list_todos` has it.
    id: u64,
    #[extract] owner: Owner,
    State(store): State<Store>,
) -> Result<Json<Todo>, StoreError> {
    Ok(Json(store.delete(owner, id).await?))
}

/// Answers `pong`, to anybody.
#[mcp_tool(public, read_only)]
fn ping() -> &'static str {
    "pong"
}
