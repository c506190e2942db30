//! Documents that belong to somebody: owners, roles, a second factor and a confirmation.
//!
//! Run `cargo run -p documents`; it needs no account and no configuration.

use std::{
    collections::BTreeMap,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

use schemars::JsonSchema;
use serde::Serialize;
use toolgate::{
    Caller, Json, Server, State, ToolError,
    auth::{AuthorizeError, Remedy},
    mcp_resource, mcp_tool, resources, tools,
};

/// The login that publishing needs: with a second factor.
const SECOND_FACTOR: &str = "urn:toolgate:development:mfa";

#[derive(Clone, Serialize, JsonSchema)]
struct Document {
    owner: String,
    text: String,
    published: bool,
}

/// All documents, by their ids.
#[derive(Clone, Default)]
struct Documents(Arc<Mutex<BTreeMap<u32, Document>>>);

impl Documents {
    fn with<T>(&self, change: impl FnOnce(&mut BTreeMap<u32, Document>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Allows the owner of a document only. Whether a document exists is nobody else's business.
fn is_owner(
    caller: &Caller,
    State(documents): &State<Documents>,
    id: &u32,
) -> Result<(), AuthorizeError> {
    let owner = documents.with(|all| all.get(id).map(|document| document.owner.clone()));
    match owner {
        Some(owner) if caller.subject() == Some(&*owner) => Ok(()),
        _ => {
            Err(AuthorizeError::denied("this document is not yours").with_remedy(Remedy::AskOwner))
        }
    }
}

/// Writes a new document and returns its id.
#[mcp_tool(scope = "documents:write", step_up)]
fn write_document(
    State(documents): State<Documents>,
    caller: Caller,
    /// Its text.
    text: String,
) -> Result<Json<u32>, ToolError> {
    let owner = caller
        .subject()
        .ok_or("a document needs an owner, and a program is none")?;
    let document = Document {
        owner: owner.to_owned(),
        text,
        published: false,
    };
    Ok(Json(documents.with(|all| {
        let id = all.keys().next_back().map_or(1, |last| last + 1);
        all.insert(id, document);
        id
    })))
}

/// Reads one of your documents.
#[mcp_resource(scope = "documents:read", uri = "documents://{id}", authorize = is_owner)]
fn document(State(documents): State<Documents>, id: u32) -> Option<String> {
    documents.with(|all| all.get(&id).map(|document| document.text.clone()))
}

/// Deletes one of your documents.
#[mcp_tool(
    scope = "documents:write", step_up, destructive,
    authorize = is_owner, confirm = "Delete the document {id}?",
)]
fn delete_document(
    State(documents): State<Documents>,
    /// Which.
    id: u32,
) {
    documents.with(|all| all.remove(&id));
}

/// Publishes one of your documents for everybody.
#[mcp_tool(
    scope = "documents:write", step_up,
    role = "editor", acr = SECOND_FACTOR, max_age = 300, authorize = is_owner,
)]
fn publish_document(
    State(documents): State<Documents>,
    /// Which.
    id: u32,
) {
    documents.with(|all| {
        all.entry(id)
            .and_modify(|document| document.published = true)
    });
}

/// Lists the documents of all owners, for auditors.
#[mcp_tool(scope = "documents:read", role = "auditor", read_only)]
fn all_documents(State(documents): State<Documents>) -> Json<BTreeMap<u32, Document>> {
    Json(documents.with(|all| all.clone()))
}

fn server() -> Server<Documents> {
    Server::with_state("documents", Documents::default())
        .tools(tools![
            write_document,
            delete_document,
            publish_document,
            all_documents
        ])
        .resources(resources![document])
}

#[tokio::main]
async fn main() -> ExitCode {
    toolgate::cli::run(server()).await
}

#[cfg(test)]
mod access_tests;
