//! The development issuer of [`toolgate`](https://docs.rs/toolgate): an authorization server
//! that a server contains while it is developed, so that a login needs no account.
//!
//! It is an internal crate. `toolgate` builds it with its feature `development-issuer`, is its
//! only user, and pins its exact version: no release promises anything about this interface.
//!
//! # For development on loopback only
//!
//! The issuer implements OAuth 2.1 strictly (authorization code with PKCE, RFC 8414, 8707,
//! 9207, 7591, 7009, 7523, 7662, 8693, 9068, 9449 and client id metadata documents), but asks for no
//! password: a person may log in under any name. Two checks therefore keep it on loopback:
//! [`DevelopmentIssuer::new`] refuses any other origin, and each request must come from
//! loopback and be addressed to it.
//!
//! All state is lost at a restart, and all of it is bounded.
//!
//! # Where things are
//!
//! What the issuer needs from its server is the trait [`EmbeddingServer`]; [`Settings`] has the
//! rest. `endpoints.rs` lists the paths.
//!
//! | step | file | helpers |
//! |---|---|---|
//! | the client finds the endpoints | `metadata.rs` | |
//! | the client registers | `registration.rs`, `client_id_metadata.rs` | `client_lookup.rs`, `redirect_uri.rs` |
//! | the client sends the person here | `authorization_endpoint.rs` | `authorization_request.rs`, `response_redirect.rs`, `form_parameters.rs` |
//! | the person grants or denies | `consent.rs`, `html.rs` | `sign_in.rs`, `subject.rs`, `sealed_values.rs` |
//! | the client gets and refreshes tokens | `token_endpoint.rs`, `code_grant.rs`, `refresh_grant.rs` | `public_client.rs`, `dpop.rs`, `grant_store.rs`, `expiring_map.rs`, `token_response.rs`, `issued_tokens.rs`, `signing_key.rs` |
//! | a program gets a token of its own | `client_credentials_grant.rs` | `confidential_registration.rs`, `confidential_client.rs`, `client_authentication.rs`, `assertion.rs`, `assertion_key.rs` |
//! | an enterprise signs a person in for all servers | `identity_provider.rs`, `jwt_bearer_grant.rs` | the same |
//! | tokens are revoked and introspected | `revocation.rs`, `introspection.rs` | `issued_tokens.rs` |
//! | a server or an agent exchanges a token | `token_exchange.rs` | `actor_chain.rs`, `issued_tokens.rs` |

mod actor_chain;
mod assertion;
mod assertion_key;
mod authentication_context;
mod authorization_endpoint;
mod authorization_request;
mod client_authentication;
mod client_credentials_grant;
mod client_id_metadata;
mod client_lookup;
mod code_grant;
mod confidential_client;
mod confidential_registration;
mod consent;
mod development_issuer;
mod dpop;
mod embedding_server;
mod endpoints;
mod expiring_map;
mod form_parameters;
mod grant_store;
mod html;
mod identity_provider;
mod identity_provider_state;
mod introspection;
mod issued_tokens;
mod issuer_state;
mod json_response;
mod jwt_bearer_grant;
mod loopback_guard;
mod metadata;
mod public_client;
mod redirect_uri;
mod refresh_grant;
mod registration;
mod response_redirect;
mod revocation;
mod sealed_values;
mod settings;
mod sign_in;
mod signing_key;
mod subject_name;
#[cfg(test)]
mod tests;
mod token_endpoint;
mod token_exchange;
mod token_response;

pub use development_issuer::DevelopmentIssuer;
pub use embedding_server::{
    DocumentLocation, EmbeddingServer, FetchError, FetchFuture, ProofError, Thumbprint,
};
pub use endpoints::TOKEN_PATH;
pub use settings::{Settings, SetupError, Stylesheet};
