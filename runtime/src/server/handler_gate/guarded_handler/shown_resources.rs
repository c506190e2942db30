//! The resources that a list of the handler shows: a template covers many, and the decision point
//! decides about each URI.

use http::request::Parts;
use rmcp::{ErrorData, RoleServer, model::Resource, service::RequestContext};

use crate::{
    authorization::Permit,
    gate::{LateDenials, PolicyFault, SESSION_ID},
    operation::Operation,
    server::{dispatch_check::gate_extension, multi_round::is_current},
};

use super::GuardedHandler;

impl<H> GuardedHandler<H> {
    /// Returns the resources that the list of a caller shows.
    ///
    /// # Errors
    ///
    /// Returns an error if the decision point does not decide. The gate then answers with a
    /// refusal.
    pub(super) async fn shown(
        &self,
        permit: &Permit,
        resources: Vec<Resource>,
        context: &RequestContext<RoleServer>,
    ) -> Result<Vec<Resource>, ErrorData> {
        let (gate, visibility) = (&self.gate.0.built_gate.gate, self.gate.0.visibility);
        let rules = &gate.rules;
        let (mut shown, mut asked) = (Vec::new(), Vec::new());
        for resource in resources {
            let read = Operation::ReadResource(&resource.uri);
            let Some(target) = rules.target(read) else {
                continue;
            };
            let is_declared = gate.item_names.get(target) == Some(resource.uri.as_str());
            match visibility.grants(rules, permit, read) {
                false => {}
                true if permit.is_decided() && !is_declared => asked.push((target, resource)),
                true if !permit.is_decided() || permit.shows(Some(target)) => shown.push(resource),
                true => {}
            }
        }
        if asked.is_empty() {
            return Ok(shown);
        }
        let uris = asked
            .iter()
            .map(|(target, one)| (*target, one.uri.as_str()));
        let uris: Vec<_> = uris.collect();
        let head = context.extensions.get::<Parts>();
        let session = head.and_then(|head| head.headers.get(SESSION_ID)?.to_str().ok());
        let answers = match &gate.decision_point {
            Some(point) => point.shown_uris(permit.caller(), session, &uris).await,
            None => Err(PolicyFault::Failed),
        };
        let answers = answers.map_err(|fault| {
            let late = gate_extension::<LateDenials>(&context.extensions);
            match (late, head) {
                (Some(late), Some(head)) => {
                    let request = (&context.id, is_current(context));
                    late.refuse_list(permit, &fault, &head.headers, request)
                }
                _ => ErrorData::internal_error("the list cannot be authorized", None),
            }
        })?;
        let allowed = asked.into_iter().zip(answers);
        shown.extend(allowed.filter_map(|((_, one), is_allowed)| is_allowed.then_some(one)));
        Ok(shown)
    }
}
