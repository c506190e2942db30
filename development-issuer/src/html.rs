//! The HTML pages: the consent form, or the reason why there is none.
//!
//! Plain HTML without scripts (enforced by a content security policy), for light and dark
//! mode, narrow and wide screens, keyboards and screen readers.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::{json_response::OAuthError, redirect_uri::RedirectUri, settings::Stylesheet};

mod consent_form;
mod sign_in_form;

pub(crate) use consent_form::{ConsentChoices, consent_page};
pub(crate) use sign_in_form::sign_in_page;

/// Builds an error page with a next step for the person.
pub(crate) fn error_page(style: &Stylesheet, title: &str, text: &str, next: &str) -> Response {
    let body = html! {
        p { (text) }
        p.next { strong { "What you can do: " } (next) }
    };
    page(style, StatusCode::BAD_REQUEST, title, &body, None)
}

/// Builds an error page for an invalid form.
pub(crate) fn form_error_page(style: &Stylesheet, error: &OAuthError) -> Response {
    let text = format!("The answer was not accepted: {}.", error.description());
    let next = "go back to the page with the question and answer it again, or start the login again from your application.";
    let mut response = error_page(style, "This did not work", &text, next);
    *response.status_mut() = error.status();
    response
}

/// Asks whether the document of a client on this machine may be fetched; `on` is the same
/// request with the consent added. It is a link, because `form-action` of a form would
/// restrict the redirect that follows.
pub(crate) fn permission_page(style: &Stylesheet, client: &str, on: &str) -> Response {
    let body = html! {
        p { "An application says that its description is at this address on this computer:" }
        p { code { (client) } }
        p { "To identify the application, this sign-in has to fetch the description. Any web page can have sent you here, so continue only if you started that program yourself." }
        p.decision { a.button href=(on) { "Fetch it and continue" } }
    };
    page(
        style,
        StatusCode::OK,
        "Ask a program on this computer?",
        &body,
        None,
    )
}

/// Builds an error page with a link back to an application whose request has an error. It is
/// a link because the owner of the address is not known.
pub(crate) fn request_error_page(
    style: &Stylesheet,
    error: &OAuthError,
    uri: &RedirectUri,
    location: &str,
) -> Response {
    let body = html! {
        p { "The application's request has an error: " (error.description()) " (" code { (error.code()) } ")." }
        p.next {
            strong { "What you can do: " }
            "report the error to the application's developer. This link leads to the address that it gave; follow it only if you know that address: "
            a href=(location) rel="noreferrer" { (address(uri)) }
        }
    };
    page(
        style,
        StatusCode::BAD_REQUEST,
        "This request cannot be answered",
        &body,
        None,
    )
}

/// Formats a URI with its owner emphasized.
fn address(uri: &RedirectUri) -> Markup {
    let (before, owner, after) = uri.parts();
    html! { code { (before) strong { (owner) } (after) } }
}

fn page(
    style: &Stylesheet,
    status: StatusCode,
    title: &str,
    body: &Markup,
    form_target: Option<&str>,
) -> Response {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(style.text)) }
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
                    p { "This sign-in is a part of the server, for development on this computer. Any name works. It forgets everything when the server stops." }
                }
            }
        }
    };
    (
        status,
        headers(style, form_target),
        Html(markup.into_string()),
    )
        .into_response()
}

fn headers(style: &Stylesheet, form_target: Option<&str>) -> HeaderMap {
    let form = form_target.map_or("'none'".to_owned(), |target| format!("'self' {target}"));
    let policy = format!(
        "default-src 'none'; style-src {}; form-action {form}; frame-ancestors 'none'; base-uri 'none'",
        style.policy_source
    );
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: with it, the `Origin` of this form would be `null`, like that of
        // a foreign form.
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // An invalid header value would remove the policy, so the fallback blocks everything.
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(
        "default-src 'none'; frame-ancestors 'none'",
    ));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers
}
