//! The source of an issuer's keys, validated before anything is fetched.

use std::sync::{Arc, Mutex, OnceLock};

use url::Url;

use super::{
    Issuer,
    egress_policy::EgressPolicy,
    jwks::Jwks,
    jwks_cache::{JwksCache, Lifetime},
    jwks_fetcher,
};
use crate::{error::Faults, loopback::is_loopback_url};

/// The source of an issuer's keys.
#[derive(Clone)]
pub(super) enum Origin {
    Discovered,
    Url(String),
    Fixed(String),
}

impl Issuer {
    /// Builds the JWKS cache of this issuer without loading it, or adds the errors in its
    /// settings.
    pub(crate) fn keys(&self, faults: &mut Faults) -> Option<Arc<JwksCache>> {
        let named = format!("the issuer {:?}", self.name);
        if self.algorithms.is_empty() {
            faults.add(
                format!("{named} has no signature algorithm"),
                "pass at least one to with_algorithms",
            );
        }
        if self.spellings.iter().any(String::is_empty) {
            faults.add(
                format!("{named} has an empty name"),
                "write the issuer URL exactly as in its metadata",
            );
        }
        let location = match &self.origin {
            Origin::Fixed(json) => return self.fixed(json, faults),
            Origin::Discovered => None,
            Origin::Url(url) => Some(url),
        };
        let issuer = match self.url() {
            Ok(url) => url,
            Err(reason) => {
                faults.add(
                    format!("{named} cannot be used: {reason}"),
                    "write the issuer URL exactly as in its metadata: https, or http on loopback, without \
                     query or fragment (TOOLGATE_AUTHORIZATION_SERVERS); for an issuer inside your own \
                     network call with_private_addresses",
                );
                return None;
            }
        };
        let reach = self.reach(&issuer);
        let location = match location.map(|text| self.location(text, reach)).transpose() {
            Ok(None) => jwks_fetcher::Location::Discovered(Mutex::default()),
            Ok(Some(url)) => jwks_fetcher::Location::Known(url),
            Err(reason) => {
                faults.add(
                    format!("the key set of {named} cannot be fetched: {reason}"),
                    "pass an absolute https URL to with_jwks_uri",
                );
                return None;
            }
        };
        let source = jwks_fetcher::JwksFetcher {
            issuer,
            spellings: self.spellings.clone(),
            reach,
            location,
            fetcher: OnceLock::new(),
        };
        let lifetime = Lifetime {
            refresh_every: self.refresh_every,
            outage_limit: self.outage_limit.max(self.refresh_every),
        };
        Some(JwksCache::loaded_from(source, self.name.clone(), lifetime))
    }

    fn fixed(&self, json: &str, faults: &mut Faults) -> Option<Arc<JwksCache>> {
        let set = match Jwks::read(json.as_bytes()) {
            Ok(set) if set.len() > 0 => Ok(set),
            Ok(set) => Err(set
                .oddities()
                .unwrap_or_else(|| "it has no key for signatures".to_owned())),
            Err(reason) => Err(reason.to_owned()),
        };
        match set {
            Ok(set) => Some(JwksCache::fixed(self.name.clone(), set)),
            Err(reason) => {
                faults.add(
                    format!(
                        "the key set for the issuer {:?} cannot be used: {reason}",
                        self.name
                    ),
                    "pass a JWK Set with a public key for signatures to with_jwks",
                );
                None
            }
        }
    }

    /// RFC 8414 §2: an issuer identifier has no query and no fragment.
    pub(super) fn url(&self) -> Result<Url, &'static str> {
        let url = Url::parse(&self.name).map_err(|_| "it is not a URL")?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err("its URL has a query or a fragment");
        }
        self.reach(&url).permits_url(&url)?;
        Ok(url)
    }

    pub(super) fn location(&self, text: &str, reach: EgressPolicy) -> Result<Url, &'static str> {
        let url = Url::parse(text).map_err(|_| "it is not a URL")?;
        reach.permits_url(&url)?;
        Ok(url)
    }

    pub(super) fn reach(&self, issuer: &Url) -> EgressPolicy {
        match self.private_addresses {
            true => EgressPolicy::Anywhere,
            false if is_loopback_url(issuer) => EgressPolicy::ThisMachine,
            false => EgressPolicy::Public,
        }
    }
}
