//! [`Ledger`]: applies the actions of the operator, and lists what is set.

use std::{net::SocketAddr, sync::Arc};

use serde::Serialize;
use toolgate_store::{ItemName, OperatorSwitches, RevocationError};

use crate::{Action, AdminEvent, ControlError, Controls};

/// Applies actions. What they set is in the list that all replicas share, so actions need no lock:
/// a slow store delays only the action that waits for it.
pub(crate) struct Ledger {
    controls: Arc<dyn Controls>,
    switches: OperatorSwitches,
}

/// Everything that the operator has set and not lifted.
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
    pub(crate) fn new(controls: Arc<dyn Controls>, switches: OperatorSwitches) -> Self {
        Self { controls, switches }
    }

    /// Applies an action. Returns whether it has changed anything.
    pub(crate) async fn apply(
        &self,
        action: &Action,
        peer: SocketAddr,
    ) -> Result<bool, ControlError> {
        let recorded = self.controls.record(&AdminEvent { action, peer });
        match action {
            Action::SwitchOff(item) => {
                warn_unrecorded(&recorded);
                self.controls.check_item(item)?;
                let switching = self.switches.switch(item, false);
                switching.await.map_err(unavailable)
            }
            Action::SwitchOn(item) => {
                recorded?;
                own(self.switches.switch(item, true).await)
            }
            Action::Revoke { revoked, seconds } => {
                warn_unrecorded(&recorded);
                // A misspelled issuer would revoke nothing, and the operator would not notice.
                if !self.controls.accepts_issuer(revoked.token_issuer()) {
                    let text = "the server accepts no tokens of this issuer";
                    return Err(ControlError::Unknown(text.to_owned()));
                }
                let revoking = self.switches.revoke(revoked, *seconds);
                revoking.await.map_err(unavailable)
            }
            Action::Lift(revoked) => {
                recorded?;
                own(self.switches.lift(revoked).await)
            }
        }
    }

    pub(crate) fn state(&self) -> SwitchedOff {
        let revoked = self.switches.revoked().into_iter();
        let revoked = revoked.map(|(revoked, seconds)| {
            let (kind, name) = revoked.kind_and_name();
            RevokedEntry {
                issuer: revoked.token_issuer().to_owned(),
                kind,
                name: name.to_owned(),
                seconds,
            }
        });
        SwitchedOff {
            revoked: revoked.collect(),
            switched_off: self.switches.switched_off(),
        }
    }
}

/// Returns the result of lifting something, or [`ControlError::NotOwn`] if the operator had not set
/// it: the operator cannot lift a revocation of the program, for example.
fn own(lifted: Result<bool, RevocationError>) -> Result<bool, ControlError> {
    match lifted.map_err(unavailable)? {
        true => Ok(true),
        false => Err(ControlError::NotOwn),
    }
}

fn unavailable(error: RevocationError) -> ControlError {
    ControlError::Unavailable(error.to_string())
}

/// Switching off and revoking are urgent, so they take effect even if no record can be written.
fn warn_unrecorded(recorded: &Result<(), ControlError>) {
    if let Err(error) = recorded {
        tracing::error!(target: "toolgate::admin", %error, "an action of the operator has no record");
    }
}
