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

use crate::{
    authentication_context,
    authorization_request::AuthorizationRequest,
    client_id_metadata,
    client_lookup::Client,
    consent,
    form_parameters::FormParameters,
    html::{self, ConsentChoices},
    issuer_state::IssuerState,
    json_response::OAuthError,
    response_redirect::{ResponseRedirect, redirect},
    sealed_values::Purpose,
    sign_in::SignIn,
};

/// Validates a request, and asks the person or reports the error.
pub(crate) async fn authorize(
    State(issuer): State<Arc<IssuerState>>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let parameters = FormParameters::parse(query.as_bytes());
    // Until both are valid, there is no safe URL for an error response.
    let client = match look_up_client(&issuer, &parameters).await {
        Ok(ClientLookup::Client(client)) => client,
        Ok(ClientLookup::NeedsPermission(id)) => return permission_page(&issuer, &id, &query),
        Err(error) => {
            return html::error_page(
                &issuer.settings.stylesheet,
                "This application is not known here",
                &error,
                "reload this page to try again. If that does not help, remove this server from the application and add it again, so that the application registers again.",
            );
        }
    };
    let requested = parameters.one("redirect_uri");
    let Some(uri) = requested.ok().and_then(|uri| client.redirect(uri)) else {
        return html::error_page(
            &issuer.settings.stylesheet,
            "The answer would go to the wrong place",
            "This application did not register the redirect URI. Nothing was sent there.",
            "close this page. If you started this login yourself, remove this server from the application and add it again, so that the application registers its current address.",
        );
    };
    let (to, error) = ResponseRedirect::read(uri, &parameters);
    if let Some(error) = error {
        return refuse(&issuer, &to, &error);
    }
    let response = match is_silent(&parameters) {
        Ok(silent) => AuthorizationRequest::validate(&issuer, &parameters, client, to.clone())
            .and_then(|request| respond(&issuer, &request, silent)),
        Err(error) => Err(error),
    };
    response.unwrap_or_else(|error| refuse(&issuer, &to, &error))
}

/// A client, or the need to ask the person before its document is fetched.
enum ClientLookup {
    Client(Client),
    /// The client's document is on this machine and was not fetched yet.
    NeedsPermission(String),
}

/// The parameter that proves that the person permits fetching a client's document from this
/// machine.
const PERMISSION: &str = "described_here";

/// Looks up the client that a request names.
async fn look_up_client(
    issuer: &IssuerState,
    parameters: &FormParameters,
) -> Result<ClientLookup, client_id_metadata::ClientError> {
    let id = match parameters.one("client_id") {
        Ok(Some(id)) => id,
        _ => return Err("The request names no application, or more than one.".into()),
    };
    if !client_id_metadata::is_url(id) {
        return Client::from_id(id)
            .map(ClientLookup::Client)
            .ok_or("Its identifier was not issued here. Let it register again.".into());
    }
    // A URL of the issuer itself would make it send a request to itself.
    if id.starts_with(&format!("{}/", issuer.settings.origin)) {
        return Err("Its identifier is a URL of the development issuer itself.".into());
    }
    let is_permitted = || {
        let seals = parameters.all(PERMISSION);
        let mut permitted = seals.map(|seal| issuer.seal.open(Purpose::Document, seal));
        permitted.any(|permitted| permitted.as_deref() == Some(id.as_bytes()))
    };
    // With automatic consent there is no person to ask.
    if client_id_metadata::is_on_this_machine(&*issuer.settings.server, id)?
        && !issuer.settings.automatic_consent
        && !is_permitted()
    {
        return Ok(ClientLookup::NeedsPermission(id.to_owned()));
    }
    let redirect = parameters.one("redirect_uri").ok().flatten();
    let client = issuer
        .documents
        .client(&*issuer.settings.server, id, redirect);
    Ok(ClientLookup::Client(client.await?))
}

/// Asks the person first (SSRF): any page can send the browser here, and the issuer would
/// then send a request to another program on this machine, which may trust local requests.
fn permission_page(issuer: &IssuerState, id: &str, query: &str) -> Response {
    let seal = issuer.seal.close(Purpose::Document, id.as_bytes());
    html::permission_page(
        &issuer.settings.stylesheet,
        id,
        &format!("/development/authorize?{query}&{PERMISSION}={seal}"),
    )
}

/// Returns whether the client wants an answer without a page (OpenID Connect Core §3.1.2.1).
fn is_silent(parameters: &FormParameters) -> Result<bool, OAuthError> {
    let prompt = parameters.one("prompt")?.unwrap_or_default();
    match prompt.split(' ').any(|value| value == "none") {
        true if prompt != "none" => Err(OAuthError::new(
            "invalid_request",
            "prompt none cannot be combined",
        )),
        silent => Ok(silent),
    }
}

/// Asks the person, unless consent is automatic.
fn respond(
    issuer: &IssuerState,
    request: &AuthorizationRequest,
    silent: bool,
) -> Result<Response, OAuthError> {
    let ticked: Vec<_> = request.requested_scopes().collect();
    // All roles are ticked, so that every tool works at first. To see a denial, untick one.
    let roles: Vec<_> = issuer.roles().collect();
    let sign_in = |subject| SignIn {
        subject,
        ticked: &ticked,
        roles: &roles,
        has_second_factor: authentication_context::prefers_second_factor(&request.acr_values),
    };
    // Automatic answers go to loopback only: see `refuse`.
    if issuer.settings.automatic_consent && request.redirect.uri.is_loopback() {
        let subject = request.hint.as_ref().unwrap_or(&issuer.settings.subject);
        let location = consent::grant(issuer, request, &sign_in(subject))?;
        return Ok(redirect(StatusCode::FOUND, &location));
    }
    if silent {
        return Err(OAuthError::new(
            "consent_required",
            "the person must be asked",
        ));
    }
    let subject = consent::likely_subject(issuer, request);
    let choices = ConsentChoices {
        sign_in: sign_in(&subject),
        subject_error: None,
    };
    html::consent_page(issuer, request, &choices)
}

/// Reports an error in a request to the client without a decision of the person. Any client can
/// register any URI, so the browser is redirected without a click only to this machine:
/// otherwise the issuer would be an open redirector (RFC 9700 §4.11.2).
fn refuse(issuer: &IssuerState, to: &ResponseRedirect, error: &OAuthError) -> Response {
    let location = to.error_location(issuer, error);
    if to.uri.is_loopback() {
        redirect(StatusCode::FOUND, &location)
    } else {
        html::request_error_page(&issuer.settings.stylesheet, error, &to.uri, &location)
    }
}
