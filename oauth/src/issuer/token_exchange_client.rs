//! Exchanges a caller's token for an upstream's token at an issuer (RFC 8693): one request,
//! one answer, within limits.
//!
//! The answer is accepted only if it matches the request: an access token (§2.2.1) of type
//! Bearer, different from the caller's token, with every scope that a tool requires.

use std::time::Duration;

use reqwest::header::HeaderValue;
use serde_json::Value;
use tokio::{sync::Semaphore, time::timeout};
use url::form_urlencoded::Serializer;

use super::{
    Upstream, bearer_answer::BearerAnswer, client_authentication::Client,
    discovery::MissingMetadata, endpoint_resolver::EndpointResolver, http_fetcher::FetchError,
};
use crate::{claims::Claims, clock::UnixTime, credentials::BearerToken, start_error::SetupErrors};

mod error;

pub use error::{ExchangeError, ExchangeErrorKind};

use ExchangeErrorKind::{Misconfigured, NeedsConsent, Unavailable, Unusable};

/// The grant type and the token type (RFC 8693 §2.1 and §3).
const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// The maximum number of concurrent requests, and how long a request may wait for its turn.
const AT_ONCE: usize = 32;
const TURN: Duration = Duration::from_secs(5);

/// Exchanges tokens at one issuer for one upstream.
pub struct TokenExchangeClient {
    endpoint: EndpointResolver,
    client: Client,
    client_id: String,
    /// `resource`, `audience` and `scope`, as in each form.
    wanted: Vec<(&'static str, String)>,
    scopes: Vec<String>,
    turns: Semaphore,
    issuer: String,
}

/// A token for the upstream.
pub struct Exchanged {
    /// The token.
    pub token: BearerToken,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// The lifetime (`expires_in`), if the issuer states it.
    pub lasts: Option<Duration>,
}

impl TokenExchangeClient {
    /// Builds the client of this upstream, or adds the errors in its settings.
    pub fn new(upstream: &Upstream, errors: &mut SetupErrors) -> Option<Self> {
        for (reason, fix) in upstream.errors() {
            errors.add(format!("a token exchange is misconfigured: {reason}"), fix);
        }
        let endpoint = EndpointResolver::new(
            &upstream.issuer,
            "token_endpoint",
            upstream.endpoint.as_deref(),
            &upstream.client,
        );
        let (endpoint, client) = match endpoint {
            Ok(endpoint) => endpoint,
            Err((reason, fix)) => {
                let named = upstream.issuer.name();
                errors.add(
                    format!(
                        "the token exchange at the issuer {named:?} is misconfigured: {reason}"
                    ),
                    fix,
                );
                return None;
            }
        };
        let resources = upstream
            .resources
            .iter()
            .map(|uri| ("resource", uri.clone()));
        let audiences = upstream
            .audiences
            .iter()
            .map(|name| ("audience", name.clone()));
        let scope = (!upstream.scopes.is_empty()).then(|| ("scope", upstream.scopes.join(" ")));
        Some(Self {
            endpoint,
            client,
            client_id: upstream.client.client_id().to_owned(),
            wanted: resources.chain(audiences).chain(scope).collect(),
            scopes: upstream.scopes.clone(),
            turns: Semaphore::new(AT_ONCE),
            issuer: upstream.issuer.name().to_owned(),
        })
    }

    /// The URL of the issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Sends a caller's token to the issuer and returns a token for the upstream. `traceparent`
    /// goes with the request (W3C Trace Context).
    pub async fn exchange(
        &self,
        subject: &BearerToken,
        now: UnixTime,
        traceparent: Option<&str>,
    ) -> Result<Exchanged, ExchangeError> {
        let url = self.endpoint.locate().await.map_err(missing_endpoint)?;
        let _turn = match timeout(TURN, self.turns.acquire()).await {
            Ok(turn) => turn,
            Err(_) => {
                return Err(ExchangeError::new(
                    Unavailable,
                    "too many exchanges are in progress",
                ));
            }
        };
        let (form, authorization) = self
            .form(subject, now)
            .map_err(|reason| ExchangeError::new(Misconfigured, reason))?;
        let fetcher = self.endpoint.fetcher();
        let exchanged = fetcher.post_in_trace(&url, form, authorization, traceparent);
        match exchanged.await {
            Ok((200, body)) => self.parse_response(&body, subject),
            Ok((status, body)) => Err(error::refused(status, &body)),
            Err(error) => {
                self.endpoint.forget_if_old();
                Err(fetch_error(error))
            }
        }
    }

    /// Returns whether this server may act for the subject of a caller's token (RFC 8693 §4.4): if
    /// the token has no `may_act`, or if `may_act` names this server's client. The issuer checks
    /// the same; a token that it would refuse is not sent.
    pub fn may_act(&self, claims: &Claims) -> bool {
        let Some(may_act) = claims.get("may_act") else {
            return true;
        };
        let issuer = may_act.get("iss");
        may_act.get("sub").and_then(Value::as_str) == Some(&*self.client_id)
            && issuer.is_none_or(|iss| iss.as_str() == Some(claims.issuer()))
    }

    /// Builds the form of RFC 8693 §2.1, with the credentials in it or in the returned
    /// header.
    fn form(
        &self,
        subject: &BearerToken,
        now: UnixTime,
    ) -> Result<(String, Option<HeaderValue>), &'static str> {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", GRANT);
        form.append_pair("subject_token", subject.as_str());
        form.append_pair("subject_token_type", ACCESS_TOKEN);
        form.append_pair("requested_token_type", ACCESS_TOKEN);
        form.extend_pairs(&self.wanted);
        let authorization = self.client.authenticate(&mut form, now)?;
        Ok((form.finish(), authorization))
    }

    /// Reads the answer of RFC 8693 §2.2.1.
    fn parse_response(
        &self,
        body: &[u8],
        subject: &BearerToken,
    ) -> Result<Exchanged, ExchangeError> {
        let unusable = |reason: &str| ExchangeError::new(Unusable, reason);
        let answer = BearerAnswer::read(body).map_err(unusable)?;
        let issued = answer.member("issued_token_type").and_then(Value::as_str);
        if issued != Some(ACCESS_TOKEN) {
            return Err(unusable("its issued_token_type is not an access token"));
        }
        // An issuer that returns the same token would make this server forward the caller's
        // own.
        if answer.token.as_str() == subject.as_str() {
            return Err(unusable("it returned the caller's own token"));
        }
        let lasts = match answer.member("expires_in") {
            None => None,
            Some(seconds) => {
                Some(Duration::from_secs(seconds.as_u64().ok_or_else(|| {
                    unusable("its expires_in is not a number of seconds")
                })?))
            }
        };
        // RFC 6749 §5.1: an absent scope means the requested one.
        let scopes = match answer.member("scope") {
            None => self.scopes.clone(),
            Some(Value::String(scopes)) => {
                let scopes = scopes.split(' ').filter(|scope| !scope.is_empty());
                scopes.map(str::to_owned).collect()
            }
            Some(_) => return Err(unusable("its scope is not a string")),
        };
        match self.scopes.iter().find(|scope| !scopes.contains(scope)) {
            None => Ok(Exchanged {
                token: answer.token,
                scopes,
                lasts,
            }),
            Some(missing) => Err(ExchangeError::new(
                NeedsConsent,
                format!("the issuer did not grant the scope {missing}"),
            )),
        }
    }
}

fn missing_endpoint(absent: MissingMetadata) -> ExchangeError {
    let kind = match absent.not_offered {
        true => Misconfigured,
        false => Unavailable,
    };
    ExchangeError::new(kind, absent.reason)
}

fn fetch_error(error: FetchError) -> ExchangeError {
    let kind = match error {
        FetchError::Status(429 | 500..) => Unavailable,
        FetchError::Timeout
        | FetchError::UnknownName
        | FetchError::Certificate(_)
        | FetchError::NoConnection(_)
        | FetchError::Broken => Unavailable,
        FetchError::TooLarge | FetchError::NotJson => Unusable,
        FetchError::Status(_) | FetchError::Forbidden(_) | FetchError::NoClient => Misconfigured,
    };
    ExchangeError::new(kind, error.to_string())
}
