//! The well-known providers, and their recognition by the URL of an issuer.

use url::Url;

/// A provider of authorization servers.
///
/// Hosted providers are recognised by the URL of the issuer, so the URL is enough, in
/// `TOOLGATE_AUTHORIZATION_SERVERS`, `toolgate::Config::with_issuer` and
/// [`Issuer::new`](crate::issuer::Issuer::new) alike. Name the provider explicitly if it runs under a
/// custom domain:
///
/// ```
/// use toolgate::{Config, issuer::{Issuer, Provider}};
///
/// let issuer = Issuer::for_provider(Provider::Auth0, "https://login.example.com/");
/// let config = Config::new("https://mcp.example.com/mcp").with_issuer(issuer);
/// ```
///
/// Each provider must be configured to issue tokens for this server. If it puts its own id of
/// the resource into `aud`, add that id to `TOOLGATE_AUDIENCES`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Provider {
    /// Any authorization server that follows the standards.
    Generic,
    /// Scalekit. The issuer is `https://<environment>/resources/res_…`, but tokens may name
    /// the environment only. Scopes are an array named `scopes`.
    ///
    /// Setup: create an MCP server with this server's URL and its scopes. Its id, `res_…`, is
    /// an audience. Scalekit's own variables configure all of this.
    Scalekit,
    /// Auth0. The issuer ends in a slash: `https://<tenant>.auth0.com/`. If a token has no
    /// `scope`, the permissions of the API are used.
    ///
    /// Setup: create an API whose identifier is this server's URL and add the scopes as its
    /// permissions. Turn on the resource parameter compatibility profile. Without an API,
    /// Auth0 issues tokens that only Auth0 can read.
    Auth0,
    /// Keycloak. The issuer is `https://<host>/realms/<realm>`.
    ///
    /// Setup: create a client scope for each scope, with an audience mapper that adds this
    /// server's URL: Keycloak does not add the resource to tokens by default.
    Keycloak,
    /// Microsoft Entra ID. The issuer is
    /// `https://login.microsoftonline.com/<tenant id>/v2.0`, with the id of one tenant;
    /// tokens of version 1 name `https://sts.windows.net/<tenant id>/`. Scopes are in `scp`.
    /// A token with neither `scp` nor `roles`, or with no client (`azp`, `appid`), is not an
    /// access token.
    ///
    /// Setup: register an application and expose an API with the scopes. Its `api://…` URI
    /// and its client id are the audiences of versions 1 and 2. Tokens contain the bare
    /// scope, but clients have to request it with the URI as prefix: set that URI, with a
    /// trailing slash, by [`Issuer::with_scope_prefix`](crate::issuer::Issuer::with_scope_prefix).
    EntraId,
    /// Okta. The issuer is an authorization server for APIs, `https://<domain>/oauth2/<id>`;
    /// tokens of the organisation's own server are for Okta only. Scopes are an array named
    /// `scp`, the client is `cid`.
    ///
    /// Setup: add the scopes to the authorization server and make this server's URL its
    /// audience.
    Okta,
    /// Amazon Cognito. The issuer is `https://cognito-idp.<region>.amazonaws.com/<pool>`.
    /// Tokens that were requested without a resource have no `aud`; their `client_id` is used
    /// instead, so list the app clients as audiences. Tokens without `token_use: access` are
    /// refused.
    ///
    /// Setup: create a resource server with the scopes. Their names start with its
    /// identifier, which [`Issuer::with_scope_prefix`](crate::issuer::Issuer::with_scope_prefix)
    /// removes.
    Cognito,
    /// WorkOS AuthKit. The issuer is `https://<subdomain>.authkit.app`. Its keys are at
    /// `/oauth2/jwks`, even if its metadata names another URL.
    ///
    /// Setup: add this server's URL as a resource indicator.
    AuthKit,
    /// Descope. The issuer is `https://api.descope.com/v1/apps/agentic/<project>/<server>`,
    /// as in the settings of the MCP server.
    ///
    /// Setup: set the MCP server's URL, which becomes an audience, and its scopes.
    Descope,
    /// Stytch Connected Apps. The issuer is the project's own domain; add
    /// `stytch.com/<project id>` by [`Issuer::with_spelling`](crate::issuer::Issuer::with_spelling) if
    /// tokens name that.
    ///
    /// Setup: set this server's URL as a custom audience of the client.
    Stytch,
    /// Google. The issuer is `https://accounts.google.com`. Its access tokens are opaque, so
    /// each is introspected. The audience is the OAuth client, so list its id; scopes are
    /// Google's own. A token must have been granted `openid`, because it has no subject
    /// otherwise.
    ///
    /// Setup: create an OAuth client; Google does not support client registration.
    Google,
}

/// The hosts of the providers. Their subdomains match too.
const HOSTS: [(&str, Provider); 15] = [
    ("scalekit.com", Provider::Scalekit),
    ("scalekit.dev", Provider::Scalekit),
    ("scalekit.cloud", Provider::Scalekit),
    ("auth0.com", Provider::Auth0),
    ("login.microsoftonline.com", Provider::EntraId),
    ("login.microsoftonline.us", Provider::EntraId),
    ("login.partner.microsoftonline.cn", Provider::EntraId),
    ("ciamlogin.com", Provider::EntraId),
    ("okta.com", Provider::Okta),
    ("oktapreview.com", Provider::Okta),
    ("authkit.app", Provider::AuthKit),
    ("descope.com", Provider::Descope),
    ("stytch.com", Provider::Stytch),
    ("stytch.dev", Provider::Stytch),
    ("accounts.google.com", Provider::Google),
];

impl Provider {
    /// Returns the provider that an issuer's URL belongs to, or [`Provider::Generic`] if the
    /// URL does not identify one.
    #[must_use]
    pub fn recognized(issuer: &str) -> Self {
        let Ok(url) = Url::parse(issuer) else {
            return Self::Generic;
        };
        let host = url.host_str().unwrap_or_default();
        let is_below = |domain: &str| {
            let rest = host.strip_suffix(domain);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        if host.starts_with("cognito-idp.") && is_below("amazonaws.com") {
            return Self::Cognito;
        }
        let hosted = HOSTS.iter().find(|(domain, _)| is_below(domain));
        match hosted {
            Some((_, provider)) => *provider,
            None if url.path().contains("/realms/") => Self::Keycloak,
            None => Self::Generic,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosted_providers_are_known_by_their_address() {
        for (issuer, provider) in [
            (
                "https://acme.scalekit.dev/resources/res_1",
                Provider::Scalekit,
            ),
            ("https://acme.eu.auth0.com/", Provider::Auth0),
            ("https://kc.example/realms/acme", Provider::Keycloak),
            (
                "https://login.microsoftonline.com/t/v2.0",
                Provider::EntraId,
            ),
            ("https://acme.okta.com/oauth2/default", Provider::Okta),
            (
                "https://cognito-idp.eu-west-1.amazonaws.com/p",
                Provider::Cognito,
            ),
            ("https://acme.authkit.app", Provider::AuthKit),
            (
                "https://api.descope.com/v1/apps/agentic/P/M",
                Provider::Descope,
            ),
            ("https://acme.customers.stytch.dev", Provider::Stytch),
            ("https://accounts.google.com", Provider::Google),
            ("https://as.example", Provider::Generic),
        ] {
            assert_eq!(Provider::recognized(issuer), provider, "{issuer}");
        }
    }

    #[test]
    fn a_name_that_only_looks_like_a_providers_is_nobodys() {
        for issuer in [
            "https://evilauth0.com/",
            "https://auth0.com.evil.example/",
            "https://evil.example/auth0.com",
            "https://cognito-idp.evil.example/p",
            "https://evil.example/?realms/",
            "not a URL",
        ] {
            assert_eq!(Provider::recognized(issuer), Provider::Generic, "{issuer}");
        }
    }
}
