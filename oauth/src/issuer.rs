//! Authorization servers: whose tokens are accepted, where their keys come from, and the
//! requests that this server sends to them.

mod algorithm;
mod authorization_code_client;
mod bearer_answer;
mod client_authentication;
mod discovery;
mod egress_policy;
mod endpoint_resolver;
mod http_fetcher;
mod introspection_client;
mod introspection_settings;
mod jwks;
mod jwks_cache;
mod jwks_fetcher;
mod key_source;
mod provider;
mod public_key;
mod refresh_policy;
mod roca;
mod token_exchange_client;
mod trusted_issuer;
mod upstream;

pub use algorithm::Algorithm;
pub use authorization_code_client::{
    Authorization, AuthorizationCodeClient, AuthorizationCodeError, AuthorizationRequest,
    ClientRegistration, RequestingClient,
};
pub use client_authentication::ClientAuthentication;
#[cfg(any(test, fuzzing))]
pub(crate) use discovery::fuzzed;
pub use egress_policy::EgressPolicy;
pub use egress_policy::normalized_host;
pub use http_fetcher::{FetchError, HttpFetcher};
pub(crate) use introspection_client::{IntrospectionClient, IntrospectionError};
pub use introspection_settings::Introspection;
pub(crate) use introspection_settings::JwtHandling;
pub(crate) use jwks::Jwks;
pub(crate) use jwks_cache::{JwksCache, JwksError};
pub(crate) use key_source::jwks_cache;
pub use provider::Provider;
pub(crate) use public_key::PublicKey;
pub use token_exchange_client::{ExchangeError, ExchangeErrorKind};
pub use token_exchange_client::{Exchanged, TokenExchangeClient};
pub use trusted_issuer::Issuer;
pub use upstream::Upstream;

#[cfg(test)]
pub(crate) mod tests {
    pub(crate) mod scripted_fetcher;
}
