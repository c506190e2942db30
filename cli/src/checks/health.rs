//! Health endpoints for operators. No specification requires them; none may need a token.

use crate::{
    check_context::CheckContext,
    finding::{Check, Finding, Section, Severity::Note},
    http::Request,
};

static LIVE: Check = Check::new(
    "health.live",
    Note,
    "`/healthz` returns 200 without a token.",
    "common with Kubernetes probes; no specification",
    "Serve it outside the authorization layer, or configure the platform with another path.",
);
static READY: Check = Check::new(
    "health.ready",
    Note,
    "`/readyz` returns 200 without a token.",
    "common with Kubernetes probes; no specification",
    "Serve it, with 503 while the issuer's keys are not loaded.",
);

pub(super) static CHECKS: &[&Check] = &[&LIVE, &READY];

pub(super) async fn run(context: &CheckContext) -> Vec<Finding> {
    let mut section = Section::new(CHECKS);
    for (check, path) in [(&LIVE, "/healthz"), (&READY, "/readyz")] {
        let answer = context
            .http
            .send(Request::get(context.target.place(path)))
            .await;
        section.record(
            check,
            answer.and_then(|answer| answer.brief_if(answer.status == 200)),
        );
    }
    section.close("not checked")
}
