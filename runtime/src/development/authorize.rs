//! The authorization endpoint: where a client sends the person's browser.
//!
//! It can be loaded any number of times (applications load it once themselves, to see
//! whether they are known), and what it shows takes no memory.

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{
    Provider,
    answer::OAuthError,
    client::Client,
    consent, document, page,
    parameters::Parameters,
    request::{AuthorizationRequest, Back, redirect},
};

pub(super) async fn authorize(
    State(provider): State<Arc<Provider>>,
    RawQuery(query): RawQuery,
) -> Response {
    let parameters = Parameters::parse(query.unwrap_or_default().as_bytes());
    // Until both are known to be right there is nowhere to send an answer.
    let client = match client(&provider, &parameters).await {
        Ok(client) => client,
        Err(fault) => return page::fault("This application is not known here", &fault),
    };
    let asked = parameters.one("redirect_uri");
    let Some(to) = asked.ok().and_then(|asked| client.redirect(asked)) else {
        return page::fault(
            "The answer would go to the wrong place",
            "The redirect URI is not one that this application registered. Nothing was sent there.",
        );
    };
    let state = parameters.one("state");
    let kept = state
        .ok()
        .flatten()
        .filter(|state| state.len() <= Back::STATE_LIMIT);
    let back = Back {
        redirect: to,
        state: kept.map(str::to_owned),
    };
    if state != Ok(back.state.as_deref()) {
        let error = OAuthError::new("invalid_request", "state is repeated or too long");
        return back.refuse(&provider, &error);
    }
    let answer = match prompt(&parameters) {
        Ok(silent) => AuthorizationRequest::read(&provider, &parameters, client, back.clone())
            .and_then(|request| answer(&provider, &request, silent)),
        Err(error) => Err(error),
    };
    answer.unwrap_or_else(|error| back.refuse(&provider, &error))
}

/// The client that a request names, found out rather than believed.
async fn client(provider: &Provider, parameters: &Parameters) -> Result<Client, document::Fault> {
    let id = match parameters.one("client_id") {
        Ok(Some(id)) => id,
        _ => return Err("The request names no application, or more than one.".into()),
    };
    if document::is_url(id) {
        // Its own pages would make it ask itself.
        if id.starts_with(&provider.settings.origin) {
            return Err("Its identifier is an address of the development issuer itself.".into());
        }
        return provider.documents.client(id, provider.now()).await;
    }
    Client::from_id(id)
        .ok_or("Its identifier was not given out here. Let it register again.".into())
}

/// Whether the client wants an answer without a page (OpenID Connect Core §3.1.2.1).
fn prompt(parameters: &Parameters) -> Result<bool, OAuthError> {
    let prompt = parameters.one("prompt")?.unwrap_or_default();
    match prompt.split(' ').any(|value| value == "none") {
        true if prompt != "none" => Err(OAuthError::new(
            "invalid_request",
            "prompt none goes with no other",
        )),
        silent => Ok(silent),
    }
}

fn answer(
    provider: &Provider,
    request: &AuthorizationRequest,
    silent: bool,
) -> Result<Response, OAuthError> {
    // What answers by itself answers to this machine: see `Back::refuse`.
    if provider.settings.automatic_consent && request.back.redirect.is_loopback() {
        let subject = request.hint.as_ref().unwrap_or(&provider.settings.subject);
        let all: Vec<_> = request.asked().collect();
        let location = consent::grant(provider, request, subject, &all)?;
        return Ok(redirect(StatusCode::FOUND, &location));
    }
    if silent {
        return Err(OAuthError::new(
            "consent_required",
            "the person has to be asked",
        ));
    }
    let subject = consent::first_guess(provider, request);
    let ticked: Vec<_> = request.asked().collect();
    Ok(page::consent(provider, request, &subject, &ticked)?.into_response())
}
