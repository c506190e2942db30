//! What all requests and sessions of a server share.

use std::sync::Arc;

use rmcp::model::ServerConfig;

use crate::{
    authorization::Rules,
    gate::{Authorizer, DecisionPoint},
    item::RoundSeal,
};

use super::{
    Visibility, access_watch::AccessWatch, catalogue::Catalogue, multi_round::RoundGuard,
    session_records::SessionRecords, subscriptions::ChangeNotifier, tool_list_cache::ToolListCache,
};

/// The state of a server that all its requests share.
pub(super) struct Shared {
    pub(super) info: ServerConfig,
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) rules: Arc<Rules>,
    /// Ends running work whose authorization is taken away.
    pub(super) watch: AccessWatch,
    /// Calls the `authorize` functions, if any item has one.
    pub(super) authorizer: Option<Arc<Authorizer>>,
    /// Asks the decision point of the program, if it has one.
    pub(super) decision_point: Option<Arc<DecisionPoint>>,
    pub(super) visibility: Visibility,
    /// How many items one page of a list has at most.
    pub(super) page_items: usize,
    /// Whether clients of the revisions before 2026-07-28 get a session.
    pub(super) has_sessions: bool,
    pub(super) records: Arc<SessionRecords>,
    /// Sends changes to subscribed clients, if the server announces changes.
    pub(super) notifier: Option<Arc<ChangeNotifier>>,
    pub(super) rounds: Arc<RoundSeal>,
    pub(super) tool_lists: ToolListCache,
}

impl Shared {
    /// Returns what seals and authorizes the rounds of its items.
    pub(super) fn round_guard(&self) -> RoundGuard<'_> {
        RoundGuard {
            seal: &self.rounds,
            rules: &self.rules,
            watch: &self.watch,
            authorizer: self.authorizer.as_deref(),
            decision_point: self.decision_point.as_deref(),
        }
    }
}
