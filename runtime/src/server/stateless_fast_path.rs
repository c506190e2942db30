//! The short way to a tool: no second reading, no transport.

use bytes::Bytes;
use futures_util::{FutureExt, future::BoxFuture};
use rmcp::model::{CallToolResponse, JsonObject};

use crate::{
    authorization::{Admission, Target},
    gate::Direct,
    operation::Operation,
    tool::{Call, Refused, Tool},
};

use super::handler::Shared;

impl Direct for Shared {
    fn takes(&self, target: Target) -> bool {
        match target {
            Target::Tool(number) => self
                .catalogue
                .tools
                .get(number as usize)
                .is_some_and(Tool::is_plain),
            Target::Prompt(_) | Target::Resource(_) => false,
        }
    }

    fn authorize(
        &self,
        admission: &Admission,
        arguments: Option<&JsonObject>,
    ) -> Result<(), Refused> {
        match self.catalogue.admitted_tool(admission) {
            Some(tool) => tool.authorize(
                admission.principal(),
                arguments.unwrap_or(&JsonObject::new()),
            ),
            None => Ok(()),
        }
    }

    fn call(
        &self,
        admission: &Admission,
        arguments: JsonObject,
    ) -> Option<BoxFuture<'static, CallToolResponse>> {
        let tool = self
            .catalogue
            .admitted_tool(admission)
            .filter(|tool| tool.is_plain())?;
        let principal = admission.principal().cloned();
        let call = Call::new((), arguments, principal, None);
        let running = tool.call(admission, call);
        Some(running.map(|outcome| outcome.into_response()).boxed())
    }

    fn list(&self, admission: &Admission) -> Option<Bytes> {
        // The second check, as rmcp's way has it.
        self.rules.confirm(admission, Operation::ListTools).ok()?;
        self.tools_as_bytes(admission)
    }
}
