//! [`Desk`]: the approvals of the crate `toolgate-approval`, as items use them.

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};
use toolgate_approval::{Approvals, Decision, NewApproval, Page, ReportDecision, Settings};

use super::{ApprovalPages, ApprovalPlan};
use crate::{
    caller::Identity,
    config::BODY_TIME,
    error::SetupErrors,
    issuer::{AuthorizationCodeClient, ClientRegistration},
    item::{ApprovalDecision, ApprovalDesk, ApprovalPage, ApprovalRequest, DecisionReporter},
    observer::UserDecisionEvent,
};

impl ApprovalPages {
    /// Builds the store and a client for each issuer. Errors are added to `faults`.
    pub(super) fn build(plan: &ApprovalPlan<'_>, faults: &mut SetupErrors) -> Self {
        let paths = plan.settings.paths();
        let settings = Settings {
            server_name: plan.server_name.to_owned(),
            origin: plan.settings.resource().origin().to_owned(),
            path: paths.approvals(),
            local_path: paths.approvals_route(),
            login_scopes: plan.login_scopes.clone(),
            wait: plan.settings.approval_wait(),
            body_time: BODY_TIME,
        };
        let mut clients = Vec::new();
        for issuer in plan.trusted {
            let registration = ClientRegistration {
                redirect_uri: settings.redirect_uri(),
                client_name: format!("{} (approvals)", plan.server_name),
                client: plan.settings.approval_client(issuer.name()).cloned(),
            };
            let resource = plan.settings.resource().as_str();
            match AuthorizationCodeClient::new(issuer, resource, registration) {
                Ok(client) => clients.push(client),
                Err((reason, remedy)) => {
                    let name = issuer.name();
                    faults.add(
                        format!("users cannot sign in at the issuer {name:?} to approve: {reason}"),
                        remedy,
                    );
                }
            }
        }
        let approvals = Approvals::new(settings, clients, Arc::clone(plan.clock));
        let approvals = Arc::new(approvals);
        #[cfg(feature = "testing")]
        plan.settings
            .test_approvals()
            .attach(Arc::clone(&approvals));
        Self {
            approvals: Some(approvals),
        }
    }
}

/// Returns what reports the decisions on the pages.
pub(super) fn report(reporter: DecisionReporter) -> ReportDecision {
    Box::new(move |id, request, approves| {
        reporter.observer.user_decided(&UserDecisionEvent {
            time: reporter.clock.now(),
            item: &request.item,
            channel: "page",
            answer: if approves { "approved" } else { "declined" },
            question: id,
            issuer: Some(&request.issuer),
            subject: Some(&request.subject),
        });
    })
}

/// The approvals of one server.
pub(super) struct Desk(pub(super) Arc<Approvals>);

impl ApprovalDesk for Desk {
    fn submit(&self, request: ApprovalRequest) -> Result<ApprovalPage, &'static str> {
        let scopes = request.scopes.iter().map(|&scope| scope.to_owned());
        let page = self.0.submit(NewApproval {
            caller: request.caller,
            issuer: request.issuer,
            subject: request.subject,
            item: request.item,
            question: request.question,
            scopes: scopes.collect(),
        })?;
        Ok(page.into())
    }

    fn decision<'a>(
        &'a self,
        id: &'a str,
        caller: &'a Identity,
    ) -> BoxFuture<'a, ApprovalDecision> {
        let decision = self.0.decision(id, caller);
        let decision = decision.map(|decision| match decision {
            Decision::Approved => ApprovalDecision::Approved,
            Decision::Declined => ApprovalDecision::Declined,
            Decision::Pending(page) => ApprovalDecision::Pending(page.into()),
            Decision::Unknown => ApprovalDecision::Unknown,
        });
        decision.boxed()
    }

    fn until_decided(&self, id: &str, caller: &Identity) -> Option<BoxFuture<'static, ()>> {
        Some(self.0.until_decided(id, caller)?.boxed())
    }

    fn withdraw(&self, id: &str, caller: &Identity) {
        self.0.withdraw(id, caller);
    }
}

impl From<Page> for ApprovalPage {
    fn from(page: Page) -> Self {
        Self {
            id: page.id,
            url: page.url,
            left: page.left,
        }
    }
}
