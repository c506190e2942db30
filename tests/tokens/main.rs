//! Tokens and keys over real HTTP, against an imitation issuer.

mod algorithms;
mod api_keys;
mod discovery;
mod dpop;
mod introspection;
mod introspection_cache;
mod issuer_outage;
mod jwks_refresh;
mod token_exchange;
mod token_exchange_responses;

use toolgate::{
    auth::{BearerToken, Claims, IssuerVerifier, TokenError, TokenVerifier},
    issuer::Issuer,
};

/// Builds a verifier for the tokens of one issuer.
fn verifier(issuer: Issuer) -> IssuerVerifier {
    IssuerVerifier::new([issuer]).expect("good settings")
}

async fn verify(verifier: &IssuerVerifier, token: String) -> Result<Claims, TokenError> {
    let token = BearerToken::new(&token).expect("a b64token");
    verifier.verify(&token).await
}

/// Returns why a token was refused, or `ok`.
async fn said(verifier: &IssuerVerifier, token: String) -> String {
    match verify(verifier, token).await {
        Ok(_) => "ok".to_owned(),
        Err(error) => error.reason().to_owned(),
    }
}
