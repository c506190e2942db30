//! The authorization endpoint, to which a client sends the person's browser.
//!
//! It can be loaded any number of times and stores nothing. Some applications load it
//! themselves first, to check whether they are registered.

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};

use super::{
    Provider,
    authorization_request::{AuthorizationRequest, ErrorRedirect, redirect},
    client_id_metadata,
    client_lookup::Client,
    consent,
    form_parameters::FormParameters,
    html::{self, Said},
    json_response::OAuthError,
    sealed_values::Purpose,
};

pub(super) async fn authorize(
    State(provider): State<Arc<Provider>>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let parameters = FormParameters::parse(query.as_bytes());
    // Until both are valid, there is no safe URL for an error response.
    let client = match client(&provider, &parameters).await {
        Ok(Known::Client(client)) => client,
        Ok(Known::AskHere(id)) => return ask_here(&provider, &id, &query),
        Err(fault) => {
            return html::fault(
                &provider.settings.stylesheet,
                "This application is not known here",
                &fault,
                "reload this page to try again. If that does not help, remove this server from the application and add it again, so that the application registers again.",
            );
        }
    };
    let asked = parameters.one("redirect_uri");
    let Some(to) = asked.ok().and_then(|asked| client.redirect(asked)) else {
        return html::fault(
            &provider.settings.stylesheet,
            "The answer would go to the wrong place",
            "This application did not register the redirect URI. Nothing was sent there.",
            "close this page. If you started this login yourself, remove this server from the application and add it again, so that the application registers its current address.",
        );
    };
    let state = parameters.one("state");
    let kept = state
        .ok()
        .flatten()
        .filter(|state| state.len() <= ErrorRedirect::STATE_LIMIT);
    let back = ErrorRedirect {
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

/// A client, or the need to ask the person before its document is fetched.
enum Known {
    Client(Client),
    /// The client's document is on this machine and was not fetched yet.
    AskHere(String),
}

/// The parameter that proves that the person permits fetching a client's document from this
/// machine.
const ASKED: &str = "described_here";

/// Looks up the client that a request names.
async fn client(
    provider: &Provider,
    parameters: &FormParameters,
) -> Result<Known, client_id_metadata::Fault> {
    let id = match parameters.one("client_id") {
        Ok(Some(id)) => id,
        _ => return Err("The request names no application, or more than one.".into()),
    };
    if !client_id_metadata::is_url(id) {
        return Client::from_id(id)
            .map(Known::Client)
            .ok_or("Its identifier was not issued here. Let it register again.".into());
    }
    // A URL of the issuer itself would make it send a request to itself.
    if id.starts_with(&format!("{}/", provider.settings.origin)) {
        return Err("Its identifier is a URL of the development issuer itself.".into());
    }
    let is_agreed = || {
        let agreed = parameters.all(ASKED);
        let mut agreed = agreed.map(|seal| provider.seal.open(Purpose::Document, seal));
        agreed.any(|agreed| agreed.as_deref() == Some(id.as_bytes()))
    };
    // With automatic consent there is no person to ask.
    if client_id_metadata::is_here(&*provider.settings.server, id)?
        && !provider.settings.automatic_consent
        && !is_agreed()
    {
        return Ok(Known::AskHere(id.to_owned()));
    }
    let redirect = parameters.one("redirect_uri").ok().flatten();
    let client = provider
        .documents
        .client(&*provider.settings.server, id, redirect);
    Ok(Known::Client(client.await?))
}

/// Asks the person first (SSRF): any page can send the browser here, and the issuer would
/// then send a request to another program on this machine, which may trust local requests.
fn ask_here(provider: &Provider, id: &str, query: &str) -> Response {
    let seal = provider.seal.close(Purpose::Document, id.as_bytes());
    html::ask_here(
        &provider.settings.stylesheet,
        id,
        &format!("/development/authorize?{query}&{ASKED}={seal}"),
    )
}

/// Returns whether the client wants an answer without a page (OpenID Connect Core §3.1.2.1).
fn prompt(parameters: &FormParameters) -> Result<bool, OAuthError> {
    let prompt = parameters.one("prompt")?.unwrap_or_default();
    match prompt.split(' ').any(|value| value == "none") {
        true if prompt != "none" => Err(OAuthError::new(
            "invalid_request",
            "prompt none cannot be combined",
        )),
        silent => Ok(silent),
    }
}

fn answer(
    provider: &Provider,
    request: &AuthorizationRequest,
    silent: bool,
) -> Result<Response, OAuthError> {
    // Automatic answers go to loopback only: see `ErrorRedirect::refuse`.
    if provider.settings.automatic_consent && request.back.redirect.is_loopback() {
        let subject = request.hint.as_ref().unwrap_or(&provider.settings.subject);
        let all: Vec<_> = request.asked().collect();
        let location = consent::grant(provider, request, subject, &all)?;
        return Ok(redirect(StatusCode::FOUND, &location));
    }
    if silent {
        return Err(OAuthError::new(
            "consent_required",
            "the person must be asked",
        ));
    }
    let ticked: Vec<_> = request.asked().collect();
    let said = Said {
        subject: &consent::first_guess(provider, request),
        ticked: &ticked,
        fault: None,
    };
    html::consent(provider, request, &said)
}
