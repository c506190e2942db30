//! [`Approvals`]: stores requests for approvals, and waits for decisions.

use std::{
    fmt,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use axum::Router;
use tokio::time::timeout;
use toolgate_core::{
    caller::Identity,
    clock::{Clock, UnixTime},
};
use toolgate_oauth::{issuer::AuthorizationCodeClient, verify::Authenticator};

use crate::{
    approval_store::{ApprovalStore, Begun, Decision, Found, LIFE, NewApproval, Page},
    html::Notice,
    notices::{BUSY, OTHER_BROWSER},
    pages, secret_text,
    sign_in::Redemption,
};

/// The settings of the approvals of one server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name of the server, which the pages show.
    pub server_name: String,
    /// The public origin of the server, such as `https://mcp.example.com`.
    pub origin: String,
    /// The public path of the pages, such as `/approvals`.
    pub path: String,
    /// The path at which requests for them arrive here.
    pub local_path: String,
    /// The scopes of a sign-in if the item requires no scope.
    pub login_scopes: Vec<String>,
    /// How long a request waits for a decision before its client is asked again.
    pub wait: Duration,
    /// How long a form may take to arrive.
    pub body_time: Duration,
}

impl Settings {
    /// Returns the URL to which an issuer sends the browser back.
    pub fn redirect_uri(&self) -> String {
        format!("{}{}/callback", self.origin, self.path)
    }
}

/// The pending approvals of one server.
pub struct Approvals {
    pub(crate) settings: Settings,
    pub(crate) clients: Vec<AuthorizationCodeClient>,
    clock: Arc<dyn Clock>,
    store: Mutex<ApprovalStore>,
    report: OnceLock<ReportDecision>,
}

/// Receives the decision of a user on a page: the id of the approval, the request, and whether the
/// user has approved it.
pub type ReportDecision = Box<dyn Fn(&str, &NewApproval, bool) + Send + Sync>;

impl Approvals {
    /// Creates the store. Users sign in at the issuers of `clients`. With several, each response
    /// has to name its issuer.
    pub fn new(
        settings: Settings,
        clients: Vec<AuthorizationCodeClient>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let clients = match clients.len() {
            0 | 1 => clients,
            _ => {
                let clients = clients.into_iter();
                clients.map(|one| one.requiring_issuer()).collect()
            }
        };
        Self {
            settings,
            clients,
            clock,
            store: Mutex::default(),
            report: OnceLock::new(),
        }
    }

    /// Reports each decision of a user on a page. Only the first function is used.
    pub fn report_decisions(&self, report: ReportDecision) {
        let _ = self.report.set(report);
    }

    pub(crate) fn report(&self, id: &str, request: &NewApproval, approves: bool) {
        if let Some(report) = self.report.get() {
            report(id, request, approves);
        }
    }

    /// Stores a request for an approval, and returns its page.
    ///
    /// # Errors
    ///
    /// The reason why it is not stored, for the client.
    pub fn submit(&self, mut request: NewApproval) -> Result<Page, &'static str> {
        if self.client(&request.issuer).is_none() {
            return Err("nobody can sign in at the issuer of this token, so nothing was done");
        }
        if request.scopes.is_empty() {
            request.scopes = self.settings.login_scopes.clone();
        }
        let id = secret_text::random::<16>();
        let id = id.map_err(|_| "the server has no random numbers, so nothing was done")?;
        self.store().insert(id.clone(), request, self.now())?;
        Ok(self.page(id, LIFE))
    }

    /// Returns the client at this issuer.
    pub(crate) fn client(&self, issuer: &str) -> Option<&AuthorizationCodeClient> {
        self.clients.iter().find(|client| client.is_spelled(issuer))
    }

    /// Waits a bounded time for the decision about an approval of this caller.
    pub async fn decision(&self, id: &str, caller: &Identity) -> Decision {
        let mut found = self.store().look_up(id, caller, self.now(), true);
        if let Found::Pending(_, Some(waiting)) = &mut found {
            let guard = WaitGuard(self, caller);
            // An error means that the approval was removed. The look-up below reports that.
            let _ = timeout(self.settings.wait, waiting.changed()).await;
            drop(guard);
            found = self.store().look_up(id, caller, self.now(), false);
        }
        match found {
            Found::Decided(true) => Decision::Approved,
            Found::Decided(false) => Decision::Declined,
            Found::Unknown => Decision::Unknown,
            Found::Pending(left, _) => Decision::Pending(self.page(id.to_owned(), left)),
        }
    }

    /// Waits until the user has decided about an approval of this caller, and leaves the decision in
    /// place. Never completes if the approval expires or is withdrawn. Returns `None` if this
    /// caller has no such approval.
    pub fn until_decided(
        &self,
        id: &str,
        caller: &Identity,
    ) -> Option<impl Future<Output = ()> + Send + use<>> {
        let mut store = self.store();
        let mut decision = store.of_caller(id, caller, self.now())?.subscribe();
        Some(async move {
            if decision.wait_for(Option::is_some).await.is_err() {
                pending::<()>().await;
            }
        })
    }

    /// Removes an approval of this caller.
    pub fn withdraw(&self, id: &str, caller: &Identity) {
        let mut store = self.store();
        if store.of_caller(id, caller, self.now()).is_some() {
            store.remove(id);
        }
    }

    /// Decides about the approval with this page in place of its caller, for a test of a server.
    /// Returns `false` if the approval belongs to another caller or was decided before. Requires
    /// the feature `testing`.
    #[cfg(feature = "testing")]
    pub fn decide_in_test(&self, url: &str, caller: &Identity, approves: bool) -> bool {
        let prefix = format!("{}{}/", self.settings.origin, self.settings.path);
        let now = self.now();
        url.strip_prefix(&prefix).is_some_and(|id| {
            let mut store = self.store();
            let approval = store.of_caller(id, caller, now);
            approval.is_some_and(|approval| approval.decide_in_test(approves))
        })
    }

    /// Returns the pages, at the paths of the settings. They verify the tokens of sign-ins like the
    /// tokens of requests.
    pub fn router(self: Arc<Self>, authenticator: Arc<Authenticator>) -> Router {
        pages::router(self, authenticator)
    }

    /// Returns the name of the cookie of an approval. On https its prefix makes a browser refuse the
    /// cookie of another host or of plain http (RFC 6265bis §4.1.3.2).
    pub(crate) fn cookie_name(&self, id: &str) -> String {
        let prefix = if self.is_secure() { "__Host-" } else { "" };
        format!("{prefix}toolgate-approval-{id}")
    }

    /// Returns the `Set-Cookie` header of an approval, which is valid until the approval expires.
    pub(crate) fn set_cookie(&self, id: &str, value: &str) -> String {
        let now = self.now();
        let left = self.store().get(id, now).map(|one| one.left(now));
        let seconds = left.unwrap_or_default().as_secs();
        let secure = if self.is_secure() { "; Secure" } else { "" };
        // Not `Strict`: the issuer sends the browser back, which is a navigation from another site.
        format!(
            "{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}",
            self.cookie_name(id)
        )
    }

    /// Whether the pages are on https.
    fn is_secure(&self) -> bool {
        self.settings.origin.starts_with("https://")
    }

    /// Returns the public path of the page of an approval.
    pub(crate) fn page_path(&self, id: &str) -> String {
        format!("{}/{id}", self.settings.path)
    }

    /// Takes the redemption for the code in the response of an issuer, and a turn of the caller.
    ///
    /// # Errors
    ///
    /// The notice that the page shows instead.
    pub(crate) fn begin_redemption(
        &self,
        id: &str,
        state: &str,
        cookie: &str,
    ) -> Result<(Redemption, String, RedemptionGuard<'_>), &'static Notice> {
        let now = self.now();
        match self.store().begin_redemption(id, state, cookie, now) {
            Begun::Redemption {
                redemption,
                caller,
                issuer,
            } => Ok((redemption, issuer, RedemptionGuard(self, caller))),
            Begun::Busy => Err(&BUSY),
            Begun::Refused => Err(&OTHER_BROWSER),
        }
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.clock.now()
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, ApprovalStore> {
        // The store is consistent at all times, so a poisoned lock is safe.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn page(&self, id: String, left: Duration) -> Page {
        Page {
            url: format!("{}{}", self.settings.origin, self.page_path(&id)),
            id,
            left,
        }
    }
}

impl fmt::Debug for Approvals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The approvals are the users' data.
        f.debug_struct("Approvals")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Ends the wait of a request, even if its client disconnects.
struct WaitGuard<'a>(&'a Approvals, &'a Identity);

impl Drop for WaitGuard<'_> {
    fn drop(&mut self) {
        self.0.store().waiters.release(self.1);
    }
}

/// Ends the redemption of a code, even if the browser disconnects.
pub(crate) struct RedemptionGuard<'a>(&'a Approvals, Identity);

impl Drop for RedemptionGuard<'_> {
    fn drop(&mut self) {
        self.0.store().redemptions.release(&self.1);
    }
}

#[cfg(test)]
mod tests;
