//! The short way to a tool: no second reading, no transport.

use futures_util::{FutureExt, future::BoxFuture};
use rmcp::model::{CallToolRequestParams, CallToolResponse, JsonObject};

use crate::{
    admission::Admission,
    gate::Direct,
    tool::{Call, Refused},
};

use super::handler::Shared;

impl<S: Clone + Send + Sync + 'static> Direct for Shared<S> {
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
        call: CallToolRequestParams,
    ) -> Option<BoxFuture<'static, CallToolResponse>> {
        let tool = self
            .catalogue
            .admitted_tool(admission)
            .filter(|tool| !tool.takes_context() && tool.parameter_headers().next().is_none())?;
        let call = Call::new(
            self.state.clone(),
            call.arguments.unwrap_or_default(),
            admission.principal().cloned(),
            None,
        );
        let running = tool.call(admission, call);
        Some(running.map(|outcome| outcome.into_response()).boxed())
    }
}
