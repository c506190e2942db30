//! What an operator can ask. Nothing demands it; where it is, it needs no token.

use crate::{
    finding::{Check, Finding, Section, Severity::Note},
    http::Request,
    visit::Visit,
};

static LIVE: Check = Check::new(
    "health.live",
    Note,
    "`/healthz` answers 200 without a token.",
    "usual with Kubernetes probes; no specification",
    "Offer it, outside of the authorization layer, or let the platform know another.",
);
static READY: Check = Check::new(
    "health.ready",
    Note,
    "`/readyz` answers 200 without a token.",
    "usual with Kubernetes probes; no specification",
    "Offer it; 503 while the issuer's keys are not known.",
);

pub(super) static CHECKS: &[&Check] = &[&LIVE, &READY];

pub(super) async fn run(visit: &Visit) -> Vec<Finding> {
    let mut section = Section::new(CHECKS);
    for (check, path) in [(&LIVE, "/healthz"), (&READY, "/readyz")] {
        let answer = visit
            .http
            .send(Request::get(visit.target.place(path)))
            .await;
        section.judge(
            check,
            answer.and_then(|answer| match answer.status {
                200 => Ok(answer.brief()),
                _ => Err(answer.brief()),
            }),
        );
    }
    section.close("not judged")
}
