//! The short way to a tool: no second reading, no transport.

use bytes::Bytes;
use futures_util::{FutureExt, future::BoxFuture};
use rmcp::model::{CallToolResponse, JsonObject};

use crate::{
    authorization::{Permit, Target},
    gate::StatelessFastPath,
    item::{Call, Item},
    operation::Operation,
    tool::{AuthorizeDenial, Tool, response},
};

use super::handler::Shared;

impl StatelessFastPath for Shared {
    fn takes(&self, target: Target) -> bool {
        match target {
            Target::Tool(number) => self
                .catalogue
                .tools
                .get(number as usize)
                .is_some_and(Item::takes_fast_path),
            Target::Prompt(_) | Target::Resource(_) => false,
        }
    }

    fn authorize(
        &self,
        permit: &Permit,
        arguments: Option<&JsonObject>,
    ) -> Result<(), AuthorizeDenial> {
        match self.catalogue.permitted::<Tool>(permit) {
            Some(tool) => tool.authorize(permit.caller(), arguments.unwrap_or(&JsonObject::new())),
            None => Ok(()),
        }
    }

    fn call(
        &self,
        permit: &Permit,
        arguments: JsonObject,
    ) -> Option<BoxFuture<'static, CallToolResponse>> {
        let tool = self
            .catalogue
            .permitted::<Tool>(permit)
            .filter(|tool| tool.takes_fast_path())?;
        let caller = permit.caller().cloned();
        let call = Call::new((), arguments, caller, None);
        let running = tool.call(permit, "", call);
        Some(running.map(response).boxed())
    }

    fn list(&self, permit: &Permit) -> Option<Bytes> {
        // The second check, as rmcp's way has it.
        self.rules.confirm(permit, Operation::ListTools).ok()?;
        self.tools_as_bytes(permit)
    }
}
