//! A server's rules and its authenticator, with any number of tools and scopes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue, Method, header::AUTHORIZATION};
use serde_json::json;

use toolgate_core::{
    access::{Conditions, Requirement},
    authorization::{Decision, ProtectedItems, Rules},
    caller::{Caller, TokenPolicy},
    clock::{Clock, SystemClock},
    credentials::Credentials,
    operation::Operation,
    scope::{Scope, ScopeTable},
};
use toolgate_oauth::{
    issuer::Issuer,
    verify::{Authenticator, IssuerVerifier, VerificationPath},
};

use crate::mint;

pub(crate) const ISSUER: &str = "https://as.example";
pub(crate) const AUDIENCE: &str = "https://mcp.example/mcp";

/// Rules, an authenticator, and a caller that may call every tool.
pub struct Desk {
    rules: Rules,
    authenticator: Authenticator,
    /// One token each.
    headers: Vec<HeaderMap>,
    tokens: Vec<String>,
    jwks: String,
    tools: Vec<String>,
    scopes: Vec<&'static str>,
    caller: Option<Caller>,
    turn: AtomicUsize,
    cold: AtomicUsize,
}

impl Desk {
    /// Builds `tools` tools that each require one of `scopes` scopes. The token has all of them
    /// and is signed with ES256.
    ///
    /// # Panics
    ///
    /// If there are more than 128 scopes, or no random numbers.
    #[must_use]
    pub fn new(tools: usize, scopes: usize) -> Self {
        Self::with_tokens(tools, scopes, 1)
    }

    /// Builds the same with roles, an `acr` and a `max_age` on every tool except the one that
    /// [`decide`](Self::decide) and [`admit`](Self::admit) decide about.
    ///
    /// # Panics
    ///
    /// As [`Desk::new`].
    #[must_use]
    pub fn with_policies_on_others(tools: usize, scopes: usize) -> Self {
        let mut desk = Self::with_tokens(tools, scopes, 1);
        desk.rules = rules(&desk.tools, &desk.scopes, Some(tools / 2));
        desk.caller = Some(desk.authenticated(0));
        assert!(desk.decide() && desk.admit() && (tools == 1 || !desk.warm()));
        desk
    }

    /// Builds the same with several tokens, all cold except the first.
    ///
    /// # Panics
    ///
    /// As [`Desk::new`].
    #[must_use]
    pub fn with_tokens(tools: usize, scopes: usize, tokens: usize) -> Self {
        let names: Vec<&'static str> = (0..scopes)
            .map(|number| &*format!("desk:{number:03}").leak())
            .collect();
        let tools: Vec<_> = (0..tools)
            .map(|number| format!("tool_{number:05}"))
            .collect();
        let table = table(&names);
        let now = SystemClock.now().seconds();
        let claims = (0..tokens).map(|number| {
            json!({
                "iss": ISSUER, "sub": "alice", "client_id": "a-client-of-alice", "aud": AUDIENCE,
                "exp": now + 3600, "iat": now, "jti": format!("an-identifier-{number:08}"),
                "scope": names.join(" "),
            })
        });
        let (tokens, jwks) = mint::tokens(claims);
        let issuer = Issuer::new(ISSUER).with_jwks(&*jwks);
        let verifier = IssuerVerifier::new([issuer]).expect("good settings");
        let authenticator = Authenticator::new(
            verifier,
            TokenPolicy::new([ISSUER], [AUDIENCE]),
            Arc::new(table),
            Arc::new(SystemClock),
        );
        let headers = tokens.iter().map(|token| {
            let header = HeaderValue::from_maybe_shared(format!("Bearer {token}").into_bytes());
            HeaderMap::from_iter([(AUTHORIZATION, header.expect("ASCII"))])
        });
        let mut desk = Self {
            rules: rules(&tools, &names, None),
            authenticator,
            headers: headers.collect(),
            tokens,
            jwks,
            tools,
            scopes: names,
            caller: None,
            turn: AtomicUsize::new(0),
            cold: AtomicUsize::new(1),
        };
        desk.caller = Some(desk.authenticated(0));
        assert!(desk.decide() && desk.admit() && desk.decide_for_another() && desk.warm());
        desk
    }

    /// Decides about the same tool every time. Returns whether it may be called.
    #[must_use]
    pub fn decide(&self) -> bool {
        self.decide_about(&self.tools[self.tools.len() / 2], self.caller.as_ref())
    }

    /// Decides about a tool that was not used recently, so that its data is not in the nearest
    /// CPU cache.
    #[must_use]
    pub fn decide_for_another(&self) -> bool {
        // Coprime with every number of tools here.
        let turn = self.turn.fetch_add(7919, Ordering::Relaxed);
        let tool = &self.tools[turn % self.tools.len()];
        self.decide_about(tool, self.caller.as_ref())
    }

    /// Does all work for a request with a known token: parses the header, looks up the token,
    /// authorizes and decides.
    #[must_use]
    pub fn warm(&self) -> bool {
        self.admit_request(0)
    }

    /// Does the same for a new token: parses it, verifies its signature, reads its claims and
    /// caches the verdict.
    ///
    /// # Panics
    ///
    /// If no unused token is left.
    #[must_use]
    pub fn cold(&self) -> bool {
        self.admit_request(self.cold.fetch_add(1, Ordering::Relaxed))
    }

    /// Returns the tokens and the key set that verifies them.
    #[must_use]
    pub fn tokens(&self) -> (&[String], &str) {
        (&self.tokens, &self.jwks)
    }

    fn admit_request(&self, number: usize) -> bool {
        let caller = self.authenticated(number);
        self.admit_to(&self.tools[0], Some(caller))
    }

    /// Decides, and builds the admission, which holds the caller.
    #[must_use]
    pub fn admit(&self) -> bool {
        self.admit_to(&self.tools[self.tools.len() / 2], self.caller.clone())
    }

    fn admit_to(&self, tool: &str, caller: Option<Caller>) -> bool {
        let decision = self.rules.decide(Operation::CallTool(tool), caller);
        matches!(decision, Decision::Admit(_))
    }

    fn authenticated(&self, number: usize) -> Caller {
        let headers = self.headers.get(number).expect("a token is left");
        let credentials = Credentials::from_headers(headers, None, true).expect("one token");
        let credentials = credentials.expect("the header has credentials");
        // Never pending: the keys are static, or the token is cached.
        let mut path = VerificationPath::default();
        let result =
            self.authenticator
                .authenticate(&credentials, &Method::POST, headers, &mut path);
        let result = result.now_or_never();
        let accepted = result.expect("never pending").expect("a valid token");
        accepted.sent_with(credentials)
    }

    fn decide_about(&self, tool: &str, caller: Option<&Caller>) -> bool {
        self.rules.allows(Operation::CallTool(tool), caller)
    }
}

fn table(names: &[&'static str]) -> ScopeTable {
    let known = names.iter();
    let known = known.map(|name| Scope::parse(name).expect("a scope"));
    ScopeTable::with_hierarchy(known, &[]).expect("at most 128")
}

/// Builds the rules of tools that each require one of the scopes. With `plain`, all other tools
/// also have conditions.
fn rules(tools: &[String], names: &[&'static str], plain: Option<usize>) -> Rules {
    let table = table(names);
    let conditions = Conditions::NONE
        .with_roles(&[&["owner"], &["editor", "auditor"]])
        .with_acr(&["urn:example:mfa"])
        .with_max_age(Duration::from_secs(300));
    let access = |number: usize| {
        let scope = Scope::parse(names[number % names.len()]).expect("a scope");
        let set: &[Scope] = Vec::leak(vec![scope]);
        let requirement = Requirement::Scopes(Vec::leak(vec![set]));
        match plain {
            Some(plain) if plain != number => requirement.resolve_with(conditions, &table),
            _ => requirement.resolve(&table),
        }
    };
    let named = tools.iter().enumerate();
    let protected_items = ProtectedItems {
        tools: named
            .map(|(number, name)| (name.as_str().into(), access(number)))
            .collect(),
        ..ProtectedItems::default()
    };
    let baseline = table.required();
    Rules::new(table, protected_items, baseline, false)
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk")
            .field("tools", &self.tools.len())
            .finish_non_exhaustive()
    }
}
