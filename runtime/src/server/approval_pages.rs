//! [`ApprovalPages`]: the server's own page for `approve = "…"`, if an item needs it.

use std::sync::Arc;

use axum::Router;

use crate::{
    clock::Clock,
    config::ValidConfig,
    error::SetupErrors,
    issuer::Issuer,
    item::{ApprovalDesk, DecisionReporter},
    verify::Authenticator,
};

#[cfg(feature = "approval")]
mod desk;

/// The items and the settings that the pages depend on.
#[cfg_attr(
    not(feature = "approval"),
    expect(dead_code, reason = "only the pages read it")
)]
pub(super) struct ApprovalPlan<'p> {
    pub(super) server_name: &'p str,
    /// The kind and the name of the first item that its user approves.
    pub(super) item: Option<String>,
    pub(super) settings: &'p ValidConfig,
    pub(super) trusted: &'p [Issuer],
    /// The scopes of a login.
    pub(super) login_scopes: Vec<String>,
    /// Whether callers send tokens.
    pub(super) takes_tokens: bool,
    pub(super) has_own_verifier: bool,
    pub(super) clock: &'p Arc<dyn Clock>,
}

/// The pages of a server, or nothing if no item needs them.
#[derive(Default)]
pub(super) struct ApprovalPages {
    #[cfg(feature = "approval")]
    approvals: Option<Arc<toolgate_approval::Approvals>>,
}

/// The routes of the pages, and their path.
#[derive(Clone)]
pub(super) struct ApprovalRoutes {
    pub(super) router: Router,
    pub(super) path: String,
}

impl ApprovalPages {
    /// Plans the pages, or reports why an item that needs them can never be approved.
    pub(super) fn new(plan: &ApprovalPlan<'_>, faults: &mut SetupErrors) -> Self {
        let Some(item) = &plan.item else {
            return Self::default();
        };
        let why = if cfg!(not(feature = "approval")) {
            Some((
                "this program was built without the feature `approval` of `toolgate`",
                "enable it: toolgate = { features = [\"approval\"] }",
            ))
        } else if !plan.takes_tokens {
            Some((
                "a server on standard input and output has no page on which a user can decide",
                "serve it over HTTP, or use `confirm`, which the host of the server asks",
            ))
        } else if plan.has_own_verifier && plan.settings.issuers().is_empty() {
            Some((
                "this server has a verifier of its own and no issuer, so no user can sign in on its page",
                "name the issuer of the tokens with `Config::with_issuer` or TOOLGATE_AUTHORIZATION_SERVERS",
            ))
        } else if plan.settings.dpop().is_required() {
            Some((
                "this server accepts only tokens that are bound to a key, and the sign-in on its page gets bearer tokens",
                "accept bearer tokens, too, or use `confirm`",
            ))
        } else {
            None
        };
        if let Some((why, remedy)) = why {
            faults.add(format!("the {item} has `approve`, but {why}"), remedy);
            return Self::default();
        }
        plan.settings.paths().check_approvals(faults);
        Self::build(plan, faults)
    }

    #[cfg(not(feature = "approval"))]
    fn build(_: &ApprovalPlan<'_>, _: &mut SetupErrors) -> Self {
        Self::default()
    }

    /// Reports the decisions of users on the pages.
    pub(super) fn report_to(&self, reporter: Option<&DecisionReporter>) {
        #[cfg(feature = "approval")]
        if let (Some(approvals), Some(reporter)) = (&self.approvals, reporter) {
            approvals.report_decisions(desk::report(reporter.clone()));
        }
        // Without the feature there are no pages.
        let _ = reporter;
    }

    /// Returns the desk that items ask for approvals.
    pub(super) fn desk(&self) -> Option<Arc<dyn ApprovalDesk>> {
        #[cfg(feature = "approval")]
        {
            let approvals = self.approvals.as_ref()?;
            Some(Arc::new(desk::Desk(Arc::clone(approvals))))
        }
        #[cfg(not(feature = "approval"))]
        None
    }

    /// Returns the routes of the pages. They verify the tokens of sign-ins like tokens of requests.
    #[cfg_attr(
        not(feature = "approval"),
        expect(unused_variables, reason = "without the feature there are no pages")
    )]
    pub(super) fn routes(
        self,
        settings: &ValidConfig,
        authenticator: &Arc<Authenticator>,
    ) -> Option<ApprovalRoutes> {
        #[cfg(feature = "approval")]
        {
            Some(ApprovalRoutes {
                router: self.approvals?.router(Arc::clone(authenticator)),
                path: settings.paths().approvals_route(),
            })
        }
        #[cfg(not(feature = "approval"))]
        None
    }
}

#[cfg(all(test, not(feature = "approval")))]
mod tests;
