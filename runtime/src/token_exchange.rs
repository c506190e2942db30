//! Exchanges a caller's token for a token of an upstream, so that no client's token is
//! forwarded.
//!
//! The MCP authorization specification forbids forwarding a client's token: it was issued
//! for this server, and a recipient could call this server with it. So a tool can use the
//! caller's token only through this exchange.

use std::{fmt, sync::Arc, time::Duration};

use quick_cache::{Weighter, sync::Cache};
use tokio::time::Instant;

use crate::{
    caller::{Caller, TokenHolder},
    clock::UnixTime,
    credentials::BearerToken,
    error::{SetupErrors, StartError},
    issuer::{ExchangeError, ExchangeErrorKind, Exchanged, TokenExchangeClient, Upstream},
    observer,
    single_flight::{Role, SingleFlight},
    verify::TokenHash,
};

/// The capacity of the cache in bytes, and the size of an entry without its token.
const CAPACITY: u64 = 16 * 1024 * 1024;
const ENTRY: u64 = 512;

/// The longest time that a token is cached.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Stop using a token 30 s before expiry, or after nine tenths of its lifetime if that is
/// later, to absorb latency and clock skew.
const MARGIN: Duration = Duration::from_secs(30);

/// Exchanges callers' tokens for tokens of one [`Upstream`] (RFC 8693).
///
/// Put it into the server's state; clones share one cache. A token is cached in memory
/// until it expires, but not beyond the expiry of the caller's token. Concurrent calls of
/// one caller share one exchange. Redirects are not followed, and nothing is logged here.
///
/// ```
/// use toolgate::{Caller, State, auth::TokenExchange, issuer::ExchangeError, mcp_tool};
///
/// #[derive(Clone)]
/// struct App {
///     calendar: TokenExchange,
/// }
///
/// /// Lists today's meetings.
/// #[mcp_tool(scope = "meetings:read")]
/// async fn meetings(caller: Caller, State(app): State<App>) -> Result<String, ExchangeError> {
///     let token = app.calendar.token(&caller).await?;
///     // … an HTTP request with `Authorization: Bearer` and `token.as_str()`
/// #   let _ = token;
///     Ok("none".to_owned())
/// }
/// ```
#[derive(Clone)]
pub struct TokenExchange(Arc<Shared>);

struct Shared {
    upstream: Upstream,
    exchanger: TokenExchangeClient,
    cache: Cache<TokenHash, CachedToken, Weight>,
    flights: SingleFlight<TokenHash, Result<UpstreamToken, ExchangeError>>,
}

#[derive(Clone)]
struct CachedToken {
    token: UpstreamToken,
    until: Instant,
}

/// An access token for the upstream on behalf of one caller. `Debug` prints `[redacted]`.
#[derive(Clone)]
pub struct UpstreamToken(Arc<Issued>);

struct Issued {
    token: BearerToken,
    scopes: Vec<String>,
}

impl TokenExchange {
    /// Validates the settings. Fetches nothing yet.
    ///
    /// # Errors
    ///
    /// Every error of the settings.
    pub fn new(upstream: Upstream) -> Result<Self, StartError> {
        let mut errors = SetupErrors::default();
        let exchanger = TokenExchangeClient::new(&upstream, &mut errors);
        let exchanger = match exchanger {
            Some(exchanger) => errors.finish(exchanger)?,
            None => return Err(errors.into_error()),
        };
        let expected = usize::try_from(CAPACITY / (2 * ENTRY)).unwrap_or(usize::MAX);
        Ok(Self(Arc::new(Shared {
            upstream,
            exchanger,
            cache: Cache::with_weighter(expected, CAPACITY, Weight),
            flights: SingleFlight::default(),
        })))
    }

    /// Returns a token for calling the upstream on behalf of this caller.
    ///
    /// # Errors
    ///
    /// An [`ExchangeError`] that says whether the user must consent, whether a retry helps,
    /// or whether this server is misconfigured.
    pub async fn token(&self, caller: &Caller) -> Result<UpstreamToken, ExchangeError> {
        let bearer = self.token_to_exchange(caller)?;
        let hash = TokenHash::new(bearer);
        loop {
            if let Some(token) = self.cached(&hash) {
                return Ok(token);
            }
            match self.0.flights.join_or_start(hash) {
                Role::Lead(leader) => {
                    // Another leader may have finished between the lookup and here.
                    if let Some(token) = self.cached(&hash) {
                        return Ok(token);
                    }
                    let exchanged = self.exchange(caller, bearer, hash).await;
                    leader.publish(&exchanged);
                    return exchanged;
                }
                Role::Follow(waiting) => {
                    if let Some(exchanged) = waiting.outcome().await {
                        return exchanged;
                    }
                }
            }
        }
    }

    /// Removes the cached token of a caller, so that the next call makes a new exchange.
    /// Use it if the upstream refuses a token that has not expired.
    pub fn forget(&self, caller: &Caller) {
        if let Some(bearer) = caller.bearer() {
            self.0.cache.remove(&TokenHash::new(bearer));
        }
    }

    /// Returns the caller's token if it may be sent to this issuer.
    fn token_to_exchange<'a>(&self, caller: &'a Caller) -> Result<&'a BearerToken, ExchangeError> {
        let Some(bearer) = caller.bearer() else {
            return Err(ExchangeError::new(
                ExchangeErrorKind::Misconfigured,
                "the caller has no token, because the program that serves standard input names it; give the program credentials of its own for the upstream",
            ));
        };
        // A token is sent only to its own issuer, or to an issuer that the operator allows.
        if !self.0.upstream.takes_tokens_of(caller.claims().issuer()) {
            return Err(ExchangeError::new(
                ExchangeErrorKind::Misconfigured,
                "the caller's token is from another issuer and may be sent only to that issuer; allow it with `with_callers_of`",
            ));
        }
        if !self.0.exchanger.may_act(caller.claims()) {
            return Err(ExchangeError::new(
                ExchangeErrorKind::Refused,
                "the caller's token names in `may_act` who may act for its subject, and that is not this server's client",
            ));
        }
        Ok(bearer)
    }

    fn cached(&self, hash: &TokenHash) -> Option<UpstreamToken> {
        let cache = self.0.cache.get(hash)?;
        if Instant::now() < cache.until {
            return Some(cache.token);
        }
        self.0.cache.remove(hash);
        None
    }

    async fn exchange(
        &self,
        caller: &Caller,
        bearer: &BearerToken,
        hash: TokenHash,
    ) -> Result<UpstreamToken, ExchangeError> {
        let Shared {
            upstream,
            exchanger,
            cache,
            ..
        } = &*self.0;
        // Taken before the request, so that the lifetime of the token is not overestimated.
        let (asked, now) = (Instant::now(), upstream.clock().now());
        let Exchanged {
            token,
            scopes,
            lasts,
        } = traced_exchange(exchanger, bearer, now).await?;
        let token = UpstreamToken(Arc::new(Issued { token, scopes }));
        let callers = Duration::from_secs(caller.claims().expires_at().since(now));
        // A token without a lifetime is not cached, because it could expire at any time.
        let lasts = lasts.map_or(Duration::ZERO, |lasts| lasts - MARGIN.min(lasts / 10));
        let until = asked + lasts.min(callers).min(upstream.cache_time()).min(LONGEST);
        if Instant::now() < until {
            let token = token.clone();
            cache.insert(hash, CachedToken { token, until });
        }
        Ok(token)
    }
}

/// Exchanges a token as part of the trace of the request that this task serves, if it is traced.
async fn traced_exchange(
    exchanger: &TokenExchangeClient,
    bearer: &BearerToken,
    now: UnixTime,
) -> Result<Exchanged, ExchangeError> {
    let Some(trace) = observer::current() else {
        return exchanger.exchange(bearer, now, None).await;
    };
    let span = trace.upstream(exchanger.issuer());
    let traceparent = span.traceparent();
    let exchanged = exchanger.exchange(bearer, now, Some(&traceparent)).await;
    span.end(exchanged.as_ref().err().map(|error| match error.kind() {
        ExchangeErrorKind::NeedsConsent => "needs_consent",
        ExchangeErrorKind::Refused => "refused",
        ExchangeErrorKind::Unavailable => "unavailable",
        ExchangeErrorKind::Misconfigured => "misconfigured",
        _ => "unusable",
    }));
    exchanged
}

impl UpstreamToken {
    /// Returns the token's text, for the `Authorization` header of a request to the
    /// upstream. Never write it to a log or a response.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.token.as_str()
    }

    /// Returns the token's scopes: the requested ones and those that the issuer added.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.0.scopes.iter().map(String::as_str)
    }
}

impl fmt::Debug for TokenExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenExchange")
            .field(&self.0.upstream)
            .finish()
    }
}

impl fmt::Debug for UpstreamToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UpstreamToken([redacted])")
    }
}

#[derive(Clone)]
struct Weight;

impl Weighter<TokenHash, CachedToken> for Weight {
    fn weight(&self, _: &TokenHash, cache: &CachedToken) -> u64 {
        let scopes: usize = cache.token.scopes().map(|scope| scope.len() + 24).sum();
        ENTRY + (cache.token.as_str().len() + scopes) as u64
    }
}
