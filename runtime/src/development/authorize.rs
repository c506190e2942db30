//! The authorization endpoint: where a client sends the person's browser.
//!
//! It can be loaded any number of times (applications load it once themselves, to see
//! whether they are known), and what it shows takes no memory.

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};

use super::{
    Provider,
    answer::OAuthError,
    client::Client,
    consent, document,
    page::{self, Said},
    parameters::Parameters,
    request::{AuthorizationRequest, Back, redirect},
    seal::Purpose,
};

pub(super) async fn authorize(
    State(provider): State<Arc<Provider>>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let parameters = Parameters::parse(query.as_bytes());
    // Until both are known to be right there is nowhere to send an answer.
    let client = match client(&provider, &parameters).await {
        Ok(Known::Client(client)) => client,
        Ok(Known::AskHere(id)) => return ask_here(&provider, &id, &query),
        Err(fault) => {
            return page::fault(
                "This application is not known here",
                &fault,
                "reload this page to try once more. If that does not help, remove this server from the application and add it again: the application then registers anew.",
            );
        }
    };
    let asked = parameters.one("redirect_uri");
    let Some(to) = asked.ok().and_then(|asked| client.redirect(asked)) else {
        return page::fault(
            "The answer would go to the wrong place",
            "The redirect URI is not one that this application registered. Nothing was sent there.",
            "close this page. If you started this login yourself, remove this server from the application and add it again: the application then registers the address that it uses now.",
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

/// What can be known of a client.
enum Known {
    Client(Client),
    /// That it is described on this machine, and that nobody has been asked there yet.
    AskHere(String),
}

/// Says that the person lets this machine be asked for the document of a client.
const ASKED: &str = "described_here";

/// The client that a request names, found out rather than believed.
async fn client(provider: &Provider, parameters: &Parameters) -> Result<Known, document::Fault> {
    let id = match parameters.one("client_id") {
        Ok(Some(id)) => id,
        _ => return Err("The request names no application, or more than one.".into()),
    };
    if !document::is_url(id) {
        return Client::from_id(id)
            .map(Known::Client)
            .ok_or("Its identifier was not given out here. Let it register again.".into());
    }
    // Its own pages would make it ask itself.
    if id.starts_with(&format!("{}/", provider.settings.origin)) {
        return Err("Its identifier is an address of the development issuer itself.".into());
    }
    let is_agreed = || {
        let agreed = parameters.all(ASKED);
        let mut agreed = agreed.map(|seal| provider.seal.open(Purpose::Document, seal));
        agreed.any(|agreed| agreed.as_deref() == Some(id.as_bytes()))
    };
    // With automatic consent nobody is there to be asked.
    if document::is_here(id)? && !provider.settings.automatic_consent && !is_agreed() {
        return Ok(Known::AskHere(id.to_owned()));
    }
    let redirect = parameters.one("redirect_uri").ok().flatten();
    let client = provider.documents.client(id, redirect, provider.now());
    Ok(Known::Client(client.await?))
}

/// Asks the person first: any page can send the browser here, and a program on this
/// machine would be asked by another one that runs here, which it may trust (SSRF).
fn ask_here(provider: &Provider, id: &str, query: &str) -> Response {
    let seal = provider.seal.close(Purpose::Document, id.as_bytes());
    page::ask_here(
        id,
        &format!("/development/authorize?{query}&{ASKED}={seal}"),
    )
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
    let ticked: Vec<_> = request.asked().collect();
    let said = Said {
        subject: &consent::first_guess(provider, request),
        ticked: &ticked,
        fault: None,
    };
    page::consent(provider, request, &said)
}
