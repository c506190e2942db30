//! Documents that belong to somebody: owners, roles, a second factor, and decisions of the user.
//!
//! Run `cargo run -p documents`; it needs no account and no configuration. With `--features cedar`
//! and `DOCUMENTS_POLICIES=examples/documents/policies.cedar` it also asks the Cedar policies in
//! that file.

use std::{
    collections::BTreeMap,
    process::ExitCode,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use schemars::JsonSchema;
use serde::Serialize;
use toolgate::auth::{AuthorizeError, Remedy};
use toolgate::{
    Caller, Environment, Json, Server, State, cli::Program, mcp_resource, mcp_tool, resources,
    tools,
};

#[derive(Clone, Serialize, JsonSchema)]
struct Document {
    owner: String,
    text: String,
    published: bool,
}

#[derive(Clone, Default)]
struct Documents(Arc<Mutex<BTreeMap<u32, Document>>>);

impl Documents {
    fn all(&self) -> MutexGuard<'_, BTreeMap<u32, Document>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Allows the owner only. Nobody else learns whether a document exists.
fn is_owner(
    caller: &Caller,
    State(documents): &State<Documents>,
    id: &u32,
) -> Result<(), AuthorizeError> {
    match documents.all().get(id) {
        Some(document) if caller.subject() == Some(&document.owner) => Ok(()),
        _ => Err(AuthorizeError::denied("this is not your document").with_remedy(Remedy::AskOwner)),
    }
}

/// Writes a new document and returns its id.
#[mcp_tool(scope = "documents:write", step_up)]
fn write_document(
    State(documents): State<Documents>,
    caller: Caller,
    /// Its text.
    text: String,
) -> Result<Json<u32>, &'static str> {
    let owner = caller.subject().ok_or("a program cannot own a document")?;
    let document = Document {
        owner: owner.to_owned(),
        text,
        published: false,
    };
    let mut all = documents.all();
    let id = all.keys().next_back().map_or(1, |last| last + 1);
    all.insert(id, document);
    Ok(Json(id))
}

/// Reads one of your documents.
#[mcp_resource(scope = "documents:read", uri = "documents://{id}", authorize = is_owner)]
fn document(State(documents): State<Documents>, id: u32) -> Option<String> {
    Some(documents.all().get(&id)?.text.clone())
}

/// Deletes one of your documents.
#[mcp_tool(scope = "documents:write", step_up, destructive, authorize = is_owner,
    confirm = "Delete the document {id}?")]
fn delete_document(
    State(documents): State<Documents>,
    /// Which.
    id: u32,
) {
    documents.all().remove(&id);
}

/// Publishes one of your documents for everybody.
#[mcp_tool(scope = "documents:write", step_up, role = "editor", authorize = is_owner,
    approve = "Publish the document {id} for everybody?")]
fn publish_document(
    State(documents): State<Documents>,
    /// Which.
    id: u32,
) {
    let mut all = documents.all();
    all.entry(id)
        .and_modify(|document| document.published = true);
}

/// Lists the documents of all owners, for auditors.
#[mcp_tool(
    scope = "documents:read",
    role = "auditor",
    read_only,
    acr = "urn:example:second-factor",
    max_age = 300
)]
fn all_documents(State(documents): State<Documents>) -> Json<BTreeMap<u32, Document>> {
    Json(documents.all().clone())
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

/// Adds the policies of others, which can deny what the items allow.
#[cfg(feature = "cedar")]
fn with_policies(server: Server<Documents>, file: &str) -> Server<Documents> {
    server
        .with_decision_point(toolgate::policy::Cedar::from_file(file))
        .with_policy_arguments("delete_document", ["id"])
}

#[tokio::main]
async fn main() -> ExitCode {
    let about = "documents that belong to somebody, as MCP tools";
    Program::new(about)
        .with_variable(
            "DOCUMENTS_POLICIES",
            "a file of Cedar policies, none by default",
        )
        .run(|environment: &Environment, _| {
            let server = server();
            let policies = environment.get("DOCUMENTS_POLICIES");
            let with: Result<_, &str> = match policies {
                #[cfg(feature = "cedar")]
                Some(file) => Ok(with_policies(server, file)),
                #[cfg(not(feature = "cedar"))]
                Some(_) => Err("DOCUMENTS_POLICIES is set: run with `--features cedar`"),
                None => Ok(server),
            };
            with
        })
        .await
}

#[cfg(test)]
mod access_tests;
#[cfg(all(test, feature = "cedar"))]
mod policy_tests;
