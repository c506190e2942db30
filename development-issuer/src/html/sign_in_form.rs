//! The form for the user name at the identity provider.

use axum::{http::StatusCode, response::Response};
use maud::html;

use super::{
    ConsentChoices,
    consent_form::{destination, roles, strength},
    page,
};
use crate::{
    identity_provider::{identifier::PATH, sign_in_request::SignInRequest},
    issuer_state::IssuerState,
    json_response::OAuthError,
};

/// Builds the page on which a person signs in.
pub(crate) fn sign_in_page(
    issuer: &IssuerState,
    request: &SignInRequest,
    choices: &ConsentChoices<'_>,
) -> Result<Response, OAuthError> {
    let ConsentChoices {
        sign_in,
        subject_error,
    } = choices;
    let sealed = request.seal(issuer)?;
    let action = format!("{}/decision", PATH);
    let name = request.name.as_deref().unwrap_or("an application");
    let body = html! {
        p { "This page imitates the identity provider of an enterprise. A person who signs in here is signed in to all servers of the enterprise: " (name) " then gets tokens without a further question." }
        p { (destination(&request.redirect.uri)) }
        form method="post" action=(action) autocomplete="off" {
            input type="hidden" name="request" value=(sealed);
            div.person {
                label for="subject" { "You are" }
                input #subject type="text" name="subject" value=(sign_in.subject) required maxlength="64"
                    autocapitalize="none" spellcheck="false"
                    autofocus[subject_error.is_some()] aria-invalid=[subject_error.map(|_| "true")];
            }
            @if let Some(error) = *subject_error { p.error role="alert" { (error) } }
            p.note { "Anyone on this computer can sign in as anyone: there is no password." }
            (strength(issuer, sign_in))
            (roles(issuer, sign_in))
            div.decision {
                button.primary type="submit" name="decision" value="allow" { "Sign in" }
                button type="submit" name="decision" value="deny" formnovalidate { "Cancel" }
            }
        }
    };
    let status = match subject_error {
        None => StatusCode::OK,
        Some(_) => StatusCode::BAD_REQUEST,
    };
    let target = request.redirect.uri.policy_source();
    Ok(page(
        &issuer.settings.stylesheet,
        status,
        &format!("Sign in to {name}?"),
        &body,
        Some(&target),
    ))
}
