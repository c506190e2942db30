//! Checks that a token is an access token.
//!
//! Issuers sign other tokens with the same keys: ID tokens, logout tokens, proofs. None of
//! these may be used as an access token (RFC 8725 §2.8, §3.11 and §3.12).

use serde_json::{Map, Value};

use crate::issuer::Issuer;

/// The claims that RFC 9068 §2.2 requires in addition to `iss` and `exp`, which are always
/// required.
const REQUIRED_BY_PROFILE: [&str; 5] = ["aud", "sub", "client_id", "iat", "jti"];

/// Checks the type in the header. Types are media types: case is ignored and `application/`
/// may be omitted (RFC 7515 §4.1.9).
pub(super) fn check_type(typ: Option<&str>, issuer: &Issuer) -> Result<(), String> {
    let is = |name: &str| typ.is_some_and(|typ| typ.eq_ignore_ascii_case(name));
    let at_jwt = is("at+jwt") || is("application/at+jwt");
    match typ {
        _ if at_jwt => Ok(()),
        _ if issuer.is_strict() => Err("its typ is not at+jwt, which is required".to_owned()),
        None => Ok(()),
        _ if is("JWT") => Ok(()),
        Some(typ) => Err(format!("its typ {typ:?} is not an access token type")),
    }
}

/// Checks the claims that identify the token type, and the required claims.
///
/// Most ID tokens have the same `typ` as many access tokens. Only an ID token has a hash of
/// another token (OpenID Connect Core §3.1.3.6 and §3.3.2.11), a `nonce` without any scope
/// claim (some access tokens repeat a nonce, but not without scopes), or a claim in which
/// the issuer names the type (Cognito's `token_use`, Keycloak's `typ`). `events` marks a
/// security event, such as a logout token (RFC 8417 §2.2). As a last check, the audience of
/// an ID token is the client, not this server.
pub(super) fn check_claims(claims: &Map<String, Value>, issuer: &Issuer) -> Result<(), String> {
    let has = |name: &str| claims.contains_key(name);
    let own = issuer.claim_mapping().scopes.iter().map(|name| &**name);
    let usual = ["scope", "scp", "scopes", "permissions"];
    let has_scopes = usual.iter().copied().chain(own).any(has);
    let says = |name: &str, kinds: &[&str]| {
        let kind = claims.get(name).and_then(Value::as_str);
        kind.is_some_and(|kind| kinds.iter().any(|one| kind.eq_ignore_ascii_case(one)))
    };
    if ["at_hash", "c_hash", "s_hash"].iter().any(|name| has(name))
        || (has("nonce") && !has_scopes)
        || says("token_use", &["id"])
        || says("typ", &["ID"])
    {
        return Err("it is an ID token".to_owned());
    }
    if says("typ", &["Refresh", "Offline"]) || says("token_use", &["refresh"]) {
        return Err("it is a refresh token".to_owned());
    }
    if has("events") || says("typ", &["Logout"]) {
        return Err("it is a logout token or another security event".to_owned());
    }
    let mut lists = issuer.required_one_of().iter();
    if let Some(list) = lists.find(|list| !list.iter().copied().any(has)) {
        return Err(format!("it has none of {}", list.join(", ")));
    }
    for (name, value) in issuer.required_values() {
        if claims.get(name).and_then(Value::as_str) != Some(value) {
            return Err(format!("its {name:?} is not {value:?}, which is required"));
        }
    }
    let mut names = issuer.claim_mapping().audience.iter();
    let audience = names.find_map(|name| claims.get(&**name));
    let audiences = audience.and_then(Value::as_array).map_or(1, Vec::len);
    if issuer.has_single_audience() && audiences > 1 {
        return Err("it has more than one audience".to_owned());
    }
    match issuer.required().iter().find(|name| !has(name)) {
        Some(name) => Err(format!("the required claim {name:?} is missing")),
        None => Ok(()),
    }
}

/// Checks the claims that the strict profile requires of a JWT.
pub(super) fn check_profile(claims: &Map<String, Value>, issuer: &Issuer) -> Result<(), String> {
    let mut required = match issuer.is_strict() {
        true => REQUIRED_BY_PROFILE.iter(),
        false => [].iter(),
    };
    match required.find(|name| !claims.contains_key(**name)) {
        Some(name) => Err(format!("the required claim {name:?} is missing")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issuer::Provider;
    use serde_json::json;

    fn lax() -> Issuer {
        Issuer::new("https://i")
    }

    #[test]
    fn only_the_types_of_access_tokens_are_accepted() {
        for typ in [
            "JWT",
            "jwt",
            "at+jwt",
            "AT+JWT",
            "application/at+jwt",
            "Application/AT+jwt",
        ] {
            assert_eq!(check_type(Some(typ), &lax()), Ok(()), "{typ}");
        }
        assert_eq!(check_type(None, &lax()), Ok(()));
        for typ in [
            "",
            "id_token",
            "id+jwt",
            "logout+jwt",
            "dpop+jwt",
            "secevent+jwt",
            "JOSE",
            "JWE",
            "application/jwt2",
            "at+jwt ",
            "rt+jwt",
            "application/application/at+jwt",
        ] {
            assert!(check_type(Some(typ), &lax()).is_err(), "{typ}");
        }
    }

    #[test]
    fn the_strict_profile_takes_at_jwt_and_nothing_else() {
        let strict = lax().with_strict_profile();
        assert_eq!(check_type(Some("at+JWT"), &strict), Ok(()));
        assert_eq!(check_type(Some("application/at+jwt"), &strict), Ok(()));
        for typ in [None, Some("JWT"), Some("")] {
            assert!(check_type(typ, &strict).is_err(), "{typ:?}");
        }
    }

    fn claims(issuer: &Issuer, claims: Value) -> Result<(), String> {
        let claims = claims.as_object().unwrap();
        check_claims(claims, issuer).and_then(|()| check_profile(claims, issuer))
    }

    #[test]
    fn what_is_recognisably_no_access_token_is_refused() {
        for (what, token) in [
            ("ID token", json!({"at_hash": "x", "scope": "a"})),
            ("ID token", json!({"c_hash": "x"})),
            ("ID token", json!({"s_hash": "x"})),
            ("ID token", json!({"nonce": "x"})),
            ("ID token", json!({"token_use": "id", "scope": "a"})),
            ("ID token", json!({"typ": "ID", "scope": "a"})),
            ("refresh", json!({"typ": "Refresh", "scope": "a"})),
            ("refresh", json!({"typ": "Offline", "scope": "a"})),
            ("security event", json!({"events": {}})),
            ("security event", json!({"typ": "Logout"})),
        ] {
            let error = claims(&lax(), token.clone()).unwrap_err();
            assert!(error.contains(what), "{token}: {error}");
        }
        for token in [
            json!({}),
            json!({"nonce": "x", "scope": ""}),
            json!({"nonce": "x", "scp": ["a"]}),
            json!({"typ": "Bearer", "sid": "x"}),
            json!({"token_use": "access", "client_id": "c"}),
        ] {
            assert_eq!(claims(&lax(), token.clone()), Ok(()), "{token}");
        }
    }

    #[test]
    fn of_each_list_of_claims_one_is_required() {
        let entra = Issuer::for_provider(Provider::EntraId, "https://login.example/t/v2.0");
        for (token, expected) in [
            (json!({"scp": "a", "azp": "c"}), Ok(())),
            (json!({"roles": ["a"], "appid": "c"}), Ok(())),
            (json!({"azp": "c"}), Err("it has none of scp, roles")),
            (json!({"roles": ["a"]}), Err("it has none of azp, appid")),
            (json!({"scp": "a"}), Err("it has none of azp, appid")),
        ] {
            let expected = expected.map_err(str::to_owned);
            assert_eq!(claims(&entra, token.clone()), expected, "{token}");
        }
    }

    #[test]
    fn required_claims_are_required() {
        let full =
            json!({"aud": "a", "sub": "s", "client_id": "c", "iat": 1, "jti": "j", "x": null});
        let issuer = lax().with_strict_profile().with_required_claim("x");
        assert_eq!(claims(&issuer, full.clone()), Ok(()));
        for name in ["aud", "sub", "client_id", "iat", "jti", "x"] {
            let mut partial = full.clone();
            partial.as_object_mut().unwrap().remove(name);
            assert!(claims(&issuer, partial).unwrap_err().contains(name));
        }
    }

    #[test]
    fn a_single_audience_is_one() {
        let issuer = lax().with_single_audience();
        for (audience, single) in [
            (json!("a"), true),
            (json!(["a"]), true),
            (json!(["a", "a"]), false),
        ] {
            let token = json!({"aud": audience});
            assert_eq!(claims(&issuer, token.clone()).is_ok(), single, "{audience}");
            assert_eq!(claims(&lax(), token), Ok(()));
            // If another claim names the audience, only that claim counts.
            let own = issuer.clone().with_audience_claim("resources");
            let token = json!({"resources": audience});
            assert_eq!(claims(&own, token).is_ok(), single, "{audience}");
        }
    }

    #[test]
    fn a_required_value_is_this_very_text() {
        let issuer = lax().with_required_value("token_use", "access");
        assert_eq!(claims(&issuer, json!({"token_use": "access"})), Ok(()));
        for other in [
            json!({}),
            json!({"token_use": "Access"}),
            json!({"token_use": ["access"]}),
        ] {
            assert!(claims(&issuer, other.clone()).is_err(), "{other}");
        }
    }

    #[test]
    fn an_issuers_own_scope_claim_makes_an_access_token_as_well() {
        let token = json!({"nonce": "x", "roles": []});
        assert!(claims(&lax(), token.clone()).is_err());
        assert_eq!(claims(&lax().with_scope_claims(["roles"]), token), Ok(()));
    }
}
