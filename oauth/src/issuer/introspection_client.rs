//! Introspects tokens at an issuer (RFC 7662): one request, one answer, within limits.
//!
//! The claims in the answer are not validated here.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use reqwest::header::HeaderValue;
use serde_json::{Map, Number, Value};
use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};
use url::form_urlencoded::Serializer;

use super::{
    Issuer, client_authentication::Client, endpoint_resolver::EndpointResolver,
    http_fetcher::FetchError, introspection_settings::IntrospectionDialect,
};
use crate::{
    clock::UnixTime, credentials::BearerToken, json, log_text::Truncated, start_error::SetupErrors,
};

/// The maximum number of concurrent requests, so that a flood of invented tokens does not
/// flood the issuer.
const AT_ONCE: usize = 32;

/// How long a request may wait for its turn.
const TURN: Duration = Duration::from_secs(5);

/// When a client may retry after a failure.
const AGAIN: Duration = Duration::from_secs(2);

/// The pauses between attempts to discover the endpoint.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// Introspects tokens at one issuer.
pub(crate) struct IntrospectionClient {
    issuer: String,
    endpoint: EndpointResolver,
    client: Client,
    dialect: IntrospectionDialect,
    optional: bool,
    turns: Semaphore,
}

/// The reason why a token was not confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IntrospectionError {
    /// The issuer answered that the token is not active (RFC 7662 §2.2), without a reason.
    Inactive,
    /// The issuer has no introspection endpoint, and introspection is optional.
    NotOffered,
    /// Introspection failed.
    Unavailable {
        /// The cause, for the log.
        reason: String,
        /// When to try again.
        retry_after: Duration,
    },
}

impl IntrospectionClient {
    /// Builds the client of this issuer, if introspection is configured, or adds the error in
    /// the settings.
    pub(crate) fn new(issuer: &Issuer, errors: &mut SetupErrors) -> Option<Arc<Self>> {
        let introspection = issuer.introspection()?;
        let endpoint = EndpointResolver::new(
            issuer,
            "introspection_endpoint",
            introspection.endpoint(),
            introspection.client(),
        );
        let (endpoint, client) = match endpoint {
            Ok(endpoint) => endpoint,
            Err((reason, fix)) => {
                let named = issuer.name();
                errors.add(
                    format!("the introspection at the issuer {named:?} is misconfigured: {reason}"),
                    fix,
                );
                return None;
            }
        };
        Some(Arc::new(Self {
            issuer: issuer.name().to_owned(),
            endpoint,
            client,
            dialect: introspection.dialect(),
            optional: introspection.is_optional(),
            turns: Semaphore::new(AT_ONCE),
        }))
    }

    /// Returns the issuer's claims about an active token.
    ///
    /// # Errors
    ///
    /// [`IntrospectionError`] if the token is not active, or the issuer gave no usable answer.
    pub(crate) async fn introspect(
        &self,
        token: &BearerToken,
        now: UnixTime,
    ) -> Result<Map<String, Value>, IntrospectionError> {
        let url = match self.endpoint.locate().await {
            Ok(url) => url,
            Err(absent) if absent.not_offered && self.optional => {
                return Err(IntrospectionError::NotOffered);
            }
            Err(absent) => return Err(self.unavailable(&absent.reason)),
        };
        let _turn = match timeout(TURN, self.turns.acquire()).await {
            Ok(turn) => turn,
            Err(_) => return Err(self.unavailable("too many introspections are in progress")),
        };
        let (form, authorization) = self
            .form(token, now)
            .map_err(|reason| self.unavailable(reason))?;
        match self
            .endpoint
            .fetcher()
            .post(&url, form, authorization)
            .await
        {
            Ok(body) => self.parse_response(&body),
            Err(FetchError::Status(400)) if self.dialect == IntrospectionDialect::TokenInfo => {
                Err(IntrospectionError::Inactive)
            }
            Err(error) => {
                self.endpoint.forget_if_old();
                let hint = match error {
                    FetchError::Status(401 | 403) => ": it refuses this server's credentials",
                    _ => "",
                };
                Err(self.unavailable(&format!("{error}{hint}")))
            }
        }
    }

    /// Builds the form of RFC 7662 §2.1, with the credentials in it or in the returned
    /// header.
    fn form(
        &self,
        token: &BearerToken,
        now: UnixTime,
    ) -> Result<(String, Option<HeaderValue>), &'static str> {
        let mut form = Serializer::new(String::new());
        match self.dialect {
            IntrospectionDialect::Standard => {
                form.append_pair("token", token.as_str());
                form.append_pair("token_type_hint", "access_token");
            }
            IntrospectionDialect::TokenInfo => {
                form.append_pair("access_token", token.as_str());
            }
        }
        let authorization = self.client.authenticate(&mut form, now)?;
        Ok((form.finish(), authorization))
    }

    /// RFC 7662 §2.2: `active` is a required Boolean. An answer without it is an error.
    fn parse_response(&self, body: &[u8]) -> Result<Map<String, Value>, IntrospectionError> {
        let strict = json::strict_object(body);
        let mut members = strict
            .map_err(|_| self.unavailable("its answer is not a JSON object with each name once"))?;
        if self.dialect == IntrospectionDialect::TokenInfo {
            parse_number(&mut members, "exp");
            return Ok(members);
        }
        match members.get("active") {
            Some(Value::Bool(true)) => Ok(members),
            Some(Value::Bool(false)) => Err(IntrospectionError::Inactive),
            _ => Err(self.unavailable("its answer has no Boolean active")),
        }
    }

    fn unavailable(&self, reason: &str) -> IntrospectionError {
        let issuer = Truncated(&self.issuer, 256);
        // At debug level, so that a flood of tokens does not flood the log: the caller logs
        // each token once.
        tracing::debug!(%issuer, reason, "a token cannot be introspected at the issuer");
        IntrospectionError::Unavailable {
            reason: reason.to_owned(),
            retry_after: AGAIN,
        }
    }

    /// Returns why introspection is unavailable, or `None` if it is available.
    pub(crate) fn readiness_error(&self) -> Option<String> {
        let absent = self.endpoint.missing()?;
        if absent.not_offered && self.optional {
            return None;
        }
        let issuer = Truncated(&self.issuer, 256);
        Some(format!(
            "the introspection at {issuer} is unavailable: {}",
            absent.reason
        ))
    }

    /// Discovers the endpoint with retries, for as long as the introspector is in use.
    pub(crate) async fn discover_endpoint(introspector: Weak<Self>) {
        let mut pause = SHORTEST;
        loop {
            let Some(introspector) = introspector.upgrade() else {
                return;
            };
            match introspector.endpoint.locate().await {
                Ok(_) => return,
                Err(absent) if absent.not_offered && introspector.optional => return,
                Err(absent) => tracing::warn!(
                    issuer = %Truncated(&introspector.issuer, 256),
                    error = %Truncated(&absent.reason, 1024),
                    again_in_seconds = pause.as_secs(),
                    "the issuer's introspection endpoint is not known"
                ),
            }
            drop(introspector);
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST);
        }
    }
}

/// Converts a number that is written as a string.
fn parse_number(members: &mut Map<String, Value>, name: &str) {
    let seconds = members.get(name).and_then(Value::as_str);
    if let Some(seconds) = seconds.and_then(|text| text.parse::<u64>().ok()) {
        members.insert(name.to_owned(), Value::Number(Number::from(seconds)));
    }
}
