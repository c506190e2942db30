//! Tokens and what they say: callers, claims, scopes, and the verification of tokens.
//!
//! Most servers need only [`Caller`] and the attributes' `scope`. The rest is for
//! servers that verify tokens in their own way ([`TokenVerifier`]), require proof of possession
//! ([`Dpop`]), or call an API with a token for the caller ([`TokenExchange`]).

pub use crate::config::PublishedScopes;
#[cfg(all(feature = "approval", feature = "testing"))]
pub use crate::config::TestApprovals;
pub use crate::{
    access::{Conditions, Requirement},
    caller::Caller,
    claims::{Actor, Claims, ClaimsError},
    clock::{Clock, SystemClock, UnixTime},
    credentials::{BearerError, BearerToken},
    denial::{DenialReason, Remedy},
    item::{AuthorizeError, AuthorizeReturn},
    scope::{Scope, ScopeDescription, ScopeError},
    server::{ExplainedStep, Explanation, Verdict},
    token_exchange::{TokenExchange, UpstreamToken},
    verify::{Dpop, IssuerVerifier, ReadinessError, TokenError, TokenErrorKind, TokenVerifier},
};
