//! A caller's token for one of an upstream's, so that no client's token is passed on.
//!
//! The MCP authorization specification forbids to pass a client's token on: it was issued
//! for this server, and whoever got it could call this server with it. So a tool has no
//! way to it but this one, at whose end there is another token.

use std::{fmt, sync::Arc, time::Duration};

use quick_cache::{Weighter, sync::Cache};
use tokio::time::Instant;

use crate::{
    bearer::BearerToken,
    error::{Faults, StartError},
    issuer::{ExchangeError, ExchangeErrorKind, Exchanged, Exchanger, Upstream},
    principal::Principal,
    tool::Caller,
    verify::{Boarding, Flights, TokenHash},
};

/// About how many bytes of tokens are kept, and what an entry weighs beside its token.
const CAPACITY: u64 = 16 * 1024 * 1024;
const ENTRY: u64 = 512;

/// No token is kept for longer than a day.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// A token is given up this long before its end, or at nine tenths of its life if that is
/// later: it has a way to go, and the clock of another to pass.
const MARGIN: Duration = Duration::from_secs(30);

/// Exchanges callers' tokens for tokens of one [`Upstream`] (RFC 8693).
///
/// It belongs into the server's state; its clones share what they keep. A token is kept
/// in memory until it ends, and no longer than its caller's; one caller's many calls at
/// once make one exchange. Redirects are not followed, and nothing is logged here.
///
/// ```
/// use toolgate::{Caller, ExchangeError, State, TokenExchange, mcp_tool};
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
    exchanger: Exchanger,
    kept: Cache<TokenHash, Kept, Weight>,
    flights: Flights<Result<UpstreamToken, ExchangeError>>,
}

#[derive(Clone)]
struct Kept {
    token: UpstreamToken,
    until: Instant,
}

/// An access token for the upstream, on behalf of one caller. It prints as `[redacted]`.
#[derive(Clone)]
pub struct UpstreamToken(Arc<Issued>);

struct Issued {
    token: BearerToken,
    scopes: Vec<String>,
}

impl TokenExchange {
    /// Judges the settings. Nothing is fetched yet.
    ///
    /// # Errors
    ///
    /// Every fault of the settings.
    pub fn new(upstream: Upstream) -> Result<Self, StartError> {
        let mut faults = Faults::default();
        let exchanger = upstream.exchanger(&mut faults);
        let exchanger = match exchanger {
            Some(exchanger) => faults.finish(exchanger)?,
            None => return Err(faults.into_error()),
        };
        let expected = usize::try_from(CAPACITY / (2 * ENTRY)).unwrap_or(usize::MAX);
        Ok(Self(Arc::new(Shared {
            upstream,
            exchanger,
            kept: Cache::with_weighter(expected, CAPACITY, Weight),
            flights: Flights::default(),
        })))
    }

    /// A token with which to call the upstream on this caller's behalf.
    ///
    /// # Errors
    ///
    /// An [`ExchangeError`] that says whether the person has to consent, whether it helps
    /// to come again, or whether this server is not set up for it.
    pub async fn token(&self, caller: &Caller) -> Result<UpstreamToken, ExchangeError> {
        let principal = caller.principal();
        let bearer = self.exchangeable(principal)?;
        let hash = TokenHash::of(bearer);
        loop {
            if let Some(token) = self.remembered(&hash) {
                return Ok(token);
            }
            match self.0.flights.board(hash) {
                Boarding::Lead(landing) => {
                    // Another may have landed between the look and the boarding.
                    if let Some(token) = self.remembered(&hash) {
                        return Ok(token);
                    }
                    let exchanged = self.exchange(principal, bearer, hash).await;
                    landing.land(&exchanged);
                    return exchanged;
                }
                Boarding::Follow(waiting) => {
                    if let Some(exchanged) = waiting.outcome().await {
                        return exchanged;
                    }
                }
            }
        }
    }

    /// Forgets what is kept for a caller, so that the next call exchanges anew: for when
    /// the upstream does not take a token any more that has not ended.
    pub fn forget(&self, caller: &Caller) {
        let bearer = caller.principal().bearer();
        self.0.kept.remove(&TokenHash::of(bearer));
    }

    /// The caller's own token, if it may be shown to this issuer.
    fn exchangeable<'a>(&self, principal: &'a Principal) -> Result<&'a BearerToken, ExchangeError> {
        // A token goes to its own issuer, and to whom the operator has named.
        if !self.0.upstream.takes_tokens_of(principal.claims().issuer()) {
            return Err(ExchangeError::new(
                ExchangeErrorKind::Misconfigured,
                "the caller's token is of another issuer, to whom alone it may be shown; `with_callers_of` allows more",
            ));
        }
        Ok(principal.bearer())
    }

    fn remembered(&self, hash: &TokenHash) -> Option<UpstreamToken> {
        let kept = self.0.kept.get(hash)?;
        if Instant::now() < kept.until {
            return Some(kept.token);
        }
        self.0.kept.remove(hash);
        None
    }

    async fn exchange(
        &self,
        principal: &Principal,
        bearer: &BearerToken,
        hash: TokenHash,
    ) -> Result<UpstreamToken, ExchangeError> {
        let Shared {
            upstream,
            exchanger,
            kept,
            ..
        } = &*self.0;
        // Before the question: an answer is no younger than that.
        let (asked, now) = (Instant::now(), upstream.clock().now());
        let Exchanged {
            token,
            scopes,
            lasts,
        } = exchanger.exchange(bearer, now).await?;
        let token = UpstreamToken(Arc::new(Issued { token, scopes }));
        let callers = Duration::from_secs(principal.claims().expires_at().since(now));
        // Of one that does not say how long it lasts nobody knows that it still does.
        let lasts = lasts.map_or(Duration::ZERO, |lasts| lasts - MARGIN.min(lasts / 10));
        let until = asked + lasts.min(callers).min(upstream.keep()).min(LONGEST);
        if Instant::now() < until {
            let token = token.clone();
            kept.insert(hash, Kept { token, until });
        }
        Ok(token)
    }
}

impl UpstreamToken {
    /// The token's text, for the `Authorization` header of a request to the upstream. It
    /// belongs in no log and no answer.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.token.as_str()
    }

    /// The scopes that it has: those that were asked for, and what the issuer added.
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

impl Weighter<TokenHash, Kept> for Weight {
    fn weight(&self, _: &TokenHash, kept: &Kept) -> u64 {
        let scopes: usize = kept.token.scopes().map(|scope| scope.len() + 24).sum();
        ENTRY + (kept.token.as_str().len() + scopes) as u64
    }
}
