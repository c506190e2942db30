//! What is particular about the providers that people use.
//!
//! Standards leave room, and each provider uses it in its own way: where scopes stand,
//! what a token is for, how an issuer spells itself. Nothing of that is guessed from a
//! token; it follows from which provider the issuer is.

use url::Url;

use super::{
    ClientAuthentication, Introspection, Issuer, introspection::Dialect, reach::is_loopback,
};

/// A provider of authorization servers.
///
/// Hosted ones are recognised by the address of the issuer, so that a name in
/// `TOOLGATE_AUTHORIZATION_SERVERS` or [`Config::with_issuer`](crate::Config::with_issuer)
/// is all that is needed. Say which one it is where an address of one's own hides it:
///
/// ```
/// use toolgate::{Config, Issuer, Provider};
///
/// let issuer = Issuer::of(Provider::Auth0, "https://login.example.com/");
/// let config = Config::new("https://mcp.example.com/mcp").with_issuer(issuer);
/// ```
///
/// Each of them must be told which resource its tokens are for. Where it puts an id of its
/// own into `aud`, that id goes into `TOOLGATE_AUDIENCES`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Provider {
    /// Any authorization server that follows the standards.
    Generic,
    /// Scalekit. The issuer is `https://<environment>/resources/res_…`, and tokens may
    /// still name the environment alone; scopes are an array named `scopes`.
    ///
    /// There: create an MCP server with this server's URL and its scopes. Its id, `res_…`,
    /// is an audience. Scalekit's own variables say all of this by themselves.
    Scalekit,
    /// Auth0. The issuer ends in a slash: `https://<tenant>.auth0.com/`. Permissions of
    /// an API count where a token has no `scope`.
    ///
    /// There: create an API whose identifier is this server's URL and add the scopes as
    /// its permissions. Turn on the resource parameter compatibility profile; without an
    /// API, Auth0 gives out tokens that nobody can read.
    Auth0,
    /// Keycloak. The issuer is `https://<host>/realms/<realm>`.
    ///
    /// There: make a client scope for each scope, with an audience mapper that adds this
    /// server's URL; Keycloak puts no resource into tokens by itself.
    Keycloak,
    /// Microsoft Entra ID. The issuer is
    /// `https://login.microsoftonline.com/<tenant id>/v2.0`, with the id of one tenant;
    /// tokens of version 1 name `https://sts.windows.net/<tenant id>/`. Scopes are in
    /// `scp`. What has neither `scp` nor `roles`, or names no client (`azp`, `appid`), is no
    /// access token.
    ///
    /// There: register an application, expose an API with the scopes. Its `api://…` URI
    /// and its client id are audiences, for versions 1 and 2. Tokens name a scope alone,
    /// and clients have to ask for it with the URI before it: say that URI with a slash
    /// at its end by [`Issuer::with_scope_prefix`].
    EntraId,
    /// Okta. The issuer is an authorization server for APIs,
    /// `https://<domain>/oauth2/<id>`; tokens of the organisation's own server are for
    /// Okta alone. Scopes are an array named `scp`, the client is `cid`.
    ///
    /// There: add the scopes to the server and make this server's URL its audience.
    Okta,
    /// Amazon Cognito. The issuer is `https://cognito-idp.<region>.amazonaws.com/<pool>`.
    /// Tokens that were asked for without a resource have no `aud`; their `client_id`
    /// counts then, so list the app clients as audiences. What is not `token_use: access`
    /// is refused.
    ///
    /// There: create a resource server with the scopes. Their names begin with its
    /// identifier, which [`Issuer::with_scope_prefix`] takes off.
    Cognito,
    /// WorkOS AuthKit. The issuer is `https://<subdomain>.authkit.app`; its keys are at
    /// `/oauth2/jwks`, whether its metadata says so or not.
    ///
    /// There: add this server's URL as a resource indicator.
    AuthKit,
    /// Descope. The issuer is `https://api.descope.com/v1/apps/agentic/<project>/<server>`,
    /// as the MCP server's settings show it.
    ///
    /// There: set the MCP server's URL, which becomes an audience, and its scopes.
    Descope,
    /// Stytch Connected Apps. The issuer is the project's own domain; add
    /// `stytch.com/<project id>` by [`Issuer::with_spelling`] if tokens still name that.
    ///
    /// There: give the client this server's URL as a custom audience.
    Stytch,
    /// Google. The issuer is `https://accounts.google.com`, whose access tokens only
    /// Google can read: it is asked about each. The audience is the OAuth client, so list
    /// its id; scopes are Google's own. A token must have been granted `openid`, because
    /// it names nobody otherwise.
    ///
    /// There: create an OAuth client; Google registers none by itself.
    Google,
}

/// Hosts of the providers, and of domains below them.
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
    /// The provider to whom an issuer's address belongs; [`Provider::Generic`] where it
    /// does not tell.
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

impl Issuer {
    /// An issuer of this provider, with what is particular about it.
    #[must_use]
    pub fn of(provider: Provider, name: impl Into<String>) -> Self {
        let issuer = Self::new(name);
        let base = issuer.name.trim_end_matches('/').to_owned();
        match provider {
            Provider::Generic | Provider::Keycloak | Provider::Descope | Provider::Stytch => issuer,
            Provider::Scalekit => {
                let issuer = issuer.with_scope_claims(["scopes", "scope", "scp"]);
                match base.split_once("/resources/") {
                    Some((environment, _)) => issuer.with_spelling(environment),
                    None => issuer,
                }
            }
            Provider::Auth0 => issuer.with_scope_claims(["scope", "permissions"]),
            Provider::EntraId => entra(issuer, &base),
            Provider::Okta => issuer
                .with_scope_claims(["scp", "scope"])
                .with_client_claim("cid"),
            Provider::Cognito => issuer
                .with_audience_claim("client_id")
                .with_required_value("token_use", "access"),
            Provider::AuthKit => issuer.with_jwks_uri(format!("{base}/oauth2/jwks")),
            Provider::Google => google(issuer, &base),
        }
    }
}

fn entra(issuer: Issuer, base: &str) -> Issuer {
    let mut issuer = issuer.with_scope_claims(["scp"]).with_client_claim("appid");
    // An ID token has the same audience as an access token of version 2 for an application
    // that calls its own API. It has no scopes, but it may have roles; what it never has
    // is the client that an access token was given to, by its name in either version.
    issuer.required_one_of = &[&["scp", "roles"], &["azp", "appid"]];
    let tenant = base
        .strip_suffix("/v2.0")
        .and_then(|base| base.rsplit_once('/'));
    match tenant {
        Some((host, tenant)) => {
            // An imitation on this machine spells both versions with its own address.
            let host = match Url::parse(host) {
                Ok(url) if is_loopback(&url) => host,
                _ => "https://sts.windows.net",
            };
            issuer.with_spelling(format!("{host}/{tenant}/"))
        }
        None => issuer,
    }
}

fn google(issuer: Issuer, base: &str) -> Issuer {
    // Elsewhere, an imitation answers questions at its own address.
    let endpoint = match base {
        "https://accounts.google.com" => "https://oauth2.googleapis.com/tokeninfo".to_owned(),
        imitation => format!("{imitation}/tokeninfo"),
    };
    let introspection = Introspection::new(ClientAuthentication::none())
        .with_endpoint(endpoint)
        .in_dialect(Dialect::TokenInfo)
        .instead_of_keys();
    issuer
        .with_introspection(introspection)
        .with_required_claim("sub")
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

    #[test]
    fn an_issuer_has_the_spellings_of_its_provider() {
        let spellings = |provider, name: &str| {
            let issuer = Issuer::of(provider, name);
            issuer.spellings().map(str::to_owned).collect::<Vec<_>>()
        };
        let entra = "https://login.microsoftonline.com/t-1/v2.0";
        assert_eq!(
            spellings(Provider::EntraId, entra),
            [entra, "https://sts.windows.net/t-1/"]
        );
        let scalekit = "https://acme.scalekit.dev/resources/res_1";
        assert_eq!(
            spellings(Provider::Scalekit, scalekit),
            [scalekit, "https://acme.scalekit.dev"]
        );
    }
}
