//! What a person sees: the question, or why there is none.
//!
//! Plain HTML in which nothing runs (a content security policy sees to it), for light
//! and dark, narrow and wide, keyboard and screen reader.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{answer::OAuthError, redirect::RedirectUri, request::Back};
use crate::stylesheet::{STYLESHEET, STYLESHEET_SOURCE};

mod question;

pub(super) use question::{Said, consent};

/// Says why there is no question, and what the person can do now.
pub(super) fn fault(title: &str, text: &str, next: &str) -> Response {
    let body = html! {
        p { (text) }
        p.next { strong { "What you can do: " } (next) }
    };
    page(StatusCode::BAD_REQUEST, title, &body, None)
}

/// The same for a form that cannot be read.
pub(super) fn failure(error: &OAuthError) -> Response {
    let text = format!("The answer could not be taken: {}.", error.description());
    let next = "go back to the page with the question and answer it again, or start the login again from your application.";
    let mut response = fault("This did not work", &text, next);
    *response.status_mut() = error.status();
    response
}

/// Asks whether a program on this machine may be asked who it is; `on` is the same request
/// with the answer in it. A link, because a policy for forms would judge where the issuer
/// sends the browser next.
pub(super) fn ask_here(client: &str, on: &str) -> Response {
    let body = html! {
        p { "An application says that it is described at this address of this computer:" }
        p { code { (client) } }
        p { "To know it, this sign-in has to ask there. Any web page can have sent you here, so go on only if you started that program yourself." }
        p.decision { a.button href=(on) { "Ask it, and go on" } }
    };
    page(
        StatusCode::OK,
        "Ask a program on this computer?",
        &body,
        None,
    )
}

/// Offers the way back to an application whose request has a fault: by a click, because
/// nobody knows whose address it is.
pub(super) fn refused(error: &OAuthError, back: &Back, location: &str) -> Response {
    let body = html! {
        p { "The application's request has a fault: " (error.description()) " (" code { (error.code()) } ")." }
        p.next {
            strong { "What you can do: " }
            "tell the application so. This link leads to the address that it gave; follow it only if you know that address: "
            a href=(location) rel="noreferrer" { (address(&back.redirect)) }
        }
    };
    page(
        StatusCode::BAD_REQUEST,
        "This request cannot be answered",
        &body,
        None,
    )
}

/// A URI in which one sees whose it is, however long it is.
fn address(uri: &RedirectUri) -> Markup {
    let (before, owner, after) = uri.parts();
    html! { code { (before) strong { (owner) } (after) } }
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
                style { (PreEscaped(STYLESHEET)) }
            }
            body.sign-in {
                main {
                    p.eyebrow {
                        svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" {
                            path d="M8 1 2.5 3v4.2c0 3.4 2.3 6.4 5.5 7.8 3.2-1.4 5.5-4.4 5.5-7.8V3L8 1Zm-.8 9.6L4.6 8l1-1 1.6 1.6 3.3-3.4 1 1-4.3 4.4Z" {}
                        }
                        "Development sign-in"
                    }
                    h1 { (title) }
                    (body)
                }
                footer {
                    p { "This sign-in is a part of the server, for development on this computer. Any name will do. It forgets everything when the server stops." }
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
        *STYLESHEET_SOURCE
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
