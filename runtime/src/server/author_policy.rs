//! [`Policy`]: the author's choices of how callers are authorized.

use std::sync::Arc;

use toolgate_store::Revocations;

use crate::{
    clock::{Clock, SystemClock},
    gate::{ChallengeScopes, DenialsAsToolResults},
    observer::Observer,
    scope::ScopeDescription,
};

use super::{
    Visibility, policy_plan::PolicyPlan, readiness::Check, scope_hierarchy::ScopeHierarchy,
    token_issuers::BuildAuthenticator,
};

/// The author's choices of how callers are authorized.
pub(super) struct Policy {
    /// Whether callers come with tokens. Otherwise the program states its one caller.
    pub(super) takes_tokens: bool,
    pub(super) verifier: Option<BuildAuthenticator>,
    pub(super) clock: Arc<dyn Clock>,
    /// Whether unauthenticated clients may connect and list everything.
    pub(super) open_handshake: bool,
    pub(super) visibility: Visibility,
    pub(super) challenge_scopes: ChallengeScopes,
    pub(super) tool_result_denial: Option<Box<DenialsAsToolResults>>,
    pub(super) hierarchy: ScopeHierarchy,
    /// The descriptions of the scopes, if the author declares them.
    pub(super) declared_scopes: &'static [ScopeDescription],
    /// The application's readiness check.
    pub(super) readiness_check: Option<Check<()>>,
    /// The observer of the gate.
    pub(super) observer: Option<Arc<dyn Observer>>,
    /// The tokens that are no longer accepted.
    pub(super) revocations: Revocations,
    /// The decision point of the program.
    pub(super) decision_point: PolicyPlan,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            takes_tokens: true,
            verifier: None,
            clock: Arc::new(SystemClock),
            open_handshake: false,
            visibility: Visibility::default(),
            challenge_scopes: ChallengeScopes::default(),
            tool_result_denial: None,
            hierarchy: ScopeHierarchy::default(),
            declared_scopes: &[],
            readiness_check: None,
            observer: None,
            revocations: Revocations::new(),
            decision_point: PolicyPlan::default(),
        }
    }
}
