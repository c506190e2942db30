//! The issuers of a server's tokens.

use std::sync::Arc;

use axum::Router;

use crate::{
    caller::TokenPolicy,
    claims::Claims,
    clock::Clock,
    config::ValidConfig,
    credentials::BearerToken,
    error::SetupErrors,
    issuer::Issuer,
    scope::ScopeTable,
    verify::{Authenticator, IssuerVerifier, TokenError, TokenVerifier},
};

use super::registry::{DescribedScope, ItemAccessRegistry};

#[cfg(feature = "development-issuer")]
mod embedded_issuer;

#[cfg(feature = "development-issuer")]
use embedded_issuer::embed;

/// The issuers of a server.
#[derive(Default)]
pub(super) struct TokenIssuers {
    pub(super) trusted: Vec<Issuer>,
    /// The routes of the embedded issuer, if it is used.
    pub(super) routes: Option<Router>,
}

/// The settings of the embedded issuer.
#[cfg_attr(
    not(feature = "development-issuer"),
    expect(dead_code, reason = "only the embedded issuer reads it")
)]
pub(super) struct DevelopmentIssuerConfig<'a> {
    pub(super) name: &'a str,
    pub(super) offered: &'a ItemAccessRegistry,
    pub(super) scopes: Vec<DescribedScope>,
    pub(super) baseline: Vec<&'static str>,
    /// The roles that the items name, sorted.
    pub(super) roles: &'a [&'static str],
    pub(super) clock: &'a Arc<dyn Clock>,
}

impl TokenIssuers {
    /// Chooses the configured issuers. Without any, and only on loopback, chooses the
    /// embedded development issuer. Tools that require tokens without an issuer are an error.
    pub(super) fn choose(
        settings: &ValidConfig,
        asks_for_tokens: bool,
        embedding: &DevelopmentIssuerConfig<'_>,
        faults: &mut SetupErrors,
    ) -> Self {
        let trusted = settings.issuers().iter();
        let trusted: Vec<_> = trusted.map(|one| one.settings().clone()).collect();
        if settings.consents_automatically() && !settings.may_issue_for_development() {
            faults.add(
                "consent is automatic, and this server has no development issuer, which is the only issuer that can give it",
                "remove `with_automatic_consent`, which is for tests, or configure no issuer and listen on loopback",
            );
        }
        if !trusted.is_empty() || !asks_for_tokens {
            return Self {
                trusted,
                routes: None,
            };
        }
        match embed(settings, embedding) {
            Ok(Some(embedded)) => embedded,
            Ok(None) => {
                settings.add_no_issuer_error(faults);
                Self::default()
            }
            Err(earlier) => {
                faults.extend(earlier);
                Self::default()
            }
        }
    }

    /// Reports an item with `person` if no issuer has a claim that shows a person.
    pub(super) fn check_persons(&self, item: Option<&str>, faults: &mut SetupErrors) {
        let (Some(item), Some(issuer)) = (item, self.trusted.first()) else {
            return;
        };
        let mut mappings = self.trusted.iter().map(Issuer::claim_mapping);
        if mappings.all(|mapping| mapping.person.person.is_empty()) {
            faults.add(
                format!("`{item}` requires a person, and no claim of the issuer {:?} shows one", issuer.name()),
                "name a claim that the issuer writes only when a person has signed in: `Issuer::new(…).with_person_claim(\"auth_time\", \"*\")`",
            );
        }
    }

    /// Reports roles that no token can have, because no issuer says where its tokens have them.
    pub(super) fn check_roles(&self, roles: &[&str], faults: &mut SetupErrors) {
        let (Some(role), Some(issuer)) = (roles.first(), self.trusted.first()) else {
            return;
        };
        let mut mappings = self.trusted.iter().map(Issuer::claim_mapping);
        if mappings.all(|mapping| mapping.roles.is_empty()) {
            faults.add(
                format!("an item requires the role `{role}`, and tokens of the issuer {:?} have no claim with roles", issuer.name()),
                "name the claim that you added at the provider: `Issuer::new(…).with_role_claim([\"https://news.example/roles\"])`",
            );
        }
    }

    /// Returns whether the embedded issuer is used.
    pub(super) fn is_development(&self) -> bool {
        self.routes.is_some()
    }

    /// Returns the issuers to publish, each by its own name.
    pub(super) fn published(&self) -> Vec<String> {
        self.trusted
            .iter()
            .map(|issuer| issuer.name().to_owned())
            .collect()
    }

    /// Returns the prefix of scopes at the issuer that clients use, which is the first.
    pub(super) fn scope_prefix(&self) -> &str {
        self.trusted.first().map_or("", Issuer::scope_prefix)
    }

    /// Returns every accepted `iss`.
    pub(super) fn accepted(&self) -> Vec<String> {
        self.trusted
            .iter()
            .flat_map(|issuer| issuer.spellings().map(str::to_owned))
            .collect()
    }

    /// Returns the constructor of the authenticator for their tokens.
    pub(super) fn verifier(&self, faults: &mut SetupErrors) -> BuildAuthenticator {
        if self.trusted.is_empty() {
            return make_authenticator(NobodyIsTrusted);
        }
        match IssuerVerifier::new(self.trusted.clone()) {
            Ok(verifier) => Box::new(|token_policy, table, clock| {
                let verifier = verifier.with_shared_clock(Arc::clone(&clock));
                Authenticator::new(verifier, token_policy, table, clock)
            }),
            Err(earlier) => {
                faults.extend(earlier);
                make_authenticator(NobodyIsTrusted)
            }
        }
    }
}

/// Builds an authenticator once the accepted issuers and audiences are known.
pub(super) type BuildAuthenticator =
    Box<dyn FnOnce(TokenPolicy, Arc<ScopeTable>, Arc<dyn Clock>) -> Authenticator + Send>;

/// Returns the constructor of an authenticator with this verifier.
pub(super) fn make_authenticator(verifier: impl TokenVerifier) -> BuildAuthenticator {
    Box::new(|token_policy, table, clock| Authenticator::new(verifier, token_policy, table, clock))
}

/// Refuses every token, for a server without issuers whose items are all public. A token that
/// cannot be verified is never treated as absent.
struct NobodyIsTrusted;

impl TokenVerifier for NobodyIsTrusted {
    async fn verify(&self, _token: &BearerToken) -> Result<Claims, TokenError> {
        Err(TokenError::invalid("this server trusts no issuer"))
    }
}

#[cfg(not(feature = "development-issuer"))]
fn embed(
    _settings: &ValidConfig,
    _embedding: &DevelopmentIssuerConfig<'_>,
) -> Result<Option<TokenIssuers>, crate::error::StartError> {
    Ok(None)
}
