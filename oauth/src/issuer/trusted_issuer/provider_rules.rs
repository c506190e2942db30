//! The rules of well-known providers.
//!
//! Providers differ where the standards leave a choice: which claim has the scopes, which
//! audience a token has, how the issuer is spelled. These rules follow from the configured
//! provider and are never guessed from a token.

use url::Url;

use super::{
    super::{
        ClientAuthentication, Introspection, Provider, introspection_settings::IntrospectionDialect,
    },
    Issuer,
};
use crate::loopback::is_loopback_url;

/// Applies the rules of a provider to an issuer without any.
pub(super) fn apply(provider: Provider, issuer: Issuer) -> Issuer {
    let base = issuer.name.trim_end_matches('/').to_owned();
    match provider {
        Provider::Generic | Provider::Descope => issuer,
        // The ids of machine-to-machine clients start with `m2m-client-`.
        Provider::Stytch => [
            "user-live-*",
            "user-test-*",
            "member-live-*",
            "member-test-*",
        ]
        .into_iter()
        .fold(issuer, |issuer, id| issuer.with_person_claim("sub", id)),
        // For Keycloak, a client that calls for itself is a user with a name of this form.
        Provider::Keycloak => issuer
            .with_provider_roles(&["realm_access", "roles"])
            .with_person_claim("preferred_username", "*")
            .with_machine_claim("preferred_username", "service-account-*"),
        Provider::Scalekit => {
            let issuer = issuer
                .with_scope_claims(["scopes", "scope", "scp"])
                .with_person_claim("sub", "usr_*");
            match base.split_once("/resources/") {
                Some((environment, _)) => issuer.with_spelling(environment),
                None => issuer,
            }
        }
        Provider::Auth0 => {
            // The id of a user is the connection, `|`, and the id there. A client that calls for
            // itself is `<client id>@clients`.
            let mut issuer = issuer
                .with_scope_claims(["scope", "permissions"])
                .with_person_claim("sub", "*|*")
                .with_machine_claim("sub", "*@clients")
                .with_machine_claim("gty", "client-credentials");
            // Auth0 takes custom claims under names of the tenant's choice only.
            issuer.claim_mapping.roles.clear();
            issuer
        }
        Provider::EntraId => entra(issuer, &base),
        Provider::Okta => issuer
            .with_scope_claims(["scp", "scope"])
            .with_client_claim("cid")
            .with_provider_roles(&["groups"])
            // Okta writes `uid` only into the token of a user, and reserves the name.
            .with_person_claim("uid", "*"),
        Provider::Cognito => issuer
            .with_audience_claim("client_id")
            .with_required_value("token_use", "access")
            .with_provider_roles(&["cognito:groups"])
            // A token for a client itself has no user name.
            .with_person_claim("username", "*"),
        Provider::AuthKit => issuer
            .with_jwks_uri(format!("{base}/oauth2/jwks"))
            .with_person_claim("sub", "user_*"),
        Provider::Google => google(issuer, &base),
    }
}

fn entra(issuer: Issuer, base: &str) -> Issuer {
    // Only a token on behalf of a user has `scp`. For Entra, the account of an agent
    // is a user; `xms_sub_fct` contains 11 for an agent, and 13 for its account.
    let mut issuer = issuer
        .with_scope_claims(["scp"])
        .with_client_claim("appid")
        .with_person_claim("scp", "*")
        .with_machine_claim("idtyp", "app")
        .with_machine_claim("xms_sub_fct", "11")
        .with_machine_claim("xms_sub_fct", "13");
    // An ID token has the same audience as an access token of version 2 for an application
    // that calls its own API. It has no scopes, but can have roles. It never has the claim
    // for the client of an access token, which is `azp` or `appid`.
    issuer.required_one_of = &[&["scp", "roles"], &["azp", "appid"]];
    let tenant = base
        .strip_suffix("/v2.0")
        .and_then(|base| base.rsplit_once('/'));
    match tenant {
        Some((host, tenant)) => {
            // An imitation on loopback uses its own URL for both versions.
            let host = match Url::parse(host) {
                Ok(url) if is_loopback_url(&url) => host,
                _ => "https://sts.windows.net",
            };
            issuer.with_spelling(format!("{host}/{tenant}/"))
        }
        None => issuer,
    }
}

fn google(issuer: Issuer, base: &str) -> Issuer {
    // An imitation has the introspection endpoint at its own URL.
    let endpoint = match base {
        "https://accounts.google.com" => "https://oauth2.googleapis.com/tokeninfo".to_owned(),
        imitation => format!("{imitation}/tokeninfo"),
    };
    let introspection = Introspection::new(ClientAuthentication::none())
        .with_endpoint(endpoint)
        .in_dialect(IntrospectionDialect::TokenInfo)
        .without_jwks();
    issuer
        .with_introspection(introspection)
        .with_required_claim("sub")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_has_the_spellings_of_its_provider() {
        let spellings = |provider, name: &str| {
            let issuer = Issuer::for_provider(provider, name);
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

    #[test]
    fn the_same_url_gives_the_same_rules_however_the_issuer_is_built() {
        let debug = |issuer: Issuer| (format!("{issuer:?}"), issuer.claim_mapping().clone());
        for (provider, name) in [
            (Provider::Auth0, "https://acme.eu.auth0.com/"),
            (Provider::Google, "https://accounts.google.com"),
            (
                Provider::Cognito,
                "https://cognito-idp.eu-west-1.amazonaws.com/p",
            ),
            (Provider::Generic, "https://as.example"),
        ] {
            let named = debug(Issuer::for_provider(provider, name));
            assert_eq!(debug(Issuer::new(name)), named, "{name}");
            assert_eq!(debug(Issuer::from(name)), named, "{name}");
        }
        let auth0 = "https://acme.eu.auth0.com/";
        let generic = Issuer::for_provider(Provider::Generic, auth0);
        assert_eq!(
            *generic.claim_mapping(),
            crate::claims::ClaimMapping::default()
        );
    }
}
