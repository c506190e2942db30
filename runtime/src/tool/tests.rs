//! What the attributes make, called as a server calls it.

use rmcp::model::{CallToolResponse, CallToolResult};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::*;
use crate::{
    Context, State,
    access::Requirement,
    authorization::Permit,
    authorization::{Decision, ProtectedItems, Rules},
    caller::Caller,
    claims::Claims,
    item::{Call, Json},
    operation::Operation,
    scope::ScopeTable,
    tool::{FromCall, FromRef},
    {mcp_tool, mcp_tools},
};

mod arguments;
mod authorize;
mod context;
mod declared_scopes;
mod extractors;
mod formats;
mod limits;
mod listing;
mod methods;
mod running;
mod schemas;

/// A server's tools, ready to be called.
struct Desk<S> {
    tools: Vec<Item<S, ToolKind>>,
    rules: Rules,
    state: S,
}

/// What is told of tools that do not let a server start.
fn faults<S: Send + 'static>(add: impl FnOnce(&mut ToolSet<S>)) -> String {
    let mut set = ToolSet::new();
    add(&mut set);
    let mut faults = SetupErrors::default();
    set.finish(&mut faults);
    faults
        .finish(())
        .map_or_else(|error| error.to_string(), |()| String::new())
}

fn desk<S: Clone + Send + Sync + 'static>(state: S, add: impl FnOnce(&mut ToolSet<S>)) -> Desk<S> {
    let mut set = ToolSet::new();
    add(&mut set);
    let mut faults = SetupErrors::default();
    let tools = set.finish(&mut faults);
    let tools = faults.finish(tools).unwrap();
    let scopes = tools.iter().flat_map(|tool| tool.requirement().scopes());
    let table = ScopeTable::with_hierarchy(scopes, &[]).unwrap();
    let access = tools
        .iter()
        .map(|tool| (Box::from(tool.name()), tool.requirement().resolve(&table)));
    let protected_items = ProtectedItems {
        tools: access.collect(),
        ..ProtectedItems::default()
    };
    let baseline = table.required();
    Desk {
        rules: Rules::new(table, protected_items, baseline, true),
        tools,
        state,
    }
}

impl<S: Clone + Send + Sync + 'static> Desk<S> {
    fn tool(&self, name: &str) -> &Item<S, ToolKind> {
        self.tools.iter().find(|tool| tool.name() == name).unwrap()
    }

    fn alice(&self) -> Caller {
        let claims = json!({
            "iss": "https://issuer.example", "sub": "alice", "aud": "a", "exp": 2_000,
            "client_id": "inspector", "scope": "read write", "tenant": "acme", "level": 3,
        });
        let claims = Claims::from_json(claims.to_string().as_bytes()).unwrap();
        crate::tests::caller(claims, self.rules.table())
    }

    fn permit(&self, name: &str, caller: Option<&Caller>) -> Permit {
        match self
            .rules
            .decide(Operation::CallTool(name), caller.cloned())
        {
            Decision::Admit(permit) => permit,
            refused => panic!("{refused:?}"),
        }
    }

    async fn call_as(
        &self,
        caller: Option<Caller>,
        name: &str,
        arguments: Value,
    ) -> CallToolResult {
        let Value::Object(arguments) = arguments else {
            panic!("arguments are an object")
        };
        let permit = self.permit(name, caller.as_ref());
        let call = Call::new(self.state.clone(), arguments, caller, None);
        result(self.tool(name).call(&permit, name, call).await)
    }

    async fn call(&self, name: &str, arguments: Value) -> CallToolResult {
        self.call_as(Some(self.alice()), name, arguments).await
    }

    /// The text of a call that goes well.
    async fn text(&self, name: &str, arguments: Value) -> String {
        let result = self.call(name, arguments).await;
        assert_eq!(result.is_error, Some(false), "{result:?}");
        text(&result)
    }

    /// The text of a call that does not.
    async fn error(&self, name: &str, arguments: Value) -> String {
        let result = self.call(name, arguments).await;
        assert_eq!(result.is_error, Some(true), "{result:?}");
        text(&result)
    }

    fn input(&self, name: &str) -> Value {
        serde_json::to_value(&self.tool(name).listing().input_schema).unwrap()
    }
}

fn result(end: Result<CallToolResponse, CallError>) -> CallToolResult {
    match response(end) {
        CallToolResponse::Complete(result) => result,
        other => panic!("{other:?}"),
    }
}

fn text(result: &CallToolResult) -> String {
    let texts = result.content.iter().filter_map(|block| block.as_text());
    texts.map(|block| block.text.as_str()).collect()
}
