//! Verifies the access tokens of the trusted issuers.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use futures_util::FutureExt;
use serde_json::{Map, Value};
use tokio::{runtime::Handle, task::AbortHandle, time::Instant};

use super::{
    ReadinessError, TokenError, TokenVerifier, introspection_claims, issuer_checks,
    issuer_keys::IssuerKeys,
    jws::{self, Jws, JwsError, MAX_TOKEN},
    jwt::{self, JwtVerification},
    token_type,
    verification_cache::VerificationEvidence,
    verification_path::EvidenceKind,
};
use crate::{
    claims::Claims,
    clock::{Clock, SystemClock},
    credentials::BearerToken,
    issuer::{IntrospectionClient, Issuer, JwksCache, JwtHandling, jwks_cache},
    json,
    log_text::{QuotedText, Truncated},
    start_error::{SetupErrors, StartError},
};

/// Verifies the access tokens of the trusted issuers: JWTs with the keys of the issuer that
/// `iss` names, other tokens by introspection at the issuer they belong to.
///
/// A token is checked with one issuer only: keys of different issuers never mix, and no
/// issuer sees another's tokens. The verifier never fetches a URL from a token. It checks
/// the header of a JWT before its signature, and its signature before its claims.
///
/// Background tasks load the keys, from the first use within a tokio runtime or from
/// [`IssuerVerifier::start`] until the verifier is dropped.
///
/// ```
/// use toolgate::{auth::IssuerVerifier, issuer::Issuer};
///
/// let verifier = IssuerVerifier::new([Issuer::new("https://as.example")])?;
/// assert_eq!(verifier.issuers().collect::<Vec<_>>(), ["https://as.example"]);
/// # Ok::<(), toolgate::StartError>(())
/// ```
#[doc(alias = "JWT")]
pub struct IssuerVerifier {
    trusted: Box<[IssuerKeys]>,
    clock: Arc<dyn Clock>,
    background: OnceLock<Background>,
}

impl IssuerVerifier {
    /// Builds a verifier for the tokens of these issuers. Fetches nothing yet and does not
    /// block: an issuer that is down does not prevent the start.
    ///
    /// # Errors
    ///
    /// Every error in the issuers' settings.
    pub fn new(issuers: impl IntoIterator<Item = Issuer>) -> Result<Self, StartError> {
        let mut errors = SetupErrors::default();
        let issuers: Vec<_> = issuers.into_iter().collect();
        if issuers.is_empty() {
            errors.add(
                "no trusted issuer is configured",
                "add one, for example with TOOLGATE_AUTHORIZATION_SERVERS",
            );
        }
        issuer_checks::check_names(&issuers, &mut errors);
        issuer_checks::check_role_paths(&issuers, &mut errors);
        issuer_checks::check_prefixes(&issuers, &mut errors);
        let trusted = issuers
            .into_iter()
            .map(|issuer| {
                let asked = issuer.introspection().map(|one| one.jwts());
                let keys = match asked {
                    Some(JwtHandling::Introspected) => None,
                    _ => jwks_cache(&issuer, &mut errors),
                };
                let introspector = IntrospectionClient::new(&issuer, &mut errors);
                IssuerKeys {
                    issuer,
                    keys,
                    introspector,
                }
            })
            .collect();
        errors.finish(Self::from_parts(trusted))
    }

    /// Sets the clock that limits how long introspection responses are cached. The default
    /// is the system clock.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock) -> Self {
        self.with_shared_clock(Arc::new(clock))
    }

    /// Returns whether the JWTs of every issuer are verified with its keys alone.
    pub(super) fn verifies_jwts_alone(&self) -> bool {
        self.trusted.iter().all(|one| {
            let jwts = one.issuer.introspection().map(|one| one.jwts());
            one.keys.is_some() && jwts != Some(JwtHandling::VerifiedAndIntrospected)
        })
    }

    #[doc(hidden)]
    pub fn with_shared_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Builds a verifier with the given keys.
    #[cfg(test)]
    pub(super) fn with_keys(issuers: impl IntoIterator<Item = (Issuer, Arc<JwksCache>)>) -> Self {
        let trusted = issuers.into_iter().map(|(issuer, keys)| IssuerKeys {
            issuer,
            keys: Some(keys),
            introspector: None,
        });
        Self::from_parts(trusted.collect())
    }

    fn from_parts(trusted: Box<[IssuerKeys]>) -> Self {
        Self {
            trusted,
            clock: Arc::new(SystemClock),
            background: OnceLock::new(),
        }
    }

    /// Returns every accepted spelling of `iss`.
    pub fn issuers(&self) -> impl Iterator<Item = &str> {
        self.trusted.iter().flat_map(|one| one.issuer.spellings())
    }

    /// Starts loading and refreshing the keys, if not started yet. Does nothing outside a
    /// tokio runtime; the first verification starts it then.
    pub fn start(&self) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        self.background.get_or_init(|| {
            // Boxed, so that all background tasks have one type to compile.
            let keys = self.trusted.iter().filter_map(|one| one.keys.as_ref());
            let keys = keys.map(|keys| JwksCache::maintain(Arc::downgrade(keys)).boxed());
            let asked = self
                .trusted
                .iter()
                .filter_map(|one| one.introspector.as_ref());
            let asked = asked
                .map(|one| IntrospectionClient::discover_endpoint(Arc::downgrade(one)).boxed());
            let tasks = keys.chain(asked).map(|task| runtime.spawn(task));
            Background(tasks.map(|task| task.abort_handle()).collect())
        });
    }

    /// Returns whether tokens can be verified: at least one issuer has its keys and, if
    /// needed, its introspection endpoint. An issuer that is down does not affect the
    /// others' callers.
    ///
    /// # Errors
    ///
    /// A [`ReadinessError`] that says for each issuer why its tokens cannot be verified.
    pub fn readiness(&self) -> Result<(), ReadinessError> {
        let errors = self.issuer_errors();
        match errors.len() < self.trusted.len() {
            true => Ok(()),
            false => Err(ReadinessError(errors.join("; "))),
        }
    }

    /// Returns the reason of each issuer whose tokens cannot be verified now.
    pub(super) fn issuer_errors(&self) -> Vec<String> {
        let errors = self.trusted.iter().map(IssuerKeys::readiness_error);
        errors.flatten().collect()
    }

    /// Returns how old the keys of each issuer are, except for fixed keys.
    pub(super) fn key_ages(&self) -> Vec<(String, Duration)> {
        let ages = self.trusted.iter().filter_map(|one| {
            let age = one.keys.as_ref()?.age()?;
            Some((one.issuer.name().to_owned(), age))
        });
        ages.collect()
    }

    /// Returns whether the keys or the introspection response behind a verified token are
    /// still valid.
    pub(super) fn is_current(&self, evidence: VerificationEvidence) -> bool {
        let Some(one) = self.trusted.get(evidence.issuer) else {
            return false;
        };
        evidence.until.is_none_or(|until| Instant::now() < until)
            && match (&one.keys, evidence.generation) {
                (Some(keys), Some(generation)) => keys.is_current(generation),
                // Without a key there is an introspection response, and that expires.
                (_, None) => evidence.until.is_some(),
                (None, Some(_)) => false,
            }
    }

    /// Verifies a token. Returns its claims and the evidence for them. `kind` is set even if the
    /// token is refused.
    pub(super) async fn verify_with_evidence(
        &self,
        token: &BearerToken,
        kind: &mut EvidenceKind,
    ) -> Result<(Claims, VerificationEvidence), TokenError> {
        self.start();
        *kind = EvidenceKind::Signature;
        let text = token.as_str();
        if text.len() > MAX_TOKEN {
            return Err(jwt::malformed("it is too long"));
        }
        match Jws::parse(text) {
            Ok(jws) => self.verify_jwt(token, &jws, kind).await,
            Err(error) if jws::is_jwt_like(text) => Err(jwt::jws_error(error)),
            Err(error) => self.verify_opaque(token, error, kind).await,
        }
    }

    async fn verify_jwt(
        &self,
        token: &BearerToken,
        jws: &Jws<'_>,
        kind: &mut EvidenceKind,
    ) -> Result<(Claims, VerificationEvidence), TokenError> {
        let members = json::strict_object(jws.payload())
            .map_err(|_| jwt::malformed("its claims are not a JSON object with each name once"))?;
        let (issuer, one) = self.select_issuer(&members)?;
        let mut evidence = VerificationEvidence {
            issuer,
            ..VerificationEvidence::default()
        };
        let Some(keys) = &one.keys else {
            token_type::check_type(jws.typ.as_deref(), &one.issuer).map_err(jwt::type_refused)?;
            *kind = EvidenceKind::Introspection;
            let (claims, until) =
                introspection_claims::introspected_claims(one, token, &*self.clock).await?;
            evidence.until = Some(until);
            return Ok((claims, evidence));
        };
        let named = JwtVerification {
            jws,
            issuer: &one.issuer,
            keys,
        };
        let (claims, generation) = named.verify(members).await?;
        evidence.generation = Some(generation);
        let jwts = one.issuer.introspection().map(|one| one.jwts());
        if jwts == Some(JwtHandling::VerifiedAndIntrospected) {
            *kind = EvidenceKind::Introspection;
            evidence.until = Some(
                introspection_claims::introspect_verified_jwt(one, token, &claims, &*self.clock)
                    .await?,
            );
        }
        Ok((claims, evidence))
    }

    /// Introspects a token that is not a JWT at the one issuer that may have issued it.
    async fn verify_opaque(
        &self,
        token: &BearerToken,
        error: JwsError,
        kind: &mut EvidenceKind,
    ) -> Result<(Claims, VerificationEvidence), TokenError> {
        let text = token.as_str();
        let asked = self.trusted.iter().enumerate().filter_map(|(issuer, one)| {
            let prefix = one.issuer.introspection()?.token_prefix();
            text.starts_with(prefix)
                .then_some((prefix.len(), issuer, one))
        });
        let Some((_, issuer, one)) = asked.max_by_key(|(length, ..)| *length) else {
            let JwsError::Malformed(why) = error else {
                return Err(jwt::jws_error(error));
            };
            let issuer = self.trusted.first().map_or("", |one| one.issuer.name());
            return Err(jwt::malformed(&format!(
                "it is not a JWT ({why}): have {} issue JWTs for this resource, or configure introspection (TOOLGATE_INTROSPECTION_CLIENT_ID)",
                Truncated(issuer, 160)
            )));
        };
        *kind = EvidenceKind::Introspection;
        let (claims, until) =
            introspection_claims::introspected_claims(one, token, &*self.clock).await?;
        let evidence = VerificationEvidence {
            issuer,
            generation: None,
            until: Some(until),
        };
        Ok((claims, evidence))
    }

    /// Returns the issuer that an unverified token names. It only selects the keys; a wrong
    /// name selects keys that did not sign the token.
    fn select_issuer(
        &self,
        members: &Map<String, Value>,
    ) -> Result<(usize, &IssuerKeys), TokenError> {
        let iss = match members.get("iss") {
            Some(Value::String(iss)) => iss,
            Some(_) => return Err(jwt::malformed("its iss is not a string")),
            None => return Err(jwt::malformed("it has no iss")),
        };
        self.trusted
            .iter()
            .enumerate()
            .find(|(_, one)| one.issuer.is_spelled(iss))
            .ok_or_else(|| {
                let names: Vec<_> = self.issuers().collect();
                let bare = iss.trim_end_matches('/');
                let near = names.iter().find(|name| name.trim_end_matches('/') == bare);
                let hint = match near {
                    Some(_) => "they differ in the slash at the end: configure the issuer exactly as in `iss`",
                    None => "add it to TOOLGATE_AUTHORIZATION_SERVERS if its tokens are to be accepted",
                };
                let trusted = near.or(names.first()).copied().unwrap_or_default();
                TokenError::invalid_with(
                    "the access token is from an issuer that is not trusted here",
                    format!(
                        "iss {} is not trusted, but {} is; {hint}",
                        QuotedText(iss, 160),
                        QuotedText(trusted, 160)
                    ),
                )
            })
    }
}

impl TokenVerifier for IssuerVerifier {
    async fn verify(&self, token: &BearerToken) -> Result<Claims, TokenError> {
        let mut kind = EvidenceKind::default();
        let verified = self.verify_with_evidence(token, &mut kind);
        verified.await.map(|(claims, _)| claims)
    }
}

impl fmt::Debug for IssuerVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.trusted.iter().map(|one| &one.issuer))
            .finish()
    }
}

/// The tasks that refresh the keys; dropping it aborts them.
struct Background(Vec<AbortHandle>);

impl Drop for Background {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

#[cfg(test)]
mod tests;
