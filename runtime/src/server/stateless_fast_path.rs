//! Runs a tool, or lists the tools, on the fast path without a session.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use rmcp::model::JsonObject;

use crate::{
    authorization::{Permit, Target},
    gate::{RunningCall, StatelessFastPath},
    item::{Call, Item, split_denial},
    observer::RunReport,
    operation::Operation,
    scope::Scope,
    tool::{ToolKind, response},
};

use super::{access_watch::Withdrawn, security_schemes, shared::Shared};

impl Shared {
    /// Returns the tool of a target, if it needs nothing from rmcp.
    fn fast_tool(&self, target: Target) -> Option<&Item<(), ToolKind>> {
        let Target::Tool(number) = target else {
            return None;
        };
        let tool = self.catalogue.tools.get(number as usize)?;
        tool.takes_fast_path().then_some(tool)
    }
}

impl StatelessFastPath for Shared {
    fn takes(&self, target: Target) -> bool {
        self.fast_tool(target).is_some()
    }

    fn authorize_scopes(&self, target: Target) -> &'static [Scope] {
        self.catalogue.authorize_scopes(target)
    }

    fn call(
        &self,
        permit: &Permit,
        arguments: JsonObject,
        report: Option<&Arc<RunReport>>,
    ) -> Option<RunningCall> {
        let tool = self.fast_tool(permit.target()?)?;
        let caller = permit.caller().cloned();
        let call = Call::new((), arguments, caller, None).reported_to(report);
        let running = tool.call(permit, "", call);
        let running = self.watch.during(permit, report, running);
        let answer = |end: Result<_, Withdrawn>| {
            let end = end.unwrap_or_else(|withdrawn| Err(withdrawn.into()));
            split_denial(end).map(response)
        };
        Some(running.map(answer).boxed())
    }

    fn list(&self, permit: &Permit) -> Option<Bytes> {
        // The second check, as in rmcp's execution path.
        self.rules.reauthorize(permit, Operation::ListTools).ok()?;
        let switched = self.rules.switched();
        self.tool_lists
            .get_or_build(switched, self.visibility, permit, || {
                let mut list = serde_json::to_value(self.tools(permit, None).ok()?).ok()?;
                security_schemes::publish(&mut list);
                Some(list.to_string().into())
            })
    }
}
