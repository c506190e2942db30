//! Notifies one client of the changes that it may see.
//!
//! - [`verdicts`]: what the resources' own `authorize` functions decide about it

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use futures_util::FutureExt;
use rmcp::{
    ErrorData, RoleServer,
    model::{ResourceUpdatedNotificationParam, ServerCapabilities, SubscriptionFilter},
    service::{Peer, ServiceError, SubscriptionContext},
};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::{CancellationToken, DropGuard};
use toolgate_store::Revocations;

use crate::{
    authorization::{Decision, Rules},
    caller::Caller,
    clock::Clock,
    gate::{self, Admission, Authorizer, DecisionPoint, LatestCaller, PolicyQuestion},
    operation::Operation,
};

use super::{
    changes::{Change, Changes},
    listener_quota::{Listener, Quota, SubscriptionQuota},
};

mod verdicts;

use verdicts::Verdicts;

/// Sends each client the changes that concern it.
pub(super) struct ChangeNotifier {
    pub(super) changes: Changes,
    pub(super) rules: Arc<Rules>,
    pub(super) authorizer: Option<Arc<Authorizer>>,
    pub(super) decision_point: Option<Arc<DecisionPoint>>,
    pub(super) clock: Arc<dyn Clock>,
    /// The tokens that are no longer accepted.
    pub(super) revocations: Revocations,
    /// Clients are not notified of lists that the server does not have.
    pub(super) capabilities: ServerCapabilities,
    /// Counts the subscriptions of callers, with or without a session.
    pub(super) quota: Arc<Quota>,
}

impl ChangeNotifier {
    /// Returns the accepted part of a `subscriptions/listen` request. Unknown resources are
    /// left out, and the acknowledgement shows that.
    pub(super) fn accepted(&self, requested: &SubscriptionFilter) -> SubscriptionFilter {
        let mut accepted = requested.clone();
        if let Some(uris) = &mut accepted.resource_subscriptions {
            uris.retain(|uri| self.rules.offers(Operation::ReadResource(uri)));
        }
        accepted
    }

    /// Returns whether a client may be notified now that a resource changed: it could read
    /// the resource, and its token has not expired and was not revoked.
    async fn may_tell(&self, uri: &str, caller: Option<&Caller>, verdicts: &mut Verdicts) -> bool {
        let now = self.clock.now();
        // In a session the latest token decides. Another token may have opened the stream.
        let is_good = |caller: &Caller| {
            caller.claims().expires_at().since(now) > 0
                && matches!(gate::is_revoked(&self.revocations, caller), Ok(false))
        };
        if !caller.is_none_or(is_good) {
            return false;
        }
        let read = Operation::ReadResource(uri);
        let admission = match self.rules.decide(read, caller.cloned()) {
            Decision::Admit(permit) => Admission::Permitted(permit),
            Decision::Ask(undecided) => Admission::Undecided(undecided),
            Decision::Deny(..) => return false,
        };
        let is_authorized = match (admission.target(), &self.authorizer) {
            // No client can read it, whatever the application announces.
            (None, _) => false,
            (Some(_), None) => true,
            (Some(target), Some(authorizer)) => {
                verdicts.allow(authorizer, (target, uri), caller, now).await
            }
        };
        if !is_authorized {
            return false;
        }
        // The decision point is asked for each update: its decisions are not reused here.
        let question = PolicyQuestion {
            operation: read,
            arguments: None,
            session: None,
        };
        let decided = admission.decided(self.decision_point.as_deref(), &self.rules, question);
        decided.await.is_ok()
    }

    /// Returns whether a change concerns a session. A change of a resource does if the
    /// session is subscribed to it and the session's latest token allows reading it.
    async fn concerns(
        &self,
        change: &Change,
        subscribed: &Mutex<Subscribed>,
        verdicts: &mut Verdicts,
    ) -> bool {
        let Change::Contents(uri) = change else {
            return self.has_list(change);
        };
        let latest_caller = {
            let subscribed = lock(subscribed);
            let listens = subscribed.uris.contains(uri);
            subscribed.latest_caller.clone().filter(|_| listens)
        };
        match latest_caller {
            Some(latest) => self.may_tell(uri, latest.caller().as_ref(), verdicts).await,
            None => false,
        }
    }

    fn has_list(&self, change: &Change) -> bool {
        match change {
            Change::Tools => self.capabilities.tools.is_some(),
            Change::Prompts => self.capabilities.prompts.is_some(),
            Change::Resources => self.capabilities.resources.is_some(),
            Change::Contents(_) => false,
        }
    }
}

/// The subscriptions of one session. Dropping it stops the notifications.
#[derive(Default)]
pub(super) struct Subscriptions {
    subscribed: Arc<Mutex<Subscribed>>,
    task: OnceLock<DropGuard>,
}

#[derive(Default)]
struct Subscribed {
    uris: SubscriptionQuota,
    /// The holder whose token decides what is sent to the session.
    latest_caller: Option<LatestCaller>,
}

impl Subscriptions {
    /// Starts to notify the client of a session.
    pub(super) fn begin(&self, herald: &Arc<ChangeNotifier>, peer: Peer<RoleServer>) {
        self.task.get_or_init(|| {
            let ended = CancellationToken::new();
            let guard = ended.clone().drop_guard();
            let subscribed = Arc::clone(&self.subscribed);
            let herald = Arc::clone(herald);
            let mut receiver = herald.changes.listen();
            let passing = async move {
                tokio::select! {
                    () = ended.cancelled() => {}
                    () = pass_on(&herald, &mut receiver, &peer, &subscribed) => {}
                }
            };
            // Boxed like all background tasks, so that only one task type is compiled.
            tokio::spawn(passing.boxed());
            guard
        });
    }

    /// Subscribes to one more resource. `keep` gets whether the session has subscriptions now.
    ///
    /// # Errors
    ///
    /// As [`SubscriptionQuota::add`].
    pub(super) fn subscribe(
        &self,
        uri: String,
        latest_caller: LatestCaller,
        quota: &Arc<Quota>,
        listener: Listener,
        keep: impl FnOnce(bool),
    ) -> Result<(), ErrorData> {
        let mut subscribed = lock(&self.subscribed);
        subscribed.latest_caller = Some(latest_caller);
        let added = subscribed.uris.add(uri, quota, listener);
        keep(!subscribed.uris.is_empty());
        added
    }

    /// Unsubscribes from a resource. `keep` gets whether the session has subscriptions now.
    pub(super) fn unsubscribe(&self, uri: &str, keep: impl FnOnce(bool)) {
        let mut subscribed = lock(&self.subscribed);
        subscribed.uris.remove(uri);
        keep(!subscribed.uris.is_empty());
    }
}

fn lock(subscribed: &Mutex<Subscribed>) -> MutexGuard<'_, Subscribed> {
    // A panic cannot leave state that would disclose more than allowed.
    subscribed.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the next change. If the receiver has missed changes, returns every change that it may
/// have missed.
async fn next(
    receiver: &mut Receiver<Change>,
    listened: impl FnOnce() -> Vec<String>,
) -> Option<Vec<Change>> {
    match receiver.recv().await {
        Ok(change) => Some(vec![change]),
        Err(RecvError::Lagged(_)) => {
            let lists = [Change::Tools, Change::Prompts, Change::Resources];
            let contents = listened().into_iter().map(Change::Contents);
            Some(lists.into_iter().chain(contents).collect())
        }
        Err(RecvError::Closed) => None,
    }
}

async fn pass_on(
    herald: &ChangeNotifier,
    receiver: &mut Receiver<Change>,
    peer: &Peer<RoleServer>,
    subscribed: &Mutex<Subscribed>,
) {
    let listened = || lock(subscribed).uris.to_vec();
    let mut verdicts = Verdicts::new();
    while let Some(changes) = next(receiver, listened).await {
        for change in changes {
            if !herald.concerns(&change, subscribed, &mut verdicts).await {
                continue;
            }
            if send(peer, change).await.is_err() {
                return;
            }
        }
    }
}

/// Notifies the client of a session of a change.
async fn send(peer: &Peer<RoleServer>, change: Change) -> Result<(), ServiceError> {
    match change {
        Change::Tools => peer.notify_tool_list_changed().await,
        Change::Prompts => peer.notify_prompt_list_changed().await,
        Change::Resources => peer.notify_resource_list_changed().await,
        Change::Contents(uri) => {
            let updated = ResourceUpdatedNotificationParam::new(uri);
            peer.notify_resource_updated(updated).await
        }
    }
}

/// Notifies the client of a session of every list that may have changed.
pub(super) async fn notify_of_lists(herald: &ChangeNotifier, peer: &Peer<RoleServer>) {
    for change in [Change::Tools, Change::Prompts, Change::Resources] {
        if herald.has_list(&change) && send(peer, change).await.is_err() {
            return;
        }
    }
}

/// Notifies a client of revision 2026-07-28 until it stops listening.
pub(super) async fn listen(
    herald: &ChangeNotifier,
    caller: Option<&Caller>,
    subscription: &SubscriptionContext,
    receiver: Receiver<Change>,
) {
    // An `authorize` function that does not decide must not hold a client that has gone.
    tokio::select! {
        () = subscription.cancelled() => {}
        () = tell(herald, caller, subscription, receiver) => {}
    }
}

/// Notifies the client of a subscription until nothing can be sent to it any more.
async fn tell(
    herald: &ChangeNotifier,
    caller: Option<&Caller>,
    subscription: &SubscriptionContext,
    mut receiver: Receiver<Change>,
) {
    let accepted = subscription.accepted();
    let listened = || accepted.resource_subscriptions.clone().unwrap_or_default();
    let sink = subscription.sink();
    let mut verdicts = Verdicts::new();
    while let Some(changes) = next(&mut receiver, listened).await {
        for change in changes {
            let sent = match change {
                Change::Tools if accepted.tools_list_changed == Some(true) => {
                    sink.notify_tool_list_changed().await
                }
                Change::Prompts if accepted.prompts_list_changed == Some(true) => {
                    sink.notify_prompt_list_changed().await
                }
                Change::Resources if accepted.resources_list_changed == Some(true) => {
                    sink.notify_resource_list_changed().await
                }
                Change::Contents(uri)
                    if accepted
                        .resource_subscriptions
                        .as_ref()
                        .is_some_and(|uris| uris.contains(&uri)) =>
                {
                    match herald.may_tell(&uri, caller, &mut verdicts).await {
                        true => sink.notify_resource_updated(uri).await,
                        false => Ok(()),
                    }
                }
                _ => Ok(()),
            };
            if sent.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
