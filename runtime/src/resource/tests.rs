//! What the attribute makes, read as a server reads it.

use std::sync::Arc;

use rmcp::model::{CacheScope, ErrorCode, ReadResourceResult, ResourceContents};
use serde::{Deserialize, Serialize};

use super::*;
use crate::{
    Json, State, ToolError,
    access::Requirement,
    authorization::Permit,
    authorization::{Decision, ProtectedItems, Rules},
    caller::Caller,
    claims::Claims,
    item::{Call, Item},
    mcp_resource, mcp_tool, mcp_tools,
    operation::Operation,
    scope::ScopeTable,
    tool::{FromRef, ToolSet},
};

mod authorized;
mod completing;
mod listing;
mod reading;

/// A server's resources, ready to be read.
struct Shelf<S> {
    resources: Vec<Item<S, ResourceKind>>,
    rules: Rules,
    state: S,
}

fn faults<S: Send + 'static>(add: impl FnOnce(&mut ResourceSet<S>)) -> String {
    let mut set = ResourceSet::new();
    add(&mut set);
    let mut faults = SetupErrors::default();
    set.finish(&mut faults);
    faults
        .finish(())
        .map_or_else(|error| error.to_string(), |()| String::new())
}

fn shelf<S: Clone + Send + 'static>(state: S, add: impl FnOnce(&mut ResourceSet<S>)) -> Shelf<S> {
    let mut set = ResourceSet::new();
    add(&mut set);
    let mut faults = SetupErrors::default();
    let resources = set.finish(&mut faults);
    let resources = faults.finish(resources).unwrap();
    let scopes = resources.iter().flat_map(|one| one.requirement().scopes());
    let table = ScopeTable::with_hierarchy(scopes, &[]).unwrap();
    let accesses = resources
        .iter()
        .map(|one| (one.address().clone(), one.requirement().resolve(&table)));
    let protected_items = ProtectedItems {
        resources: accesses.collect(),
        ..ProtectedItems::default()
    };
    let baseline = table.required();
    Shelf {
        rules: Rules::new(table, protected_items, baseline, true),
        resources,
        state,
    }
}

impl<S: Clone> Shelf<S> {
    fn alice(&self) -> Caller {
        let claims = serde_json::json!({
            "iss": "https://issuer.example", "sub": "alice", "aud": "a", "exp": 2_000, "scope": "read",
        });
        let claims = Claims::from_json(claims.to_string().as_bytes()).unwrap();
        crate::tests::caller(claims, self.rules.table())
    }

    fn permit(&self, operation: Operation<'_>) -> Permit {
        match self.rules.decide(operation, Some(self.alice())) {
            Decision::Admit(permit) => permit,
            refused => panic!("{refused:?}"),
        }
    }

    fn admitted(&self, permit: &Permit) -> &Item<S, ResourceKind> {
        match permit.target() {
            Some(Target::Resource(number)) => &self.resources[number as usize],
            other => panic!("{other:?}"),
        }
    }

    fn call(&self) -> Call<S> {
        Call::new(self.state.clone(), Map::new(), Some(self.alice()), None)
    }

    async fn read(&self, uri: &str) -> Result<ReadResourceResult, ErrorData> {
        let permit = self.permit(Operation::ReadResource(uri));
        let resource = self.admitted(&permit);
        match resource.respond(&permit, uri, true, self.call()).await? {
            ReadResourceResponse::Complete(result) => Ok(result),
            other => panic!("{other:?}"),
        }
    }

    /// The text of a resource, and its media type.
    async fn text(&self, uri: &str) -> (String, String) {
        let result = self.read(uri).await.unwrap();
        match result.contents.as_slice() {
            [
                ResourceContents::TextResourceContents {
                    uri: told,
                    mime_type: Some(mime_type),
                    text,
                    ..
                },
            ] => {
                assert_eq!(told, uri);
                (text.clone(), mime_type.clone())
            }
            other => panic!("{other:?}"),
        }
    }

    async fn error(&self, uri: &str) -> (ErrorCode, String) {
        let error = self.read(uri).await.unwrap_err();
        (error.code, error.message.into_owned())
    }
}
