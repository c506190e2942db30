//! Passing changes on to one client, as far as it may know of them.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use futures_util::FutureExt;
use rmcp::{
    ErrorData, RoleServer,
    model::{ResourceUpdatedNotificationParam, ServerCapabilities, SubscriptionFilter},
    service::{Peer, SubscriptionContext},
};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    admission::Rules, clock::Clock, gate::Holder, operation::Operation, principal::Principal,
};

use super::{
    changes::{Change, Changes},
    quota::{Listener, Quota, Subscriptions},
};

/// Tells what has changed to whom it concerns.
pub(super) struct Herald {
    pub(super) changes: Changes,
    pub(super) rules: Arc<Rules>,
    pub(super) clock: Arc<dyn Clock>,
    /// A client is told of no list that the server does not have.
    pub(super) capabilities: ServerCapabilities,
    /// What callers listen to counts here, by session or not.
    pub(super) quota: Arc<Quota>,
}

impl Herald {
    /// What of a `subscriptions/listen` is listened to: resources that are not there are
    /// left out, as the acknowledgement tells.
    pub(super) fn accepted(&self, requested: &SubscriptionFilter) -> SubscriptionFilter {
        let mut accepted = requested.clone();
        if let Some(uris) = &mut accepted.resource_subscriptions {
            uris.retain(|uri| self.rules.offers(Operation::ReadResource(uri)));
        }
        accepted
    }

    /// Whether a caller may be told now that a resource has changed: whether they could
    /// read it, by a token that has not expired.
    fn may_tell(&self, uri: &str, principal: Option<&Principal>) -> bool {
        let read = Operation::ReadResource(uri);
        let is_good =
            |principal: &Principal| principal.claims().expires_at().since(self.clock.now()) > 0;
        principal.is_none_or(is_good)
            && self.rules.offers(read)
            && self.rules.admits(read, principal)
    }

    /// Whether a session is to be told of a change: of a resource if it is subscribed to
    /// it, and whoever holds the session now, by the token they brought last, may read it.
    fn concerns(&self, change: &Change, subscribed: &Mutex<Subscribed>) -> bool {
        let Change::Contents(uri) = change else {
            return self.has_list(change);
        };
        let holder = {
            let subscribed = lock(subscribed);
            let listens = subscribed.uris.contains(uri);
            subscribed.holder.clone().filter(|_| listens)
        };
        holder.is_some_and(|holder| self.may_tell(uri, holder.principal().as_ref()))
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

/// What one session listens to; its end ends the passing on.
#[derive(Default)]
pub(super) struct Listening {
    subscribed: Arc<Mutex<Subscribed>>,
    task: OnceLock<DropGuard>,
}

#[derive(Default)]
struct Subscribed {
    uris: Subscriptions,
    /// Whose token decides what the session is told.
    holder: Option<Holder>,
}

impl Listening {
    /// Begins to pass changes on to a session's client.
    pub(super) fn begin(&self, herald: &Arc<Herald>, peer: Peer<RoleServer>) {
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
            // Boxed, as all tasks in the background: so they are one type to compile.
            tokio::spawn(passing.boxed());
            guard
        });
    }

    /// Listens to one more resource.
    ///
    /// # Errors
    ///
    /// As [`Subscriptions::add`].
    pub(super) fn subscribe(
        &self,
        uri: String,
        holder: Holder,
        quota: &Arc<Quota>,
        listener: Listener,
    ) -> Result<(), ErrorData> {
        let mut subscribed = lock(&self.subscribed);
        subscribed.holder = Some(holder);
        subscribed.uris.add(uri, quota, listener)
    }

    /// Listens to one less.
    pub(super) fn unsubscribe(&self, uri: &str) {
        lock(&self.subscribed).uris.remove(uri);
    }
}

fn lock(subscribed: &Mutex<Subscribed>) -> MutexGuard<'_, Subscribed> {
    // A panic leaves nothing half done that could tell more than it should.
    subscribed.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The next changes: one, or, where some were missed, whatever they could have been.
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
    herald: &Herald,
    receiver: &mut Receiver<Change>,
    peer: &Peer<RoleServer>,
    subscribed: &Mutex<Subscribed>,
) {
    let listened = || lock(subscribed).uris.to_vec();
    while let Some(changes) = next(receiver, listened).await {
        for change in changes {
            if !herald.concerns(&change, subscribed) {
                continue;
            }
            let sent = match change {
                Change::Tools => peer.notify_tool_list_changed().await,
                Change::Prompts => peer.notify_prompt_list_changed().await,
                Change::Resources => peer.notify_resource_list_changed().await,
                Change::Contents(uri) => {
                    let updated = ResourceUpdatedNotificationParam::new(uri);
                    peer.notify_resource_updated(updated).await
                }
            };
            if sent.is_err() {
                return;
            }
        }
    }
}

/// Passes changes on to a client of revision 2026-07-28 until it stops listening.
pub(super) async fn listen(
    herald: &Herald,
    principal: Option<&Principal>,
    subscription: &SubscriptionContext,
) {
    let mut receiver = herald.changes.listen();
    let accepted = subscription.accepted();
    let listened = || accepted.resource_subscriptions.clone().unwrap_or_default();
    let sink = subscription.sink();
    loop {
        let changes = tokio::select! {
            () = subscription.cancelled() => return,
            changes = next(&mut receiver, listened) => changes,
        };
        let Some(changes) = changes else { return };
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
                        .is_some_and(|uris| uris.contains(&uri))
                        && herald.may_tell(&uri, principal) =>
                {
                    sink.notify_resource_updated(uri).await
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
