//! Passing changes on to one client.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use rmcp::{
    RoleServer,
    model::ResourceUpdatedNotificationParam,
    service::{Peer, SubscriptionContext},
};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::changes::{Change, Changes};

/// What one session listens to; its end ends the passing on.
#[derive(Default)]
pub(super) struct Listening {
    uris: std::sync::Arc<Mutex<HashSet<String>>>,
    task: OnceLock<DropGuard>,
}

impl Listening {
    /// Begins to pass changes on to a session's client.
    pub(super) fn begin(&self, changes: &Changes, peer: Peer<RoleServer>) {
        self.task.get_or_init(|| {
            let ended = CancellationToken::new();
            let guard = ended.clone().drop_guard();
            let uris = std::sync::Arc::clone(&self.uris);
            let mut receiver = changes.listen();
            tokio::spawn(async move {
                tokio::select! {
                    () = ended.cancelled() => {}
                    () = pass_on(&mut receiver, &peer, &uris) => {}
                }
            });
            guard
        });
    }
}

fn lock(uris: &Mutex<HashSet<String>>) -> MutexGuard<'_, HashSet<String>> {
    // Each change is one insertion or removal: a panic leaves nothing half done.
    uris.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The next changes: one, or, where some were missed, every list once.
async fn next(receiver: &mut Receiver<Change>) -> Option<Vec<Change>> {
    match receiver.recv().await {
        Ok(change) => Some(vec![change]),
        Err(RecvError::Lagged(_)) => Some(vec![Change::Tools, Change::Prompts, Change::Resources]),
        Err(RecvError::Closed) => None,
    }
}

async fn pass_on(
    receiver: &mut Receiver<Change>,
    peer: &Peer<RoleServer>,
    uris: &Mutex<HashSet<String>>,
) {
    while let Some(changes) = next(receiver).await {
        for change in changes {
            let sent = match change {
                Change::Tools => peer.notify_tool_list_changed().await,
                Change::Prompts => peer.notify_prompt_list_changed().await,
                Change::Resources => peer.notify_resource_list_changed().await,
                Change::Contents(uri) => {
                    let listens = lock(uris).contains(&uri);
                    if !listens {
                        continue;
                    }
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
pub(super) async fn listen(changes: &Changes, subscription: SubscriptionContext) {
    let mut receiver = changes.listen();
    let accepted = subscription.accepted().clone();
    let sink = subscription.sink();
    loop {
        let changes = tokio::select! {
            () = subscription.cancelled() => return,
            changes = next(&mut receiver) => changes,
        };
        for change in changes.into_iter().flatten() {
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
