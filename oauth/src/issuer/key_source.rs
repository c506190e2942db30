//! Builds the JWKS cache of an issuer from its settings, before anything is fetched.

use std::sync::{Arc, Mutex};

use super::{
    Issuer,
    http_fetcher::HttpFetcher,
    jwks::Jwks,
    jwks_cache::{JwksCache, Lifetime},
    jwks_fetcher::{JwksFetcher, Location},
    trusted_issuer::KeySource,
};
use crate::start_error::SetupErrors;

/// Builds the JWKS cache of an issuer without loading it, or adds the errors in the settings.
pub(crate) fn jwks_cache(issuer: &Issuer, errors: &mut SetupErrors) -> Option<Arc<JwksCache>> {
    let named = format!("the issuer {:?}", issuer.name());
    if !issuer.has_algorithms() {
        errors.add(
            format!("{named} has no signature algorithm"),
            "pass at least one to with_algorithms",
        );
    }
    if issuer.spellings().any(str::is_empty) {
        errors.add(
            format!("{named} has an empty name"),
            "write the issuer URL exactly as in its metadata",
        );
    }
    let location = match issuer.key_source() {
        KeySource::Fixed(json) => return fixed(issuer, json, errors),
        KeySource::Discovered => None,
        KeySource::Url(url) => Some(url),
    };
    let (url, egress) = match issuer.url() {
        Ok(url) => url,
        Err(reason) => {
            errors.add(
                format!("{named} cannot be used: {reason}"),
                "write the issuer URL exactly as in its metadata: https, or http on loopback, without \
                 query or fragment (TOOLGATE_AUTHORIZATION_SERVERS); for one inside your own network \
                 name its host in TOOLGATE_PRIVATE_ISSUERS",
            );
            return None;
        }
    };
    let location = match location.map(|text| egress.parse_url(text)).transpose() {
        Ok(None) => Location::Discovered(Mutex::default()),
        Ok(Some(url)) => Location::Known(url),
        Err(reason) => {
            errors.add(
                format!("the key set of {named} cannot be fetched: {reason}"),
                "pass an absolute https URL to with_jwks_uri",
            );
            return None;
        }
    };
    let source = JwksFetcher {
        issuer: url,
        spellings: issuer.spellings().map(str::to_owned).collect(),
        location,
        fetcher: HttpFetcher::new(egress),
    };
    let (refresh_every, outage_limit) = issuer.key_lifetime();
    let lifetime = Lifetime {
        refresh_every,
        outage_limit,
    };
    let name = issuer.name().to_owned();
    Some(JwksCache::loaded_from(source, name, lifetime))
}

fn fixed(issuer: &Issuer, json: &str, errors: &mut SetupErrors) -> Option<Arc<JwksCache>> {
    let set = match Jwks::parse(json.as_bytes()) {
        Ok(set) if set.len() > 0 => Ok(set),
        Ok(set) => Err(set
            .warnings()
            .unwrap_or_else(|| "it has no key for signatures".to_owned())),
        Err(reason) => Err(reason.to_owned()),
    };
    match set {
        Ok(set) => Some(JwksCache::fixed(issuer.name().to_owned(), set)),
        Err(reason) => {
            errors.add(
                format!(
                    "the key set for the issuer {:?} cannot be used: {reason}",
                    issuer.name()
                ),
                "pass a JWK Set with a public key for signatures to with_jwks",
            );
            None
        }
    }
}
