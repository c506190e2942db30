//! Authorization servers: whose tokens are accepted, where their keys come from, and the
//! requests that this server sends to them.

#[doc(inline)]
pub use toolgate_oauth::issuer::{
    Algorithm, ClientAuthentication, ExchangeError, ExchangeErrorKind, Introspection, Issuer,
    Provider, Upstream,
};
#[cfg(feature = "approval")]
pub(crate) use toolgate_oauth::issuer::{AuthorizationCodeClient, ClientRegistration};
#[cfg(feature = "development-issuer")]
pub(crate) use toolgate_oauth::issuer::{EgressPolicy, FetchError, HttpFetcher};
pub(crate) use toolgate_oauth::issuer::{Exchanged, TokenExchangeClient};
