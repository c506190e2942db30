//! [`PageCompletion`]: notifies the client of a session when its user has decided on the page.

use std::{pin::pin, sync::Arc};

use futures_util::future::{BoxFuture, pending};
use rmcp::{
    RoleServer,
    model::{
        CustomNotification, ElicitRequestParams, InputRequest, InputRequests, ServerNotification,
    },
    service::Peer,
};
use serde_json::json;

use crate::{caller::Caller, item::ApprovalDesk};

/// The notification of MCP 2025-11-25 (Elicitation, "Completion Notifications for URL Mode
/// Elicitation"). Revision 2026-07-28 does not have it.
const METHOD: &str = "notifications/elicitation/complete";

/// Waits for the decision on the page that a request in a session has asked its client to open,
/// and notifies this client. Other clients of the user get no notification (MCP 2025-11-25: "only
/// … the client that initiated the elicitation request").
pub(super) struct PageCompletion<'p> {
    peer: &'p Peer<RoleServer>,
    desk: Option<Arc<dyn ApprovalDesk>>,
    /// The first page that the server asked the client to open. A request has only one page.
    page: Option<String>,
    /// `None` before the page was asked for, and after the notification.
    decided: Option<BoxFuture<'static, ()>>,
}

impl<'p> PageCompletion<'p> {
    pub(super) fn new(peer: &'p Peer<RoleServer>, desk: Option<Arc<dyn ApprovalDesk>>) -> Self {
        Self {
            peer,
            desk,
            page: None,
            decided: None,
        }
    }

    /// Begins to wait for the decision if this is the first request for a page of this caller.
    pub(super) fn watch(&mut self, requests: &InputRequests, caller: Option<&Caller>) {
        let (Some(desk), Some(caller), None) = (&self.desk, caller, &self.page) else {
            return;
        };
        for request in requests.values() {
            let InputRequest::Elicitation(elicitation) = request else {
                continue;
            };
            if let ElicitRequestParams::UrlElicitationParams { elicitation_id, .. } =
                &elicitation.params
                && let Some(decided) = desk.until_decided(elicitation_id, &caller.identity())
            {
                self.page = Some(elicitation_id.clone());
                self.decided = Some(decided);
            }
        }
    }

    /// Runs `work` to its end, and notifies the client as soon as its user has decided.
    pub(super) async fn alongside<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                // A decision also continues the work: notify the client before the item runs.
                biased;
                () = self.notify() => {}
                done = &mut work => return done,
            }
        }
    }

    /// Waits for the decision and notifies the client. Never returns if there is nothing to wait
    /// for.
    async fn notify(&mut self) {
        match &mut self.decided {
            Some(decided) => decided.await,
            None => pending().await,
        }
        self.decided = None;
        let params = json!({"elicitationId": self.page});
        let notification = CustomNotification::new(METHOD, Some(params));
        let notification = ServerNotification::CustomNotification(notification);
        if let Err(error) = self.peer.send_notification(notification).await {
            // The notification is optional, and the client gets the result of its request anyway.
            tracing::debug!(target: "toolgate::tool", %error, "a client was not notified");
        }
    }
}
