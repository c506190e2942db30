//! What an allowed request does before it runs: it takes the place of its session, and its decision
//! is recorded.

use http::HeaderMap;

use super::{
    super::{
        Gate,
        refusal::{Refusal, RefusedRequest},
        waiting_decision::WaitingDecision,
    },
    AuthorizedRequest, decision,
};

impl Gate {
    /// Refuses a request without a token while the server cannot know what is switched off.
    pub(super) fn check_freshness(
        &self,
        authorized: &AuthorizedRequest,
        headers: &HeaderMap,
    ) -> Result<(), Box<RefusedRequest<'_>>> {
        self.check_switches(&authorized.permit).map_err(|refusal| {
            let envelope = authorized.message.response_envelope();
            self.refuse(decision(authorized, headers).0, refusal, headers, envelope)
        })
    }

    /// Reserves the place of the session that a request opens.
    pub(super) fn reserve(
        &self,
        authorized: &mut AuthorizedRequest,
        headers: &HeaderMap,
    ) -> Result<(), Box<RefusedRequest<'_>>> {
        let (context, _) = decision(authorized, headers);
        let reserved = self.reserve_session(context.caller, &authorized.body);
        let reserved = reserved.map_err(|limit| {
            let envelope = authorized.message.response_envelope();
            self.refuse(context, Refusal::SessionLimit(limit), headers, envelope)
        })?;
        authorized.reservation = Some(reserved);
        Ok(())
    }

    /// Records the decision, if possible together with decisions of other requests.
    pub(super) async fn record(
        &self,
        authorized: &mut AuthorizedRequest,
        headers: &HeaderMap,
    ) -> Result<(), Box<RefusedRequest<'_>>> {
        let waiting = {
            let (context, is_known) = decision(authorized, headers);
            self.defer_allowed(context, is_known, authorized.permit.target())
        };
        if let Some(waiting) = &waiting {
            waiting.join().await;
        }
        self.report(authorized, headers, waiting)
    }

    fn report(
        &self,
        authorized: &mut AuthorizedRequest,
        headers: &HeaderMap,
        waiting: Option<WaitingDecision>,
    ) -> Result<(), Box<RefusedRequest<'_>>> {
        let (context, is_known) = decision(authorized, headers);
        let report = self.report_allowed(context, is_known, authorized.permit.target(), waiting);
        let report = report.map_err(|refusal| {
            let envelope = authorized.message.response_envelope();
            self.refuse(context, refusal, headers, envelope)
        })?;
        authorized.report = report;
        Ok(())
    }
}
