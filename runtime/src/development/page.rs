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

use super::{answer::OAuthError, redirect::RedirectUri, request::Back};

mod question;

pub(super) use question::{Said, consent};

const STYLE: &str = include_str!("page.css");

/// The one style sheet that may apply, by what it says.
static STYLE_SOURCE: LazyLock<String> = LazyLock::new(|| {
    let digest = digest::digest(&digest::SHA256, STYLE.as_bytes());
    format!("'sha256-{}'", BASE64_STANDARD.encode(digest))
});

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
        p { "The application can be told so at the address that it gave. Go there only if you know it:" }
        p { a href=(location) rel="noreferrer" { (address(&back.redirect)) } }
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
