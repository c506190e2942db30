//! The kill switches of the operator, at an address of their own.

use std::sync::Arc;

use futures_util::FutureExt;
use tokio_util::sync::{CancellationToken, DropGuard};
use toolgate_admin::{
    Action, AdminEvent, AdminSecret, AdminSettings, ControlError, Controls, listen,
};
use toolgate_store::{ItemName, OperatorSwitches};

use crate::{
    clock::Clock,
    error::SetupErrors,
    observer::{Observer, OperatorEvent},
};

use super::super::{changes::Changes, gate_plan::GatePlan, private_socket};

/// Stops the listener when it is dropped.
pub(in crate::server) struct AdminListener {
    _stop: DropGuard,
}

impl AdminListener {
    /// Listens, if the settings name an address. Adds an error if that fails.
    pub(super) fn start(
        plan: &GatePlan,
        changes: &Changes,
        faults: &mut SetupErrors,
    ) -> Option<Self> {
        let settings = plan.settings.admin();
        let address = settings.bind?;
        let secret = AdminSecret::new(settings.secret.as_deref()?);
        let secret = secret
            .map_err(|error| {
                faults.add(
                    format!("the secret in the file of TOOLGATE_ADMIN_SECRET_FILE {error}"),
                    "write the output of `openssl rand -hex 32` into the file",
                );
            })
            .ok()?;
        let opened = private_socket::open(address);
        let (listener, runtime) = opened
            .map_err(|error| {
                faults.add(
                    format!("the operator's listener cannot be served at {address}: {error}"),
                    "set TOOLGATE_ADMIN_BIND to a free address of this machine, or remove it",
                );
            })
            .ok()?;
        let controls = Arc::new(ServerControls {
            changes: changes.clone(),
            issuers: plan.issuing.accepted(),
            observer: plan.observer.clone(),
            clock: Arc::clone(&plan.clock),
        });
        let hosts = settings.remote_hosts.clone();
        let settings = AdminSettings::new(secret).with_hosts(hosts);
        let stop = CancellationToken::new();
        let enabled_items = OperatorSwitches::new(&plan.revocations);
        let serving = listen(listener, settings, controls, enabled_items, stop.clone());
        runtime.spawn(serving.boxed());
        tracing::info!(%address, "the operator's listener is served");
        Some(Self {
            _stop: stop.drop_guard(),
        })
    }
}

/// What the listener acts on.
struct ServerControls {
    changes: Changes,
    /// The issuers whose tokens are accepted.
    issuers: Vec<String>,
    observer: Option<Arc<dyn Observer>>,
    clock: Arc<dyn Clock>,
}

impl Controls for ServerControls {
    fn check_item(&self, item: &ItemName) -> Result<(), ControlError> {
        let checked = self.changes.check(item);
        checked.map_err(|error| ControlError::Unknown(error.to_string()))
    }

    fn accepts_issuer(&self, issuer: &str) -> bool {
        self.issuers.iter().any(|known| known == issuer)
    }

    fn record(&self, event: &AdminEvent<'_>) -> Result<(), ControlError> {
        let Some(observer) = &self.observer else {
            return Ok(());
        };
        let (kind, name, issuer, seconds) = match event.action {
            Action::SwitchOff(item) | Action::SwitchOn(item) => {
                (item.kind.as_str(), &*item.name, None, None)
            }
            Action::Revoke { revoked, seconds } => {
                let (kind, name) = revoked.kind_and_name();
                (kind, name, Some(revoked.token_issuer()), *seconds)
            }
            Action::Lift(revoked) => {
                let (kind, name) = revoked.kind_and_name();
                (kind, name, Some(revoked.token_issuer()), None)
            }
        };
        let recorded = observer.operator_acts(&OperatorEvent {
            time: self.clock.now(),
            action: event.action.as_str(),
            kind,
            name,
            issuer,
            seconds,
            peer: event.peer,
        });
        recorded.map_err(|error| ControlError::Unavailable(error.to_string()))
    }
}
