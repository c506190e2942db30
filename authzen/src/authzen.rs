//! [`AuthZen`]: the decision point.

use std::{fmt, sync::OnceLock, time::Duration};

use serde_json::{Map, Value};
use tokio::time::Instant;
use toolgate_oauth::{
    issuer::{EgressPolicy, FetchError, HttpFetcher, normalized_host},
    policy::{
        PolicyDecision, PolicyDecisionPoint, PolicyError, PolicyItem, PolicyRequest,
        PolicySetupError,
    },
};
use url::Url;

use crate::{
    allow_cache::{AllowCache, LONGEST},
    answer,
    credentials::Credentials,
    mapping,
};

/// The default paths (Authorization API 1.0 §10.1).
const EVALUATION: &str = "access/v1/evaluation";
const EVALUATIONS: &str = "access/v1/evaluations";

/// A decision point that asks an engine with the OpenID AuthZEN Authorization API 1.0 over https, or
/// over http on this machine. It follows no redirect, and it never sends the token of a caller.
///
/// ```
/// use toolgate::policy::AuthZen;
///
/// let engine = AuthZen::new("https://pdp.example.com/tenant", "/run/secrets/pdp-token");
/// ```
#[must_use = "a decision point does nothing until a server asks it"]
pub struct AuthZen {
    base: String,
    evaluation: Option<String>,
    evaluations: Option<String>,
    has_private_address: bool,
    credentials: Credentials,
    cached: Option<(Duration, AllowCache)>,
    http: HttpFetcher,
    /// The URL for one question and the URL for several, each parsed once.
    urls: OnceLock<[Result<Url, String>; 2]>,
}

impl AuthZen {
    /// Asks the engine at this base URL. The credentials of this server at the engine are a bearer
    /// token in a file that only its owner can read; the file is read again every 30 seconds.
    pub fn new(base: impl Into<String>, credentials_file: impl Into<String>) -> Self {
        Self {
            base: base.into(),
            evaluation: None,
            evaluations: None,
            has_private_address: false,
            credentials: Credentials::in_file(credentials_file.into()),
            cached: None,
            http: HttpFetcher::new(EgressPolicy::for_service(None)),
            urls: OnceLock::new(),
        }
    }

    /// Sets the URLs of the two endpoints, as the metadata of the engine names them
    /// (`access_evaluation_endpoint`, `access_evaluations_endpoint`).
    pub fn with_endpoints(
        mut self,
        evaluation: impl Into<String>,
        evaluations: impl Into<String>,
    ) -> Self {
        self.evaluation = Some(evaluation.into());
        self.evaluations = Some(evaluations.into());
        self
    }

    /// Allows the engine to be at a private address of its own host. Link-local addresses stay
    /// refused.
    pub fn with_private_address(mut self) -> Self {
        self.has_private_address = true;
        let host = Url::parse(&self.base).ok();
        let host = host.and_then(|url| normalized_host(url.host_str()?));
        self.http = HttpFetcher::new(EgressPolicy::for_service(host));
        self
    }

    /// Uses an allow again for the same question, at most five seconds after it was asked; the
    /// time of the question is not compared. A deny is never used again. Off by default, so that
    /// the withdrawal of a right takes effect at the next request.
    pub fn with_cached_allows(mut self, time: Duration) -> Self {
        self.cached = Some((time, AllowCache::new(time.min(LONGEST))));
        self
    }

    fn url(&self, path: &str, given: Option<&String>) -> Result<Url, String> {
        let text = match given {
            Some(given) => given.clone(),
            None => format!("{}/{path}", self.base.trim_end_matches('/')),
        };
        let url = Url::parse(&text).map_err(|_| format!("{text:?} is not a URL"))?;
        let host = self
            .has_private_address
            .then(|| url.host_str().and_then(normalized_host));
        let egress = EgressPolicy::for_service(host.flatten());
        let permitted = egress.permits_url(&url);
        permitted.map_err(|reason| format!("{text:?} cannot be asked: {reason}"))?;
        Ok(url)
    }

    fn urls(&self) -> &[Result<Url, String>; 2] {
        self.urls.get_or_init(|| {
            [
                self.url(EVALUATION, self.evaluation.as_ref()),
                self.url(EVALUATIONS, self.evaluations.as_ref()),
            ]
        })
    }

    async fn post(
        &self,
        url: &Result<Url, String>,
        body: Map<String, Value>,
    ) -> Result<Vec<u8>, PolicyError> {
        let url = url.as_ref().map_err(PolicyError::failed)?;
        let credentials = self.credentials.header().map_err(PolicyError::failed)?;
        let json = Value::Object(body).to_string();
        let answer = self.http.post_json_as(url, json, credentials).await;
        answer.map_err(policy_error)
    }
}

/// Returns the error of a request. A retry helps if the engine or the network is down. It does
/// not help if the engine does not support the request.
fn policy_error(error: FetchError) -> PolicyError {
    let reason = error.to_string();
    match error {
        FetchError::Status(429 | 500..)
        | FetchError::UnknownName
        | FetchError::NoConnection(_)
        | FetchError::Timeout
        | FetchError::Broken => PolicyError::unavailable(reason),
        FetchError::Status(_)
        | FetchError::Forbidden(_)
        | FetchError::NoClient
        | FetchError::Certificate(_)
        | FetchError::TooLarge
        | FetchError::NotJson => PolicyError::failed(reason),
    }
}

impl PolicyDecisionPoint for AuthZen {
    async fn decide(&self, request: &PolicyRequest<'_>) -> Result<PolicyDecision, PolicyError> {
        let body = mapping::evaluation(request);
        let cache = self.cached.as_ref();
        let cache = cache.map(|(_, cache)| (cache, AllowCache::key(&body)));
        if let Some((cache, key)) = &cache
            && let Some(allow) = cache.get(key)
        {
            return Ok(allow);
        }
        let asked = Instant::now();
        let [url, _] = self.urls();
        let decision = answer::decision(&self.post(url, body).await?)?;
        if let Some((cache, key)) = cache {
            cache.keep(key, &decision, asked);
        }
        Ok(decision)
    }

    async fn decide_all(
        &self,
        requests: &[PolicyRequest<'_>],
    ) -> Result<Vec<PolicyDecision>, PolicyError> {
        let cache = self.cached.as_ref().map(|(_, cache)| cache);
        let keys: Vec<_> = match cache {
            Some(_) => {
                let bodies = requests.iter().map(mapping::evaluation);
                bodies.map(|body| AllowCache::key(&body)).collect()
            }
            None => Vec::new(),
        };
        let known = |place: usize| cache?.get(keys.get(place)?);
        let mut decisions: Vec<_> = (0..requests.len()).map(known).collect();
        let open = requests.iter().zip(&decisions);
        let open: Vec<_> = open
            .filter(|(_, known)| known.is_none())
            .map(|(one, _)| one)
            .collect();
        if !open.is_empty() {
            let asked = Instant::now();
            let [_, url] = self.urls();
            let body = self.post(url, mapping::evaluations(&open)).await?;
            let mut answers = answer::decisions(&body, open.len())?.into_iter();
            for (place, decision) in decisions.iter_mut().enumerate() {
                if decision.is_none() {
                    *decision = answers.next();
                    if let (Some(cache), Some(key), Some(decision)) =
                        (cache, keys.get(place), decision.as_ref())
                    {
                        cache.keep(*key, decision, asked);
                    }
                }
            }
        }
        Ok(decisions.into_iter().flatten().collect())
    }

    fn start(&self, _: &[PolicyItem]) -> Result<(), Vec<PolicySetupError>> {
        let errors = self.urls().iter().filter_map(|url| url.as_ref().err());
        let mut errors: Vec<_> = errors.collect();
        errors.dedup();
        let mut errors: Vec<_> = errors
            .into_iter()
            .map(|what| {
                let fix = "give `AuthZen::new` an https URL, and call `with_private_address` if the engine is inside your own network";
                PolicySetupError::new(format!("the engine at {what}"), fix)
            })
            .collect();
        if let Err(what) = self.credentials.header() {
            let fix =
                "write the token that the engine expects into a file that only its owner can read";
            errors.push(PolicySetupError::new(what, fix));
        }
        if self
            .cached
            .as_ref()
            .is_some_and(|(time, _)| *time > LONGEST)
        {
            errors.push(PolicySetupError::new(
                "`with_cached_allows` has more than five seconds",
                "give it at most five, so that a withdrawn right is gone soon",
            ));
        }
        match errors.is_empty() {
            true => Ok(()),
            false => Err(errors),
        }
    }
}

impl fmt::Debug for AuthZen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthZen")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}
