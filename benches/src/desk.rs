//! A server's rules and its authenticator, with as many tools and scopes as are wanted.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue, Method, header::AUTHORIZATION};
use serde_json::json;

use crate::{
    access::Access,
    admission::{Decision, Offers, Rules},
    bearer::Credentials,
    clock::{Clock, SystemClock},
    development,
    issuer::Issuer,
    operation::Operation,
    principal::{Acceptance, Principal},
    scope::{Scope, ScopeTable},
    verify::{Authenticator, IssuerVerifier, Shown},
};

pub(crate) const ISSUER: &str = "https://as.example";
pub(crate) const AUDIENCE: &str = "https://mcp.example/mcp";

/// Rules, an authenticator, and a caller who may call every tool.
pub struct Desk {
    rules: Rules,
    authenticator: Authenticator,
    /// Of one token each.
    headers: Vec<HeaderMap>,
    tokens: Vec<String>,
    jwks: String,
    tools: Vec<String>,
    principal: Option<Principal>,
    turn: AtomicUsize,
    cold: AtomicUsize,
}

impl Desk {
    /// One with so many tools, each of which asks for one of so many scopes, all of which
    /// the token has, signed by ES256.
    ///
    /// # Panics
    ///
    /// When there are more than 128 scopes, or no random numbers.
    #[must_use]
    pub fn new(tools: usize, scopes: usize) -> Self {
        Self::with_tokens(tools, scopes, 1)
    }

    /// The same with so many tokens, of which all but the first are cold.
    ///
    /// # Panics
    ///
    /// As [`Desk::new`].
    #[must_use]
    pub fn with_tokens(tools: usize, scopes: usize, tokens: usize) -> Self {
        let names: Vec<&'static str> = (0..scopes)
            .map(|number| &*format!("desk:{number:03}").leak())
            .collect();
        let known = names
            .iter()
            .map(|name| Scope::parse(name).expect("a scope"));
        let table = ScopeTable::new(known).expect("at most 128");
        let tools: Vec<_> = (0..tools)
            .map(|number| format!("tool_{number:05}"))
            .collect();
        let access = |number: usize| {
            let one = table.one(names[number % scopes]).expect("it is known");
            Access::Scopes([one].into())
        };
        let offers = Offers {
            tools: tools
                .iter()
                .enumerate()
                .map(|(number, name)| (name.as_str().into(), access(number)))
                .collect(),
            ..Offers::default()
        };
        let now = SystemClock.now().seconds();
        let claims = (0..tokens).map(|number| {
            json!({
                "iss": ISSUER, "sub": "alice", "client_id": "a-client-of-alice", "aud": AUDIENCE,
                "exp": now + 3600, "iat": now, "jti": format!("an-identifier-{number:08}"),
                "scope": names.join(" "),
            })
        });
        let (tokens, jwks) = development::tokens(claims);
        let issuer = Issuer::new(ISSUER).with_jwks(&*jwks);
        let verifier = IssuerVerifier::new([issuer]).expect("good settings");
        let authenticator = Authenticator::new(
            verifier,
            Acceptance::new([ISSUER], [AUDIENCE]),
            Arc::new(table.clone()),
            Arc::new(SystemClock),
        );
        let headers = tokens.iter().map(|token| {
            let header = HeaderValue::from_maybe_shared(format!("Bearer {token}").into_bytes());
            HeaderMap::from_iter([(AUTHORIZATION, header.expect("ASCII"))])
        });
        let baseline = table.asked_for();
        let mut desk = Self {
            rules: Rules::new(table, offers, baseline, false),
            authenticator,
            headers: headers.collect(),
            tokens,
            jwks,
            tools,
            principal: None,
            turn: AtomicUsize::new(0),
            cold: AtomicUsize::new(1),
        };
        desk.principal = Some(desk.authenticated(0));
        assert!(desk.decide() && desk.admit() && desk.decide_for_another() && desk.warm());
        desk
    }

    /// Decides about one tool, which is every time the same; says whether it may be called.
    #[must_use]
    pub fn decide(&self) -> bool {
        self.decide_about(&self.tools[self.tools.len() / 2], self.principal.as_ref())
    }

    /// The same about a tool that was not called lately, so that nothing of it is in the
    /// processor's nearest cache.
    #[must_use]
    pub fn decide_for_another(&self) -> bool {
        // Relatively prime to every number of tools here.
        let turn = self.turn.fetch_add(7919, Ordering::Relaxed);
        let tool = &self.tools[turn % self.tools.len()];
        self.decide_about(tool, self.principal.as_ref())
    }

    /// All that a request's token and its tool cost once the token is known: it is read
    /// from its header, looked up, judged, and decided about.
    #[must_use]
    pub fn warm(&self) -> bool {
        self.enter(0)
    }

    /// The same for a token that was never seen before: it is taken apart, its signature
    /// verified, its claims read, and the verdict kept.
    ///
    /// # Panics
    ///
    /// When there are no more such tokens.
    #[must_use]
    pub fn cold(&self) -> bool {
        self.enter(self.cold.fetch_add(1, Ordering::Relaxed))
    }

    /// The tokens and the key set that verifies them, for others to try.
    #[must_use]
    pub fn tokens(&self) -> (&[String], &str) {
        (&self.tokens, &self.jwks)
    }

    fn enter(&self, number: usize) -> bool {
        let principal = self.authenticated(number);
        self.admit_to(&self.tools[0], Some(principal))
    }

    /// Decides, and makes the admission of it, which holds the caller.
    #[must_use]
    pub fn admit(&self) -> bool {
        self.admit_to(&self.tools[self.tools.len() / 2], self.principal.clone())
    }

    fn admit_to(&self, tool: &str, principal: Option<Principal>) -> bool {
        let decision = self.rules.decide(Operation::CallTool(tool), principal);
        matches!(decision, Decision::Admit(_))
    }

    fn authenticated(&self, number: usize) -> Principal {
        let headers = self.headers.get(number).expect("a token is left");
        let credentials = Credentials::read(headers, None, true).expect("one token");
        let credentials = credentials.expect("it is there");
        let shown = Shown::read(&Method::POST, headers);
        // Nothing waits: the keys are given, or the token is known.
        let judged = self.authenticator.authenticate(&credentials, &shown);
        let judged = judged.now_or_never();
        let accepted = judged.expect("at once").expect("it is good");
        accepted.sent_with(credentials)
    }

    fn decide_about(&self, tool: &str, principal: Option<&Principal>) -> bool {
        self.rules.admits(Operation::CallTool(tool), principal)
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk")
            .field("tools", &self.tools.len())
            .finish_non_exhaustive()
    }
}
