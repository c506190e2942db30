//! [`Ledger`]: what a listener has set, and therefore may lift.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use serde::Serialize;
use tokio::{sync::Mutex, time::Instant};

use crate::{Action, AdminEvent, ControlError, Controls, ItemName, Revoked};

/// Applies actions one after the other.
pub(crate) struct Ledger {
    controls: Arc<dyn Controls>,
    own: Mutex<Own>,
}

/// What was set here.
#[derive(Default)]
struct Own {
    items: BTreeSet<ItemName>,
    /// When each ends, or `None` until it is lifted.
    revoked: BTreeMap<Revoked, Option<Instant>>,
}

/// Everything that a listener has set and not lifted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SwitchedOff {
    switched_off: Vec<ItemName>,
    revoked: Vec<RevokedEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct RevokedEntry {
    issuer: String,
    kind: &'static str,
    name: String,
    /// The seconds until it ends by itself.
    seconds: Option<u64>,
}

impl Ledger {
    pub(crate) fn new(controls: Arc<dyn Controls>) -> Self {
        Self {
            controls,
            own: Mutex::default(),
        }
    }

    /// Applies an action. Returns whether it has changed anything.
    pub(crate) async fn apply(
        &self,
        action: &Action,
        peer: SocketAddr,
    ) -> Result<bool, ControlError> {
        let mut own = self.own.lock().await;
        own.drop_ended();
        let recorded = self.controls.record(&AdminEvent { action, peer });
        match action {
            Action::SwitchOff(item) => {
                warn_unrecorded(&recorded);
                let is_changed = self.controls.switch(item, false)?;
                own.items.insert(item.clone());
                Ok(is_changed)
            }
            Action::SwitchOn(item) => {
                if !own.items.contains(item) {
                    return Err(ControlError::NotOwn);
                }
                recorded?;
                let is_changed = self.controls.switch(item, true)?;
                own.items.remove(item);
                Ok(is_changed)
            }
            Action::Revoke { revoked, seconds } => {
                warn_unrecorded(&recorded);
                // The revocation of the program, or of a listener of another process.
                let foreign = match own.revoked.contains_key(revoked) {
                    true => None,
                    false => self.controls.revoked_for(revoked),
                };
                if foreign.is_some_and(|left| !is_later(*seconds, left)) {
                    return Ok(false);
                }
                self.controls.revoke(revoked, *seconds).await?;
                // A lift would also end the foreign one, which is not up to this listener.
                if foreign.is_none() {
                    let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
                    let entry = own.revoked.entry(revoked.clone());
                    entry
                        .and_modify(|own| *own = own.and_then(|own| Some(own.max(end?))))
                        .or_insert(end);
                }
                Ok(true)
            }
            Action::Lift(revoked) => {
                if !own.revoked.contains_key(revoked) {
                    return Err(ControlError::NotOwn);
                }
                recorded?;
                self.controls.lift(revoked).await?;
                own.revoked.remove(revoked);
                Ok(true)
            }
        }
    }

    pub(crate) async fn state(&self) -> SwitchedOff {
        let mut own = self.own.lock().await;
        own.drop_ended();
        let now = Instant::now();
        let revoked = own.revoked.iter().map(|(revoked, end)| {
            let (kind, name) = revoked.kind_and_name();
            RevokedEntry {
                issuer: revoked.issuer().to_owned(),
                kind,
                name: name.to_owned(),
                seconds: end.map(|end| end.saturating_duration_since(now).as_secs()),
            }
        });
        SwitchedOff {
            revoked: revoked.collect(),
            switched_off: own.items.iter().cloned().collect(),
        }
    }
}

impl Own {
    fn drop_ended(&mut self) {
        let now = Instant::now();
        self.revoked
            .retain(|_, end| end.is_none_or(|end| end > now));
    }
}

/// Returns whether a revocation for these seconds ends later than one for `left`. `None` is until it
/// is lifted.
fn is_later(seconds: Option<u64>, left: Option<u64>) -> bool {
    left.is_some_and(|left| seconds.is_none_or(|seconds| seconds > left))
}

/// Switching off and revoking are urgent, so they take effect even if no record can be written.
fn warn_unrecorded(recorded: &Result<(), ControlError>) {
    if let Err(error) = recorded {
        tracing::error!(target: "toolgate::admin", %error, "an action of the operator has no record");
    }
}
