//! [`DenialReason`]: the stable code of a denial.

use std::fmt;

use super::Remedy;

/// Why the gate refuses a request with 401, 403, 429 or 503: a stable code for programs,
/// in addition to OAuth's `error`.
///
/// It is `reason` in the body of the refusal and `reason_code` in the audit log. A code
/// never changes its meaning; later versions can have further codes, and a client treats
/// an unknown one by its status.
///
/// ```
/// use toolgate::auth::{DenialReason, Remedy};
///
/// let reason = DenialReason::from_code("missing_scope").unwrap();
/// assert_eq!(reason, DenialReason::MissingScope);
/// assert_eq!(reason.status(), 403);
/// assert_eq!(reason.remedy(), Remedy::Authorize);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DenialReason {
    /// The operation needs an access token and the request has none. Every sign-in starts with
    /// it; the operator does nothing.
    NoToken,
    /// The token is malformed, or no trusted issuer has signed it, or it was revoked. If new
    /// tokens are refused, too, the log names the check that fails.
    InvalidToken,
    /// The token has expired. The client refreshes it; the operator does nothing.
    ExpiredToken,
    /// The token is not valid yet, or was issued in the future. The operator compares the
    /// clocks of the server and of the issuer.
    EarlyToken,
    /// The token is for another audience, or names none. The operator configures the issuer to
    /// write this server's resource into `aud`, or adds the audience to `TOOLGATE_AUDIENCES`.
    WrongAudience,
    /// This server does not trust the issuer of the token. The operator adds it to
    /// `TOOLGATE_AUTHORIZATION_SERVERS` if this server should trust it.
    UntrustedIssuer,
    /// The token names neither a subject nor a client. The operator configures the issuer to
    /// write `sub` or `client_id` into its tokens.
    NoIdentity,
    /// The token is bound in a way that this server does not accept, or must be bound and is not,
    /// or the proof is of another key. The operator compares the DPoP settings of the server and
    /// of the issuer.
    WrongBinding,
    /// A bound token was sent with the scheme `Bearer`, or the server takes only bound tokens.
    /// The client sends a token with a proof; the operator does nothing.
    WrongScheme,
    /// The DPoP proof is missing or not valid. The log names the check that fails; a wrong
    /// `htu` is often a wrong `TOOLGATE_RESOURCE`.
    InvalidProof,
    /// The DPoP proof needs the nonce of the answer. Every client of a server with nonces gets
    /// it; the operator does nothing.
    NonceNeeded,
    /// The user signed in too long ago, or not in the way that the item requires (RFC 9470). If
    /// it repeats, the operator checks that the issuer writes `acr` and `auth_time`.
    InsufficientAuthentication,
    /// The token lacks a scope. If it repeats after a sign-in, the operator checks that the
    /// issuer may grant the scope to this user and this client.
    MissingScope,
    /// The user lacks a role. The operator gives the user the role at the issuer, or sets the
    /// claim that holds the roles.
    MissingRole,
    /// The item needs a person (`person`), and the token does not show that one stands behind it:
    /// it is a program's own, or its issuer does not say. If a user is refused, the operator
    /// checks `Issuer::with_person_claim`.
    NoPerson,
    /// The code of the item denies this request: its `authorize` function, or its body. The
    /// body's `detail` is the author's own code.
    DeniedByItem,
    /// The user has not confirmed what the item would do (`confirm = "…"`), or the client cannot
    /// ask its user. The operator does nothing.
    NotConfirmed,
    /// The user has not approved the request on the server's own page (`approve = "…"`), the page
    /// cannot be opened, or too many approvals are pending. The operator does nothing.
    NotApproved,
    /// The item's `authorize` function failed: it panicked, or demanded a scope that the item
    /// does not declare. The log has the error, which the author corrects.
    AuthorizeFailed,
    /// The item's `authorize` function has not decided in time. The operator looks at what the
    /// function waits for, or raises `Config::with_authorize_timeout`.
    AuthorizeTimeout,
    /// The caller waits for as many decisions of `authorize` functions as one caller may. The
    /// operator looks at what the functions wait for: they are slow, or the client sends too much.
    TooManyPending,
    /// The caller, or the address of a client without a valid token, has sent more requests than
    /// its rate allows. If it is a legitimate client, the operator or the author raises the rate.
    RateLimited,
    /// The caller already runs the maximum number of requests for the item. If it is a legitimate
    /// client, the author raises `concurrency`.
    TooManyRunning,
    /// The request names a host that is not this server's. The operator passes the `Host` header
    /// on at the proxy, or sets `TOOLGATE_RESOURCE` or `TOOLGATE_ALLOWED_HOSTS`.
    ForeignHost,
    /// A page of a foreign origin sent the request. The operator adds the origin to
    /// `TOOLGATE_ALLOWED_ORIGINS` if its pages may call this server.
    ForeignOrigin,
    /// The caller has as many sessions as one caller can have. If it is a busy client, the
    /// operator raises the limit of `SessionLimits`.
    TooManySessions,
    /// The server has as many sessions as it can have. The operator raises the limit of
    /// `SessionLimits`, or adds a replica.
    SessionsExhausted,
    /// The token cannot be verified now: the issuer, or the author's verifier, does not answer.
    /// The operator looks at `/readyz` and at the issuer.
    VerificationUnavailable,
    /// The server cannot store more DPoP proofs. The operator looks for a
    /// client that sends too many requests, or adds a replica.
    ProofsExhausted,
    /// The store that the replicas share does not answer in time, so the server cannot know whether
    /// a proof or a confirmation was used, whether a token was revoked, or whose a session is. The
    /// operator looks at the log of the program and at the store.
    StoreUnavailable,
    /// The server cannot write the request to its audit log, so it does not run the request. The
    /// operator looks at the log of the program and at the disk of `TOOLGATE_AUDIT_FILE`.
    AuditUnavailable,
}

impl DenialReason {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::NoToken,
        Self::InvalidToken,
        Self::ExpiredToken,
        Self::EarlyToken,
        Self::WrongAudience,
        Self::UntrustedIssuer,
        Self::NoIdentity,
        Self::WrongBinding,
        Self::WrongScheme,
        Self::InvalidProof,
        Self::NonceNeeded,
        Self::InsufficientAuthentication,
        Self::MissingScope,
        Self::MissingRole,
        Self::NoPerson,
        Self::DeniedByItem,
        Self::NotConfirmed,
        Self::NotApproved,
        Self::AuthorizeFailed,
        Self::AuthorizeTimeout,
        Self::TooManyPending,
        Self::RateLimited,
        Self::TooManyRunning,
        Self::ForeignHost,
        Self::ForeignOrigin,
        Self::TooManySessions,
        Self::SessionsExhausted,
        Self::VerificationUnavailable,
        Self::ProofsExhausted,
        Self::StoreUnavailable,
        Self::AuditUnavailable,
    ];

    /// The code, the HTTP status and the usual remedy.
    const fn row(self) -> (&'static str, u16, Remedy) {
        match self {
            Self::NoToken => ("no_token", 401, Remedy::Authorize),
            Self::InvalidToken => ("invalid_token", 401, Remedy::Authorize),
            Self::ExpiredToken => ("expired_token", 401, Remedy::Authorize),
            Self::EarlyToken => ("early_token", 401, Remedy::Authorize),
            Self::WrongAudience => ("wrong_audience", 401, Remedy::Authorize),
            Self::UntrustedIssuer => ("untrusted_issuer", 401, Remedy::Authorize),
            Self::NoIdentity => ("no_identity", 401, Remedy::Authorize),
            Self::WrongBinding => ("wrong_binding", 401, Remedy::Authorize),
            Self::WrongScheme => ("wrong_scheme", 401, Remedy::Retry),
            Self::InvalidProof => ("invalid_proof", 401, Remedy::Retry),
            Self::NonceNeeded => ("nonce_needed", 401, Remedy::Retry),
            Self::InsufficientAuthentication => (
                "insufficient_authentication",
                401,
                Remedy::AuthenticateAgain,
            ),
            Self::MissingScope => ("missing_scope", 403, Remedy::Authorize),
            Self::MissingRole => ("missing_role", 403, Remedy::AskAdministrator),
            Self::NoPerson => ("no_person", 403, Remedy::None),
            Self::DeniedByItem => ("denied_by_item", 403, Remedy::None),
            Self::NotConfirmed => ("not_confirmed", 403, Remedy::Confirm),
            Self::NotApproved => ("not_approved", 403, Remedy::Confirm),
            Self::AuthorizeFailed => ("authorize_failed", 403, Remedy::AskAdministrator),
            Self::AuthorizeTimeout => ("authorize_timeout", 503, Remedy::Retry),
            Self::TooManyPending => ("too_many_pending", 429, Remedy::Retry),
            Self::RateLimited => ("rate_limited", 429, Remedy::Retry),
            Self::TooManyRunning => ("too_many_running", 429, Remedy::Retry),
            Self::ForeignHost => ("foreign_host", 403, Remedy::AskAdministrator),
            Self::ForeignOrigin => ("foreign_origin", 403, Remedy::AskAdministrator),
            Self::TooManySessions => ("too_many_sessions", 429, Remedy::Retry),
            Self::SessionsExhausted => ("sessions_exhausted", 503, Remedy::Retry),
            Self::VerificationUnavailable => ("verification_unavailable", 503, Remedy::Retry),
            Self::ProofsExhausted => ("proofs_exhausted", 503, Remedy::Retry),
            Self::StoreUnavailable => ("store_unavailable", 503, Remedy::Retry),
            Self::AuditUnavailable => ("audit_unavailable", 503, Remedy::Retry),
        }
    }

    /// Returns the code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.row().0
    }

    /// Returns the HTTP status of a refusal for this reason.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.row().1
    }

    /// Returns what usually helps. An author can name another remedy for
    /// [`DeniedByItem`](Self::DeniedByItem).
    #[must_use]
    pub const fn remedy(self) -> Remedy {
        self.row().2
    }

    /// Returns the reason with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|reason| reason.code() == code)
    }
}

impl fmt::Display for DenialReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
