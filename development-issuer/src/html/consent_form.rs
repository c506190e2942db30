//! The consent form: the client, the scopes, the redirect URI, and the person's choices.

use std::borrow::Cow;

use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};

use super::{address, page};
use crate::{
    authentication_context, authorization_request::AuthorizationRequest, client_id_metadata,
    issuer_state::IssuerState, json_response::OAuthError, redirect_uri::RedirectUri,
    settings::OFFLINE_ACCESS, sign_in::SignIn,
};

/// The choices that this person has made so far.
pub(crate) struct ConsentChoices<'a> {
    pub(crate) sign_in: SignIn<'a>,
    /// The error in the name.
    pub(crate) subject_error: Option<&'static str>,
}

/// Builds the consent page.
pub(crate) fn consent_page(
    issuer: &IssuerState,
    request: &AuthorizationRequest,
    choices: &ConsentChoices<'_>,
) -> Result<Response, OAuthError> {
    let ConsentChoices {
        sign_in,
        subject_error,
    } = choices;
    let SignIn {
        subject, ticked, ..
    } = *sign_in;
    let now = issuer.now();
    let (allowed, mut people) = {
        let memory = issuer.memory();
        let allowed = memory.allowed(&request.client, subject, now);
        (allowed, memory.subjects(now))
    };
    if !people.contains(&issuer.settings.subject) {
        people.push(issuer.settings.subject.clone());
    }
    let (before, new): (Vec<_>, Vec<_>) = request
        .requested_scopes()
        .partition(|scope| allowed.iter().any(|one| one == scope));
    let settings = &issuer.settings;
    let name = client_name(request);
    let is_more = !allowed.is_empty() && !new.is_empty();
    let title = if is_more {
        format!("Allow {name} to do more with {}?", settings.resource_name)
    } else {
        format!("Allow {name} to use {}?", settings.resource_name)
    };
    let scopes = |scopes: &[&str], label: Option<&str>| {
        html! {
            @for scope in scopes {
                label.scope {
                    input type="checkbox" name="scope" value=(scope) checked[ticked.contains(scope)];
                    span {
                        @let (code, description) = describe(issuer, scope);
                        @match (code, description) {
                            (true, Some(text)) => { strong { (text) } " " code { (scope) } }
                            (true, None) => { code { (scope) } }
                            (false, text) => { strong { (text.unwrap_or_default()) } }
                        }
                        @if let Some(label) = label { " " span.new { (label) } }
                    }
                }
            }
        }
    };
    let sealed = request.seal(issuer)?;
    let form = html! {
        form method="post" action="/development/authorize/decision" autocomplete="off" {
            input type="hidden" name="request" value=(sealed);
            div.person {
                label for="subject" { "You are" }
                input #subject type="text" name="subject" value=(subject) required maxlength="64"
                    list="people" autocapitalize="none" spellcheck="false"
                    autofocus[subject_error.is_some()] aria-invalid=[subject_error.map(|_| "true")]
                    aria-describedby=(if subject_error.is_some() { "person-error person-note" } else { "person-note" });
                datalist #people { @for one in &people { option value=(one) {} } }
                button type="submit" name="decision" value="switch" { "Switch user" }
            }
            @if let Some(error) = *subject_error { p.error #person-error role="alert" { (error) } }
            p.note #person-note { "Anyone on this computer can sign in as anyone: there is no password." }
            (strength(issuer, sign_in))
            (roles(issuer, sign_in))
            @if request.requested_scopes().next().is_none() {
                p.note { "It asks for no permission, only to act in your name." }
            }
            @if !new.is_empty() {
                fieldset {
                    legend { @if is_more { "It asks for more" } @else { "It will be able to" } }
                    (scopes(&new, is_more.then_some("new")))
                }
            }
            @if !before.is_empty() {
                fieldset {
                    legend { "You allowed before" }
                    (scopes(&before, None))
                }
            }
            @if request.requested_scopes().next().is_some() {
                p.note { "Untick what you do not want to allow." }
            }
            div.decision {
                button.primary type="submit" name="decision" value="allow" { "Allow" }
                button type="submit" name="decision" value="deny" formnovalidate { "Deny" }
            }
        }
    };
    let body = html! {
        p { (destination(&request.redirect.uri)) }
        (form)
        (facts(request, &settings.resource))
    };
    let target = request.redirect.uri.policy_source();
    let status = match subject_error {
        None => StatusCode::OK,
        Some(_) => StatusCode::BAD_REQUEST,
    };
    Ok(page(
        &settings.stylesheet,
        status,
        &title,
        &body,
        Some(&target),
    ))
}

/// Offers the imitated second factor, if an item of the server requires it.
pub(super) fn strength(issuer: &IssuerState, sign_in: &SignIn<'_>) -> Markup {
    html! {
        @if authentication_context::offers_second_factor(issuer) {
            label.scope {
                input type="checkbox" name="second_factor" value="imitated"
                    checked[sign_in.has_second_factor];
                span { strong { "Sign in with a second factor" } " (imitated)" }
            }
        }
    }
}

/// Offers the roles that the items of the server name.
pub(super) fn roles(issuer: &IssuerState, sign_in: &SignIn<'_>) -> Markup {
    html! {
        @if issuer.roles().next().is_some() {
            fieldset {
                legend { "Your roles" }
                @for role in issuer.roles() {
                    label.scope {
                        input type="checkbox" name="role" value=(role)
                            checked[sign_in.roles.contains(&role)];
                        span { code { (role) } }
                    }
                }
            }
        }
    }
}

/// Describes the redirect URI in one line. The details below show all of it.
pub(super) fn destination(redirect: &RedirectUri) -> Markup {
    let (_, owner, _) = redirect.parts();
    html! {
        "The answer goes to " strong { (owner) }
        @if redirect.is_loopback() { ", a program on this computer." }
        @else { ". Be sure that you know this place." }
    }
}

/// Builds the details about the client, below the form.
fn facts(request: &AuthorizationRequest, resource: &str) -> Markup {
    html! {
        details.facts {
            summary { "Who asks, and where the answer goes" }
            dl {
                dt { "Application" }
                dd {
                    bdi { (client_name(request)) } br;
                    span.note {
                        @match &request.host {
                            Some(host) => { "Described at " code { (request.client) } ". Only " (host) " can have written that." }
                            None if client_id_metadata::is_url(&request.client) => {
                                "It says that it is described at " code { (request.client) }
                                ", which cannot be reached from here. This is not verified."
                            }
                            None if request.name.is_none() => { "It gave itself no name. It is not verified." }
                            None => { "It gave itself this name. The name is not verified." }
                        }
                    }
                }
                dt { "Answer goes to" }
                dd {
                    (address(&request.redirect.uri)) br;
                    span.note {
                        // RFC 8252 §8.6: any program can listen on that port first.
                        @if request.redirect.uri.is_loopback() {
                            "A program on this computer. Any program here can claim to be this one."
                        }
                        @else { "Be sure that you know this place." }
                    }
                }
                dt { "Server" }
                dd { code { (resource) } }
            }
        }
    }
}

/// Returns the name of the application: the name it gave itself, or the host of its
/// identifier. The details say that the name is not verified.
fn client_name(request: &AuthorizationRequest) -> Cow<'_, str> {
    if let Some(name) = &request.name {
        return name.into();
    }
    match (&request.host, client_id_metadata::host(&request.client)) {
        (Some(host), _) => format!("an application of {host}").into(),
        // Any client can name a host; this one was not reachable.
        (None, Some(host)) => format!("an application of {host} (not verified)").into(),
        (None, None) => "an application without a name".into(),
    }
}

/// Returns whether to show the name of a scope, and its description.
fn describe<'a>(issuer: &'a IssuerState, scope: &str) -> (bool, Option<&'a str>) {
    if scope == OFFLINE_ACCESS {
        return (false, Some("Keep access while you are away"));
    }
    let known = issuer
        .settings
        .scopes
        .iter()
        .find(|(name, _)| name == scope);
    (
        true,
        known.and_then(|(_, description)| description.as_deref()),
    )
}
