//! The embedded development issuer: its settings, and the rules of this server that it uses.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, Method};
use serde_json::{Map, Value};
use toolgate_development_issuer::{
    DevelopmentIssuer, DocumentLocation, EmbeddingServer, FetchError, FetchFuture, ProofError,
    Settings, Stylesheet, TOKEN_PATH, Thumbprint,
};
use toolgate_docs_page::{STYLESHEET, STYLESHEET_SOURCE};
use url::Url;

use crate::{
    clock::Clock,
    config::BODY_TIME,
    config::ValidConfig,
    error::{SetupErrors, StartError},
    issuer::{self, Algorithm, EgressPolicy, HttpFetcher, Issuer},
    json,
    log_text::QuotedText,
    loopback::is_loopback_url,
    verify::{self, Dpop, DpopRequest, ProofRequirements, Proofs},
};

use super::{DevelopmentIssuerConfig, TokenIssuers};

/// How far the clock of a client on this machine may differ.
const LEEWAY: Duration = Duration::from_secs(30);

/// The addresses from which the metadata documents of clients may be fetched.
const EGRESS: EgressPolicy = EgressPolicy::THIS_MACHINE;

/// Builds the issuer if it may run here.
pub(super) fn embed(
    settings: &ValidConfig,
    embedding: &DevelopmentIssuerConfig<'_>,
) -> Result<Option<TokenIssuers>, StartError> {
    if !settings.may_issue_for_development() {
        return Ok(None);
    }
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let resource = settings.resource();
    let issuer = DevelopmentIssuer::new(Settings {
        origin: resource.origin().to_owned(),
        resource: resource.as_str().to_owned(),
        audiences: settings.audiences().to_vec(),
        resource_name: embedding.name.to_owned(),
        scopes: embedding
            .scopes
            .iter()
            .map(|&(name, description)| {
                let described = description.map(str::to_owned);
                let described = described.or_else(|| uses(&embedding.offered.asking_for(name)));
                (name.to_owned(), described)
            })
            .collect(),
        default_scopes: owned(&embedding.baseline),
        roles: owned(embedding.roles),
        acr_values: owned(&embedding.offered.acr_values()),
        subject: "developer".to_owned(),
        automatic_consent: settings.consents_automatically(),
        body_time: BODY_TIME,
        dpop_algorithms: Algorithm::ALL.map(Algorithm::name).to_vec(),
        stylesheet: Stylesheet {
            text: STYLESHEET,
            policy_source: STYLESHEET_SOURCE.clone(),
        },
        server: Arc::new(Embedding::new(resource.origin(), embedding.clock)),
    });
    let issuer = issuer.map_err(|errors| {
        let mut faults = SetupErrors::default();
        for error in errors {
            faults.add(error.what, error.remedy);
        }
        faults.into_error()
    })?;
    // The issuer writes the time of a sign-in only into the tokens of a person who signed in.
    let trusted = Issuer::new(issuer.issuer())
        .with_jwks(issuer.jwks().to_string())
        .with_person_claim("auth_time", "*");
    Ok(Some(TokenIssuers {
        trusted: vec![trusted],
        routes: Some(issuer.router()),
    }))
}

/// Returns a description of a scope that has none: the items that require it.
fn uses(names: &[&str]) -> Option<String> {
    const SHOWN: usize = 4;
    match names {
        [] => None,
        [one] => Some(format!("Use {one}")),
        [first @ .., last] if names.len() <= SHOWN => {
            Some(format!("Use {} and {last}", first.join(", ")))
        }
        _ => {
            let (first, rest) = names.split_at(SHOWN - 1);
            Some(format!("Use {} and {} more", first.join(", "), rest.len()))
        }
    }
}

/// The rules of this server that its issuer uses.
struct Embedding {
    clock: Arc<dyn Clock>,
    /// Verifies the proofs that are sent to the token endpoint.
    proofs: Proofs,
    fetcher: HttpFetcher,
}

impl Embedding {
    fn new(origin: &str, clock: &Arc<dyn Clock>) -> Self {
        Self {
            clock: Arc::clone(clock),
            proofs: Proofs::new(
                [format!("{origin}{TOKEN_PATH}")],
                Algorithm::ALL.to_vec(),
                Dpop::default().proof_times(LEEWAY),
                None,
                Arc::clone(clock),
            ),
            fetcher: HttpFetcher::new(EGRESS),
        }
    }
}

impl EmbeddingServer for Embedding {
    fn now(&self) -> u64 {
        self.clock.now().seconds()
    }

    fn document_location(&self, url: &Url) -> Option<DocumentLocation> {
        EGRESS.permits_url(url).ok()?;
        Some(match is_loopback_url(url) {
            true => DocumentLocation::ThisMachine,
            false => DocumentLocation::Remote,
        })
    }

    fn fetch_document<'a>(&'a self, url: &'a Url) -> FetchFuture<'a> {
        Box::pin(async move {
            self.fetcher.get(url).await.map_err(|error| match error {
                issuer::FetchError::UnknownName
                | issuer::FetchError::Certificate(_)
                | issuer::FetchError::NoConnection(_)
                | issuer::FetchError::Timeout => FetchError::Unreachable(error.to_string()),
                issuer::FetchError::Forbidden(_) => {
                    FetchError::Refused("its address is neither public nor on loopback".to_owned())
                }
                _ => FetchError::Refused(error.to_string()),
            })
        })
    }

    fn verify_proof(
        &self,
        headers: &HeaderMap,
        client: &str,
    ) -> Result<Option<Thumbprint>, ProofError> {
        let request = DpopRequest::from_request(&Method::POST, headers);
        if !request.has_proof() {
            return Ok(None);
        }
        let requirements = ProofRequirements {
            token: None,
            key: None,
        };
        match self.proofs.verify(&request, &requirements, client) {
            Ok(proved) => Ok(Some(Thumbprint::new(*proved.thumbprint().as_bytes()))),
            Err(verify::ProofError::Invalid(description)) => Err(ProofError::Invalid(description)),
            // Neither a key nor a nonce is required here.
            Err(verify::ProofError::OtherKey | verify::ProofError::WantsNonce) => {
                Err(ProofError::Internal)
            }
            // The issuer runs in one process, so it has no store.
            Err(verify::ProofError::AtCapacity | verify::ProofError::StoreAway) => {
                Err(ProofError::NoCapacity)
            }
        }
    }

    fn parse_strict_object(&self, json: &[u8]) -> Option<Map<String, Value>> {
        json::strict_object(json).ok()
    }

    fn quote_for_log(&self, text: &str) -> String {
        QuotedText(text, 120).to_string()
    }
}

#[cfg(test)]
mod tests;
