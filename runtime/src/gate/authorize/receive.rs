//! The body of a request, and the refusal of a request whose message is not read.

use axum::body::Body;
use http::HeaderMap;

use crate::{caller::Caller, config::RequestLimits};

use super::super::{
    Gate,
    audit::AuditContext,
    body::{self, Received},
    refusal::Refusal,
};

impl Gate {
    /// Receives a body: all of it, or only its beginning.
    ///
    /// # Errors
    ///
    /// Returns the refusal if the body does not arrive, or is too large.
    pub(super) async fn receive(
        &self,
        headers: &HeaderMap,
        caller: Option<&Caller>,
        body: Body,
        all: bool,
    ) -> Result<Received, Refusal> {
        let RequestLimits {
            body: limit,
            unauthenticated_body: keep,
            body_time: time,
            ..
        } = self.limits;
        let received = if all {
            let whole = body::read(body, limit, time).await;
            whole.map(|bytes| Received {
                bytes,
                is_whole: true,
            })
        } else {
            body::read_beginning(body, keep.min(limit), limit, time, &self.pending_bodies).await
        };
        received.map_err(|error| self.refuse_unread(headers, caller, Refusal::Body(error)))
    }

    /// Records and logs the refusal of a request whose message is not read. No limit counts such
    /// requests, so the audit log counts them.
    pub(in crate::gate) fn refuse_unread(
        &self,
        headers: &HeaderMap,
        caller: Option<&Caller>,
        refusal: Refusal,
    ) -> Refusal {
        self.audited(AuditContext::new(None, caller).of_request(headers), refusal)
    }
}
