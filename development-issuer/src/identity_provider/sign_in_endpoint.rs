//! The page on which a person signs in, and the endpoint for its form.
//!
//! As for the consent page, the form has the sealed request, and a form of another page is refused
//! (CSRF).

use std::sync::Arc;

use axum::{
    extract::{RawQuery, Request, State},
    http::StatusCode,
    response::Response,
};

use super::{identifier::issuer, sign_in_request::SignInRequest};
use crate::{
    authentication_context,
    client_lookup::redirect_among,
    confidential_client::ConfidentialClient,
    consent::is_same_origin,
    form_parameters::FormParameters,
    grant_store::Login,
    html::{self, ConsentChoices},
    identity_provider_state::SignedIn,
    issuer_state::IssuerState,
    json_response::OAuthError,
    response_redirect::{ResponseRedirect, redirect},
    sealed_values,
    sign_in::SignIn,
    subject_name,
};

/// Validates a request, and shows the page or reports the error.
pub(crate) async fn authorize(
    State(state): State<Arc<IssuerState>>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let parameters = FormParameters::parse(query.as_bytes());
    let style = &state.settings.stylesheet;
    // Without a valid client and redirect URI, there is no safe URL for an error response.
    let id = parameters.one("client_id").ok().flatten();
    let Some(client) = id.and_then(ConfidentialClient::from_id) else {
        return html::error_page(
            style,
            "This application is not known here",
            "The identity provider signs people in to applications that are registered with credentials.",
            "register the application with the grant type jwt-bearer, and start the sign-in again.",
        );
    };
    let requested = parameters.one("redirect_uri").ok();
    let uri = requested.and_then(|uri| redirect_among(&client.registration.redirects, uri));
    let Some(uri) = uri else {
        return html::error_page(
            style,
            "The answer would go to the wrong place",
            "This application did not register the redirect URI. Nothing was sent there.",
            "close this page, and register the current address of the application.",
        );
    };
    let (to, error) = ResponseRedirect::read(uri, &parameters);
    if let Some(error) = error {
        return refuse(&state, &to, &error);
    }
    SignInRequest::validate(&state, &parameters, client, to.clone())
        .and_then(|request| respond(&state, &request))
        .unwrap_or_else(|error| refuse(&state, &to, &error))
}

/// Shows the page, unless consent is automatic.
fn respond(state: &IssuerState, request: &SignInRequest) -> Result<Response, OAuthError> {
    let roles: Vec<_> = state.roles().collect();
    let subject = request.hint.as_ref().unwrap_or(&state.settings.subject);
    let sign_in = SignIn {
        subject,
        ticked: &[],
        roles: &roles,
        has_second_factor: authentication_context::prefers_second_factor(&request.acr_values),
    };
    if state.settings.automatic_consent && request.redirect.uri.is_loopback() {
        let location = sign_in_with(state, request, &sign_in)?;
        return Ok(redirect(StatusCode::FOUND, &location));
    }
    let choices = ConsentChoices {
        sign_in,
        subject_error: None,
    };
    html::sign_in_page(state, request, &choices)
}

/// Handles the form of the page.
pub(crate) async fn decide(State(state): State<Arc<IssuerState>>, request: Request) -> Response {
    let style = &state.settings.stylesheet;
    if !is_same_origin(request.headers(), request.uri()) {
        return html::error_page(
            style,
            "This decision came from another page",
            "Another page sent this form. Nobody was signed in.",
            "close this page and the one that led here.",
        );
    }
    match FormParameters::from_form(request, state.settings.body_time).await {
        Ok(form) => decide_form(&state, &form),
        Err(error) => Err(error),
    }
    .unwrap_or_else(|error| html::form_error_page(style, &error))
}

fn decide_form(state: &IssuerState, form: &FormParameters) -> Result<Response, OAuthError> {
    let sealed = form.required("request", "the form has no request")?;
    let Some(request) = SignInRequest::open(state, sealed) else {
        return Ok(html::error_page(
            &state.settings.stylesheet,
            "This request has expired",
            "It is older than ten minutes, or the server was restarted.",
            "start the sign-in again from your application.",
        ));
    };
    if form.one("decision")? == Some("deny") {
        let denied = OAuthError::new("access_denied", "the person did not sign in");
        let location = error_location(state, &request.redirect, &denied);
        return Ok(redirect(StatusCode::SEE_OTHER, &location));
    }
    let roles: Vec<_> = state
        .roles()
        .filter(|role| form.all("role").any(|one| one == *role))
        .collect();
    let typed = form.one("subject")?.unwrap_or_default();
    let subject = subject_name::parse(typed);
    let printable: String = typed.chars().filter(|c| !c.is_control()).collect();
    let sign_in = SignIn {
        subject: subject.as_deref().unwrap_or(&printable),
        ticked: &[],
        roles: &roles,
        has_second_factor: form.one("second_factor")?.is_some(),
    };
    if subject.is_none() {
        let choices = ConsentChoices {
            sign_in,
            subject_error: Some("Type a user name of 1 to 64 printable characters."),
        };
        return html::sign_in_page(state, &request, &choices);
    }
    // A form is accepted once, so that somebody else who saw the page gets no code.
    if !state
        .memory()
        .use_once(&request.id, request.ends(), state.now())
    {
        return Err(OAuthError::new(
            "invalid_request",
            "this sign-in was already answered",
        ));
    }
    let location = sign_in_with(state, &request, &sign_in)?;
    Ok(redirect(StatusCode::SEE_OTHER, &location))
}

/// Signs the person in, and returns the redirect with the code.
fn sign_in_with(
    state: &IssuerState,
    request: &SignInRequest,
    sign_in: &SignIn<'_>,
) -> Result<String, OAuthError> {
    let reached =
        authentication_context::reached(state, &request.acr_values, sign_in.has_second_factor);
    let acr = match reached {
        Ok(acr) => acr,
        Err(error) => return Ok(error_location(state, &request.redirect, &error)),
    };
    let (now, code) = (state.now(), sealed_values::random()?);
    tracing::info!(
        client = %state.quoted(request.name.as_deref().unwrap_or_default()),
        subject = %state.quoted(sign_in.subject),
        "the person signed in at the imitated identity provider"
    );
    let signed_in = SignedIn {
        client: request.client.clone(),
        subject: sign_in.subject.to_owned(),
        login: Login { acr, time: now },
        roles: sign_in.roles.iter().map(|&role| role.to_owned()).collect(),
        nonce: request.nonce.clone(),
        redirect: request
            .has_redirect_uri
            .then(|| request.redirect.uri.as_str().to_owned()),
        challenge: request.challenge.clone(),
    };
    state
        .identity_provider
        .sign_ins()
        .store(&code, signed_in, now);
    let iss = issuer(&state.settings);
    Ok(request.redirect.location_from(&iss, &[("code", &code)]))
}

fn error_location(state: &IssuerState, to: &ResponseRedirect, error: &OAuthError) -> String {
    to.location_from(
        &issuer(&state.settings),
        &[
            ("error", error.code()),
            ("error_description", error.description()),
        ],
    )
}

/// Reports an error. Only a redirect to this machine needs no click (RFC 9700 §4.11.2).
fn refuse(state: &IssuerState, to: &ResponseRedirect, error: &OAuthError) -> Response {
    let location = error_location(state, to, error);
    match to.uri.is_loopback() {
        true => redirect(StatusCode::FOUND, &location),
        false => html::request_error_page(&state.settings.stylesheet, error, &to.uri, &location),
    }
}
