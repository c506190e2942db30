//! The kill switches of the operator, at an address of their own.

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};
use tokio_util::sync::{CancellationToken, DropGuard};
use toolgate_admin::{
    Action, AdminEvent, AdminSecret, AdminSettings, ControlError, Controls, ItemKind, ItemName,
    Revoked, listen,
};
use toolgate_store::{RevocationError, Revocations, Revoked as RevokedTokens};

use crate::{
    clock::Clock,
    error::SetupErrors,
    observer::{Observer, OperatorEvent},
    prompt::PromptKind,
    resource::ResourceKind,
    tool::ToolKind,
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
        changes: Option<&Changes>,
        faults: &mut SetupErrors,
    ) -> Option<Self> {
        let settings = plan.settings.admin();
        let (address, changes) = (settings.bind?, changes?.clone());
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
            changes,
            revocations: plan.revocations.clone(),
            issuers: plan.issuing.accepted(),
            observer: plan.observer.clone(),
            clock: Arc::clone(&plan.clock),
        });
        let hosts = settings.remote_hosts.clone();
        let settings = AdminSettings::new(secret).with_hosts(hosts);
        let stop = CancellationToken::new();
        runtime.spawn(listen(listener, settings, controls, stop.clone()).boxed());
        tracing::info!(%address, "the operator's listener is served");
        Some(Self {
            _stop: stop.drop_guard(),
        })
    }
}

/// What the listener acts on.
struct ServerControls {
    changes: Changes,
    revocations: Revocations,
    /// The issuers whose tokens are accepted.
    issuers: Vec<String>,
    observer: Option<Arc<dyn Observer>>,
    clock: Arc<dyn Clock>,
}

impl Controls for ServerControls {
    fn switch(&self, item: &ItemName, is_on: bool) -> Result<bool, ControlError> {
        let name = &item.name;
        let switched = match item.kind {
            ItemKind::Tool => self.changes.operator_switches::<ToolKind>(name, is_on),
            ItemKind::Prompt => self.changes.operator_switches::<PromptKind>(name, is_on),
            ItemKind::Resource => self.changes.operator_switches::<ResourceKind>(name, is_on),
        };
        switched.map_err(|error| ControlError::Unknown(error.to_string()))
    }

    fn revoked_for(&self, revoked: &Revoked) -> Option<Option<u64>> {
        let revoked = of_store(revoked);
        let all = self.revocations.list();
        let found = all.iter().find(|one| one.revoked == revoked)?;
        Some(found.until.map(|until| until.since(self.clock.now())))
    }

    fn revoke<'a>(
        &'a self,
        revoked: &'a Revoked,
        seconds: Option<u64>,
    ) -> BoxFuture<'a, Result<(), ControlError>> {
        async move {
            // A misspelled issuer would revoke nothing, and the operator would not notice.
            if !self.issuers.iter().any(|known| known == revoked.issuer()) {
                let text = "the server accepts no tokens of this issuer";
                return Err(ControlError::Unknown(text.to_owned()));
            }
            let until = seconds.map(|seconds| self.clock.now().plus(seconds));
            let done = self.revocations.revoke(of_store(revoked), until).await;
            done.map_err(unavailable)
        }
        .boxed()
    }

    fn lift<'a>(&'a self, revoked: &'a Revoked) -> BoxFuture<'a, Result<(), ControlError>> {
        async move {
            let done = self.revocations.lift(&of_store(revoked)).await;
            done.map(drop).map_err(unavailable)
        }
        .boxed()
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
                (kind, name, Some(revoked.issuer()), *seconds)
            }
            Action::Lift(revoked) => {
                let (kind, name) = revoked.kind_and_name();
                (kind, name, Some(revoked.issuer()), None)
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

fn of_store(revoked: &Revoked) -> RevokedTokens {
    match revoked {
        Revoked::Issuer { issuer } => RevokedTokens::issuer(issuer),
        Revoked::Subject { issuer, subject } => RevokedTokens::subject(issuer, subject),
        Revoked::Client { issuer, client } => RevokedTokens::client(issuer, client),
        Revoked::Token { issuer, jti } => RevokedTokens::token(issuer, jti),
    }
}

fn unavailable(error: RevocationError) -> ControlError {
    ControlError::Unavailable(error.to_string())
}
