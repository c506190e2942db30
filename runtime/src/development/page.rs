//! What a person sees: the question, or why there is none.
//!
//! Plain HTML in which nothing runs (a content security policy sees to it), for light
//! and dark, narrow and wide, keyboard and screen reader.

use std::sync::LazyLock;

use aws_lc_rs::digest;
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{
    OFFLINE_ACCESS, Provider,
    answer::OAuthError,
    request::{AuthorizationRequest, Back},
};

const STYLE: &str = include_str!("page.css");

/// The one style sheet that may apply, by what it says.
static STYLE_SOURCE: LazyLock<String> = LazyLock::new(|| {
    let digest = digest::digest(&digest::SHA256, STYLE.as_bytes());
    format!("'sha256-{}'", BASE64_STANDARD.encode(digest))
});

/// Asks this person, with these scopes ticked.
pub(super) fn consent(
    provider: &Provider,
    request: &AuthorizationRequest,
    subject: &str,
    ticked: &[&str],
) -> Result<Response, OAuthError> {
    let now = provider.now();
    let (allowed, mut people) = {
        let memory = provider.memory();
        let allowed = memory.allowed(&request.client, subject, now);
        (allowed, memory.subjects(now))
    };
    if !people.contains(&provider.settings.subject) {
        people.push(provider.settings.subject.clone());
    }
    let (before, new): (Vec<_>, Vec<_>) = request
        .asked()
        .partition(|scope| allowed.iter().any(|one| one == scope));
    let settings = &provider.settings;
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
                        @let (code, description) = describe(provider, scope);
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
    let sealed = request.seal(provider)?;
    let form = html! {
        form method="post" action="/development/authorize/decision" autocomplete="off" {
            input type="hidden" name="request" value=(sealed);
            fieldset {
                legend { "You are" }
                div.person {
                    label.hidden for="subject" { "User name" }
                    input #subject type="text" name="subject" value=(subject) required maxlength="64"
                        list="people" autocapitalize="none" spellcheck="false" aria-describedby="person-note";
                    datalist #people { @for one in &people { option value=(one) {} } }
                    button type="submit" name="decision" value="switch" { "Switch user" }
                }
                p.note #person-note { "Any name will do: there is no password. Try several to be several users." }
            }
            @if request.asked().next().is_none() {
                p { "It asks for no permission, only to act in your name." }
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
            @if request.asked().next().is_some() {
                p.note { "Untick what you do not want to allow." }
            }
            div.decision {
                button.primary type="submit" name="decision" value="allow" { "Allow" }
                button type="submit" name="decision" value="deny" formnovalidate { "Deny" }
            }
        }
    };
    let facts = html! {
        dl {
            dt { "Application" }
            dd {
                bdi { (name) } br;
                span.note {
                    @match &request.host {
                        Some(host) => { "Described at " code { (request.client) } ". Only " (host) " can have written that." }
                        None => { "It gave itself this name. Nobody has checked it." }
                    }
                }
            }
            dt { "Answer goes to" }
            dd {
                code { (request.back.redirect.as_str()) } br;
                span.note {
                    @if request.back.redirect.is_loopback() { "A program on this computer." }
                    @else { "Be sure that you know this place." }
                }
            }
            dt { "Server" }
            dd { code { (settings.resource) } }
        }
    };
    let body = html! { (facts) (form) };
    let target = request.back.redirect.policy_source();
    Ok(page(StatusCode::OK, &title, &body, Some(&target)))
}

/// Says why there is no question and no way on.
pub(super) fn fault(title: &str, text: &str) -> Response {
    page(
        StatusCode::BAD_REQUEST,
        title,
        &html! { p { (text) } },
        None,
    )
}

/// The same for a form that cannot be read.
pub(super) fn failure(error: &OAuthError) -> Response {
    let mut response = fault("This did not work", error.description());
    *response.status_mut() = error.status();
    response
}

/// Offers the way back to an application whose request has a fault: by a click, because
/// nobody knows whose address it is.
pub(super) fn refused(error: &OAuthError, back: &Back, location: &str) -> Response {
    let body = html! {
        p { "The application's request has a fault: " (error.description()) " (" code { (error.code()) } ")." }
        p { "The application can be told so at the address that it gave. Go there only if you know it:" }
        p { a href=(location) rel="noreferrer" { code { (back.redirect.as_str()) } } }
    };
    page(
        StatusCode::BAD_REQUEST,
        "This request cannot be answered",
        &body,
        None,
    )
}

fn client_name(request: &AuthorizationRequest) -> &str {
    let name = request.name.as_deref().or(request.host.as_deref());
    name.unwrap_or("An application without a name")
}

/// Whether a scope's own name is worth showing, and what it means.
fn describe<'a>(provider: &'a Provider, scope: &str) -> (bool, Option<&'a str>) {
    if scope == OFFLINE_ACCESS {
        return (false, Some("Keep access while you are away"));
    }
    let known = provider
        .settings
        .scopes
        .iter()
        .find(|(name, _)| name == scope);
    (
        true,
        known.and_then(|(_, description)| description.as_deref()),
    )
}

fn page(status: StatusCode, title: &str, body: &Markup, form_target: Option<&str>) -> Response {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    p.where {
                        svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" {
                            path d="M8 1 2.5 3v4.2c0 3.4 2.3 6.4 5.5 7.8 3.2-1.4 5.5-4.4 5.5-7.8V3L8 1Zm-.8 9.6L4.6 8l1-1 1.6 1.6 3.3-3.4 1 1-4.3 4.4Z" {}
                        }
                        "Development sign-in"
                    }
                    h1 { (title) }
                    (body)
                }
                footer {
                    p { "This sign-in runs on this computer, for development. It checks no password and forgets everything when the server stops." }
                }
            }
        }
    };
    (status, headers(form_target), Html(markup.into_string())).into_response()
}

fn headers(form_target: Option<&str>) -> HeaderMap {
    let form = form_target.map_or("'none'".to_owned(), |target| format!("'self' {target}"));
    let policy = format!(
        "default-src 'none'; style-src {}; form-action {form}; frame-ancestors 'none'; base-uri 'none'",
        *STYLE_SOURCE
    );
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: with it a form's own `Origin` would be `null`, as another's is.
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A policy that is no header value would be one that is not there: then no page loads.
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(
        "default-src 'none'; frame-ancestors 'none'",
    ));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers
}
