//! Asks an issuer about tokens (RFC 7662): one question, one answer, within limits.
//!
//! What the answer means for this server is not judged here.

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
    Capped, Issuer, client::Client, endpoint::Endpoint, fetch::FetchFault, introspection::Dialect,
};
use crate::{bearer::BearerToken, clock::UnixTime, error::Faults, json};

/// How many questions may be under way at once: a flood of invented tokens must not
/// become one at the issuer.
const AT_ONCE: usize = 32;

/// How long a question may wait for its turn.
const TURN: Duration = Duration::from_secs(5);

/// When it makes sense to come again after a failure.
const AGAIN: Duration = Duration::from_secs(2);

/// Pauses between attempts to find the endpoint.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// Asks one issuer.
pub(crate) struct Introspector {
    issuer: String,
    endpoint: Endpoint,
    client: Client,
    dialect: Dialect,
    optional: bool,
    turns: Semaphore,
}

/// Why nothing is known about a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// The issuer says that it is not good (RFC 7662 §2.2), and not why.
    Inactive,
    /// The issuer answers no questions, and need not.
    NotOffered,
    /// Nobody can tell now.
    Unavailable {
        reason: String,
        retry_after: Duration,
    },
}

impl Issuer {
    /// What asks this issuer, if it is to be asked; or what is wrong with its settings.
    pub(crate) fn introspector(&self, faults: &mut Faults) -> Option<Arc<Introspector>> {
        let introspection = self.introspection()?;
        let asked = self.asked(
            "introspection_endpoint",
            introspection.endpoint(),
            introspection.client(),
        );
        let (endpoint, client) = match asked {
            Ok(asked) => asked,
            Err((reason, remedy)) => {
                let named = self.name();
                faults.add(
                    format!("the issuer {named:?} cannot be asked about tokens: {reason}"),
                    remedy,
                );
                return None;
            }
        };
        Some(Arc::new(Introspector {
            issuer: self.name().to_owned(),
            endpoint,
            client,
            dialect: introspection.dialect(),
            optional: introspection.is_optional(),
            turns: Semaphore::new(AT_ONCE),
        }))
    }
}

impl Introspector {
    /// What the issuer says about a token that it calls good.
    ///
    /// # Errors
    ///
    /// [`Unanswered`] when it calls it anything else, or nothing.
    pub(crate) async fn ask(
        &self,
        token: &BearerToken,
        now: UnixTime,
    ) -> Result<Map<String, Value>, Unanswered> {
        let url = match self.endpoint.locate().await {
            Ok(url) => url,
            Err(absent) if absent.is_certain && self.optional => {
                return Err(Unanswered::NotOffered);
            }
            Err(absent) => return Err(self.unavailable(&absent.reason)),
        };
        let _turn = match timeout(TURN, self.turns.acquire()).await {
            Ok(turn) => turn,
            Err(_) => return Err(self.unavailable("too many questions are open")),
        };
        let (form, authorization) = self
            .question(token, now)
            .map_err(|reason| self.unavailable(reason))?;
        let fetcher = self.endpoint.fetcher();
        let fetcher = fetcher.map_err(|fault| self.unavailable(&fault.to_string()))?;
        match fetcher.post(&url, form, authorization).await {
            Ok(body) => self.read(&body),
            Err(FetchFault::Status(400)) if self.dialect == Dialect::TokenInfo => {
                Err(Unanswered::Inactive)
            }
            Err(fault) => {
                self.endpoint.doubt();
                let hint = match fault {
                    FetchFault::Status(401 | 403) => ": it refuses this server's own credentials",
                    _ => "",
                };
                Err(self.unavailable(&format!("{fault}{hint}")))
            }
        }
    }

    /// The form of RFC 7662 §2.1 with the credentials in it, or beside it.
    fn question(
        &self,
        token: &BearerToken,
        now: UnixTime,
    ) -> Result<(String, Option<HeaderValue>), &'static str> {
        let mut form = Serializer::new(String::new());
        match self.dialect {
            Dialect::Standard => {
                form.append_pair("token", token.as_str());
                form.append_pair("token_type_hint", "access_token");
            }
            Dialect::TokenInfo => {
                form.append_pair("access_token", token.as_str());
            }
        }
        let authorization = self.client.show(&mut form, now)?;
        Ok((form.finish(), authorization))
    }

    /// RFC 7662 §2.2: `active` is required, and a Boolean. Anything else is no answer.
    fn read(&self, body: &[u8]) -> Result<Map<String, Value>, Unanswered> {
        let strict = json::strict_object(body);
        let mut members = strict
            .map_err(|_| self.unavailable("its answer is not a JSON object with each name once"))?;
        if self.dialect == Dialect::TokenInfo {
            number(&mut members, "exp");
            return Ok(members);
        }
        match members.get("active") {
            Some(Value::Bool(true)) => Ok(members),
            Some(Value::Bool(false)) => Err(Unanswered::Inactive),
            _ => Err(self.unavailable("its answer does not say whether the token is active")),
        }
    }

    fn unavailable(&self, reason: &str) -> Unanswered {
        let issuer = Capped(&self.issuer, 256);
        // A flood of questions must not be one of lines: the caller logs each token once.
        tracing::debug!(%issuer, reason, "the issuer cannot be asked about a token");
        Unanswered::Unavailable {
            reason: reason.to_owned(),
            retry_after: AGAIN,
        }
    }

    /// Why questions cannot be asked, if they cannot.
    pub(crate) fn fault(&self) -> Option<String> {
        let absent = self.endpoint.fault()?;
        if absent.is_certain && self.optional {
            return None;
        }
        let issuer = Capped(&self.issuer, 256);
        Some(format!(
            "{issuer} cannot be asked about tokens: {}",
            absent.reason
        ))
    }

    /// Looks for the endpoint until it is found, for as long as anybody else wants it.
    pub(crate) async fn find(introspector: Weak<Self>) {
        let mut pause = SHORTEST;
        loop {
            let Some(introspector) = introspector.upgrade() else {
                return;
            };
            match introspector.endpoint.locate().await {
                Ok(_) => return,
                Err(absent) if absent.is_certain && introspector.optional => return,
                Err(absent) => tracing::warn!(
                    issuer = %Capped(&introspector.issuer, 256),
                    fault = %Capped(&absent.reason, 1024),
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

/// Makes a number of one that is written as text.
fn number(members: &mut Map<String, Value>, name: &str) {
    let seconds = members.get(name).and_then(Value::as_str);
    if let Some(seconds) = seconds.and_then(|text| text.parse::<u64>().ok()) {
        members.insert(name.to_owned(), Value::Number(Number::from(seconds)));
    }
}
