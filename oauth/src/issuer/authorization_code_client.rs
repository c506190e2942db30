//! Signs a user in at an issuer: the authorization code grant with PKCE (RFC 6749 §4.1, RFC 7636),
//! within limits.
//!
//! The browser carries only the code. This server redeems it with a verifier that never leaves the
//! server, so the issuer refuses a code of another sign-in.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use reqwest::header::HeaderValue;
use serde_json::{Map, Value};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout},
};
use url::{Url, form_urlencoded::Serializer};

use super::{
    Issuer,
    bearer_answer::{BearerAnswer, LONGEST},
    discovery,
    http_fetcher::HttpFetcher,
};
use crate::{clock::UnixTime, credentials::BearerToken, single_flight::SingleFlight};

mod endpoints;
mod error;
mod registration;

pub use error::AuthorizationCodeError;
pub use registration::ClientRegistration;

use {endpoints::Endpoints, registration::RegisteredClient};

/// The time limit of discovery and registration together.
const PREPARATION: Duration = Duration::from_secs(12);

/// How long the metadata and a registration are used.
const LIFE: Duration = Duration::from_secs(12 * 60 * 60);

/// The pause after a preparation that failed.
const PAUSE: Duration = Duration::from_secs(2);

/// The minimum age of a preparation before a refusal starts a new one.
const SETTLED: Duration = Duration::from_secs(60);

/// The maximum number of concurrent requests, and how long a request may wait for its turn.
const CONCURRENT: usize = 32;
const TURN: Duration = Duration::from_secs(5);

/// This server as an OAuth client of one issuer, for the sign-in of a user.
pub struct AuthorizationCodeClient {
    issuer: Url,
    name: String,
    spellings: Vec<String>,
    scope_prefix: String,
    resource: String,
    registration: ClientRegistration,
    configured: Option<Arc<RegisteredClient>>,
    fetcher: HttpFetcher,
    preparations: SingleFlight<(), Result<Arc<Prepared>, AuthorizationCodeError>>,
    state: Mutex<Option<Preparation>>,
    turns: Semaphore,
    requires_issuer: bool,
}

/// The endpoints of the issuer, and the client of this server there.
struct Prepared {
    endpoints: Endpoints,
    client: Arc<RegisteredClient>,
}

struct Preparation {
    result: Result<Arc<Prepared>, AuthorizationCodeError>,
    since: Instant,
}

/// The client that requested a code. Only this client can redeem it (RFC 6749 §4.1.3), so a sign-in
/// keeps its client even if this server registers another one.
#[derive(Clone)]
pub struct RequestingClient(Arc<Prepared>);

/// The address at which a user signs in, and the client that sends the user there.
#[derive(Debug, Clone)]
pub struct Authorization {
    /// The URL for the browser (RFC 6749 §4.1.1).
    pub url: String,
    /// The client that requests the code.
    pub client: RequestingClient,
}

/// The values that one sign-in sends to the issuer.
#[derive(Debug, Clone, Copy)]
pub struct AuthorizationRequest<'r> {
    /// The random text that binds the response to the browser (`state`).
    pub state: &'r str,
    /// The hash of the verifier (`code_challenge`, method `S256`).
    pub code_challenge: &'r str,
    /// The scopes, by their names at this server.
    pub scopes: &'r [String],
}

impl AuthorizationCodeClient {
    /// Builds the client of this issuer for tokens of `resource`.
    ///
    /// # Errors
    ///
    /// The error in the settings, and its fix.
    pub fn new(
        issuer: &Issuer,
        resource: impl Into<String>,
        registration: ClientRegistration,
    ) -> Result<Self, (&'static str, &'static str)> {
        let (url, egress) = issuer.url_or_fix()?;
        let configured = registration.configured_client(issuer.name())?;
        Ok(Self {
            issuer: url,
            name: issuer.name().to_owned(),
            spellings: issuer.spellings().map(str::to_owned).collect(),
            scope_prefix: issuer.scope_prefix().to_owned(),
            resource: resource.into(),
            registration,
            configured: configured.map(Arc::new),
            fetcher: HttpFetcher::new(egress),
            preparations: SingleFlight::default(),
            state: Mutex::default(),
            turns: Semaphore::new(CONCURRENT),
            requires_issuer: false,
        })
    }

    /// Refuses responses without `iss`, for a server that trusts several issuers: all of them send
    /// the browser to the same address, so only `iss` identifies the issuer (mix-up, RFC 9700
    /// §4.4.2).
    #[must_use]
    pub fn requiring_issuer(mut self) -> Self {
        self.requires_issuer = true;
        self
    }

    /// Returns whether `iss` names this issuer, compared character by character.
    pub fn is_spelled(&self, iss: &str) -> bool {
        self.spellings.iter().any(|spelling| spelling == iss)
    }

    /// Returns the address at which the user signs in.
    ///
    /// # Errors
    ///
    /// If the endpoints of the issuer are not known, or if this server has no client there.
    pub async fn authorization(
        &self,
        request: &AuthorizationRequest<'_>,
    ) -> Result<Authorization, AuthorizationCodeError> {
        let prepared = self.prepared().await?;
        let mut url = prepared.endpoints.authorization.clone();
        let scopes = request.scopes.iter();
        let scopes: Vec<_> = scopes
            .map(|scope| format!("{}{scope}", self.scope_prefix))
            .collect();
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &prepared.client.id)
            .append_pair("redirect_uri", &self.registration.redirect_uri)
            .append_pair("state", request.state)
            .append_pair("code_challenge", request.code_challenge)
            .append_pair("code_challenge_method", "S256")
            // RFC 8707 §2.1: the token is for this server alone.
            .append_pair("resource", &self.resource);
        // RFC 6749 §3.3: an omitted scope is the issuer's default, an empty one is an error.
        if !scopes.is_empty() {
            query.append_pair("scope", &scopes.join(" "));
        }
        drop(query);
        Ok(Authorization {
            url: url.into(),
            client: RequestingClient(prepared),
        })
    }

    /// Returns whether a response with this `iss` is from this issuer. An issuer that promises
    /// the parameter must send it (RFC 9207 §2.4): otherwise another issuer could pass on its code
    /// (mix-up, RFC 9700 §4.4).
    ///
    /// # Errors
    ///
    /// If the endpoints of the issuer are not known.
    pub async fn accepts_response_of(
        &self,
        iss: Option<&str>,
    ) -> Result<bool, AuthorizationCodeError> {
        match iss {
            Some(iss) => Ok(self.is_spelled(iss)),
            None if self.requires_issuer => Ok(false),
            None => Ok(!self.prepared().await?.endpoints.sends_issuer),
        }
    }

    /// Redeems a code for an access token (RFC 6749 §4.1.3), as the client that requested it. The
    /// token is not verified here.
    ///
    /// # Errors
    ///
    /// If the issuer cannot be asked, refuses the code, or does not answer with a bearer token.
    pub async fn redeem(
        &self,
        code: &str,
        code_verifier: &str,
        client: &RequestingClient,
        now: UnixTime,
    ) -> Result<BearerToken, AuthorizationCodeError> {
        if code.len() > LONGEST {
            return Err(AuthorizationCodeError::new("the code is too long"));
        }
        let prepared = &client.0;
        let _turn = match timeout(TURN, self.turns.acquire()).await {
            Ok(turn) => turn,
            Err(_) => {
                return Err(AuthorizationCodeError::new(
                    "too many sign-ins are in progress",
                ));
            }
        };
        let (form, authorization) = self
            .form(&prepared.client, [code, code_verifier], now)
            .map_err(AuthorizationCodeError::new)?;
        let url = &prepared.endpoints.token;
        let answer = self.fetcher.post_for_either(url, form, authorization).await;
        match answer {
            Ok((200, body)) => {
                let answer = BearerAnswer::read(&body).map_err(AuthorizationCodeError::new)?;
                Ok(answer.token)
            }
            Ok((status, body)) => {
                let error = AuthorizationCodeError::answered(status, &body);
                if error.is_unknown_client() {
                    self.forget_if_old(prepared);
                }
                Err(error)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Builds the form of RFC 6749 §4.1.3, with the credentials in it or in the returned header.
    fn form(
        &self,
        client: &RegisteredClient,
        [code, code_verifier]: [&str; 2],
        now: UnixTime,
    ) -> Result<(String, Option<HeaderValue>), &'static str> {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.registration.redirect_uri)
            .append_pair("code_verifier", code_verifier)
            .append_pair("resource", &self.resource);
        let authorization = client.authenticate(&mut form, now)?;
        Ok((form.finish(), authorization))
    }

    /// Returns the endpoints and the client, and prepares them once for all waiting callers.
    async fn prepared(&self) -> Result<Arc<Prepared>, AuthorizationCodeError> {
        let preparation = async {
            let result = match timeout(PREPARATION, self.prepare()).await {
                Ok(result) => result,
                Err(_) => Err(AuthorizationCodeError::new("no complete answer in time")),
            };
            *self.state() = Some(Preparation {
                result: result.clone(),
                since: Instant::now(),
            });
            result
        };
        self.preparations
            .known_or_run((), || self.known(), preparation)
            .await
    }

    async fn prepare(&self) -> Result<Arc<Prepared>, AuthorizationCodeError> {
        let accepts = |issuer: &str| self.is_spelled(issuer);
        let read = |members: &Map<String, Value>| Endpoints::read(members);
        let what = "authorization_endpoint and token_endpoint";
        let endpoints = discovery::find(what, &self.fetcher, &self.issuer, accepts, read).await?;
        endpoints.check(&self.issuer, self.fetcher.egress())?;
        let client = match &self.configured {
            Some(client) => Arc::clone(client),
            None => {
                let place = endpoints.registration.as_ref();
                let registered = self.registration.register(place, &self.fetcher, &self.name);
                Arc::new(registered.await?)
            }
        };
        Ok(Arc::new(Prepared { endpoints, client }))
    }

    fn known(&self) -> Option<Result<Arc<Prepared>, AuthorizationCodeError>> {
        let state = self.state();
        let preparation = state.as_ref()?;
        let life = match &preparation.result {
            Ok(_) => LIFE,
            Err(_) => PAUSE,
        };
        (preparation.since.elapsed() < life).then(|| preparation.result.clone())
    }

    /// Forgets a preparation that is not new, and whose client the issuer has refused. A caller can
    /// cause any other error with a code of their own, and each new client would make the issuer
    /// refuse the sign-ins of other users (CWE-400).
    fn forget_if_old(&self, refused: &Arc<Prepared>) {
        self.state().take_if(|preparation| {
            let current = preparation.result.as_ref();
            current.is_ok_and(|current| Arc::ptr_eq(current, refused))
                && preparation.since.elapsed() >= SETTLED
        });
    }

    fn state(&self) -> MutexGuard<'_, Option<Preparation>> {
        // The state is consistent at all times, so a poisoned lock is safe.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RequestingClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequestingClient")
            .field(&self.0.client.id)
            .finish()
    }
}

impl fmt::Debug for AuthorizationCodeClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationCodeClient")
            .field("issuer", &self.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
