//! One request: its checks, in order, and its action.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::json;
use tokio::{sync::Semaphore, time::sleep};

use crate::{
    Action, ControlError, bearer,
    hosts::Hosts,
    ledger::Ledger,
    listener::FailureLog,
    response::{Answer, Refusal, value},
    secret::AdminSecret,
};

/// The largest body, in bytes: an action has two names of 2048 bytes.
const LARGEST_BODY: usize = 16 * 1024;

const ACTIONS: &str = "/v1/actions";
const STATE: &str = "/v1/state";

/// What every request needs.
pub(crate) struct Shared {
    pub(crate) hosts: Hosts,
    pub(crate) secret: AdminSecret,
    pub(crate) ledger: Arc<Ledger>,
    /// How many answers to wrong secrets are delayed at the same time.
    pub(crate) pauses: Semaphore,
    pub(crate) failure_pause: Duration,
    pub(crate) failures: FailureLog,
}

impl Shared {
    /// Answers a request.
    pub(crate) async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Answer {
        let answered = self.checked(request, peer).await;
        answered.unwrap_or_else(Refusal::into_answer)
    }

    async fn checked(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Result<Answer, Refusal> {
        let (parts, body) = request.into_parts();
        if !self.hosts.accept(&parts.uri, &parts.headers) {
            self.failures.note(peer, "a foreign Host");
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "forbidden",
                "the Host is not a name of this listener",
            ));
        }
        // No page may use this listener, not even a page of this machine (CSRF).
        if parts.headers.contains_key(header::ORIGIN) {
            self.failures.note(peer, "an Origin");
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "forbidden",
                "requests of web pages are refused",
            ));
        }
        self.authenticate(bearer::secret(&parts.headers), peer)
            .await?;
        let path = (parts.uri.path(), parts.uri.query());
        match (path, parts.method) {
            ((STATE, None), Method::GET) => Ok(value(StatusCode::OK, &self.ledger.state())),
            ((ACTIONS, None), Method::POST) => {
                check_media_type(&parts.headers)?;
                let action = read(body).await?;
                let applied = self.apply(action, peer).await;
                let changed = applied.map_err(|refused| refusal(&refused))?;
                Ok(value(StatusCode::OK, &json!({"changed": changed})))
            }
            ((STATE | ACTIONS, None), _) => Err(Refusal::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "invalid_request",
                "the method is not allowed",
            )),
            _ => Err(Refusal::new(
                StatusCode::NOT_FOUND,
                "not_found",
                "there is POST /v1/actions and GET /v1/state",
            )),
        }
    }

    /// Applies an action to its end, even if its client disconnects.
    async fn apply(&self, action: Action, peer: SocketAddr) -> Result<bool, ControlError> {
        let ledger = Arc::clone(&self.ledger);
        let applying = async move {
            let applied = ledger.apply(&action, peer).await;
            if let Ok(changed) = applied {
                tracing::warn!(target: "toolgate::admin", action = action.as_str(), changed, %peer, "the operator has acted");
            }
            applied
        };
        let applied = tokio::spawn(applying).await;
        applied.unwrap_or_else(|_| Err(ControlError::Unavailable("the action failed".to_owned())))
    }

    /// Compares the secret. Delays the answer to a wrong one, unless too many others are delayed.
    async fn authenticate(&self, sent: Option<&[u8]>, peer: SocketAddr) -> Result<(), Refusal> {
        if sent.is_some_and(|sent| self.secret.is(sent)) {
            return Ok(());
        }
        self.failures.note(peer, "a wrong secret");
        if let Ok(pause) = self.pauses.try_acquire() {
            sleep(self.failure_pause).await;
            drop(pause);
        }
        Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            "invalid_token",
            "the secret is missing or wrong",
        ))
    }
}

/// A form of a page can send other media types without a preflight.
fn check_media_type(headers: &http::HeaderMap) -> Result<(), Refusal> {
    let value = headers.get(header::CONTENT_TYPE);
    let essence = value.and_then(|value| value.to_str().ok()?.split(';').next());
    let is_json = essence.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    match is_json {
        true => Ok(()),
        false => Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "invalid_request",
            "send application/json",
        )),
    }
}

async fn read(body: Incoming) -> Result<Action, Refusal> {
    let collected = Limited::new(body, LARGEST_BODY).collect().await;
    let bytes = collected.map_err(|_| {
        Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "invalid_request",
            "the body has more than 16 KiB, or ends too early",
        )
    })?;
    Action::parse(&bytes.to_bytes()).map_err(|problem| {
        Refusal::new(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            problem.to_string(),
        )
    })
}

fn refusal(refused: &ControlError) -> Refusal {
    let (status, code) = match refused {
        ControlError::Unknown(_) => (StatusCode::NOT_FOUND, "not_found"),
        ControlError::NotOwn => (StatusCode::CONFLICT, "not_own"),
        ControlError::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    Refusal::new(status, code, refused.to_string())
}
