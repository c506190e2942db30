//! The HTML pages and their headers: no script, no frame, and nothing from another host.

use std::sync::LazyLock;

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use toolgate_docs_page::{STYLESHEET, STYLESHEET_SOURCE};

/// The text of a page without a form.
pub(crate) struct Notice {
    pub(crate) status: StatusCode,
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
    /// The next step for the user.
    pub(crate) next: &'static str,
}

/// The content of the page with the form. Only the caller sees it.
pub(crate) struct DecisionForm<'a> {
    pub(crate) server_name: &'a str,
    pub(crate) item: &'a str,
    pub(crate) question: &'a str,
    pub(crate) action: &'a str,
    pub(crate) form_token: &'a str,
}

/// Builds a page without a form. `again` is the path of the page of the approval.
pub(crate) fn notice(server_name: &str, notice: &Notice, again: Option<&str>) -> Response {
    let body = html! {
        p { (notice.text) }
        p.next { strong { "What you can do: " } (notice.next) }
        @if let Some(path) = again {
            p.decision { a.button href=(path) { "Sign in again" } }
        }
    };
    page(server_name, notice.status, notice.title, &body, false)
}

/// Builds the page on which the caller decides.
pub(crate) fn decision(form: &DecisionForm<'_>) -> Response {
    let body = html! {
        p { "An application that acts in your name asks this server to run the " strong { (form.item) } ". It runs only if you approve." }
        fieldset {
            legend { "The question" }
            // Each argument is escaped within its line, so no argument can look like another line.
            // Spaces stay visible: otherwise two different arguments could look the same.
            @for line in form.question.lines() { p.question { strong { (line) } } }
        }
        p.note { "Approve only what you have asked for. The application cannot answer for you." }
        form method="post" action=(form.action) autocomplete="off" {
            input type="hidden" name="form_token" value=(form.form_token);
            // Another page could make the user double-click, and show this page under the second
            // click (clickjacking, CWE-1021). So an approval also needs a click on the box.
            label.scope {
                input type="checkbox" name="read" value="read" required;
                span { "I have read this" }
            }
            div.decision {
                button.primary type="submit" name="decision" value="approve" { "Approve" }
                button type="submit" name="decision" value="decline" formnovalidate { "Decline" }
            }
        }
    };
    page(
        form.server_name,
        StatusCode::OK,
        "Do you approve this?",
        &body,
        true,
    )
}

fn page(
    server_name: &str,
    status: StatusCode,
    title: &str,
    body: &Markup,
    has_form: bool,
) -> Response {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) }
                style { (PreEscaped(STYLESHEET)) }
            }
            body.sign-in {
                main {
                    p.eyebrow { (server_name) }
                    h1 { (title) }
                    (body)
                }
                footer {
                    p { "This page belongs to the server, and not to the application that uses it." }
                }
            }
        }
    };
    let mut response = (status, Html(markup.into_string())).into_response();
    secure(&mut response, has_form);
    response
}

/// Adds the headers of every response of these pages.
pub(crate) fn secure(response: &mut Response, has_form: bool) {
    static POLICY: LazyLock<[HeaderValue; 2]> = LazyLock::new(|| ["'none'", "'self'"].map(policy));
    let headers = response.headers_mut();
    let policy = POLICY[usize::from(has_form)].clone();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    // With `no-referrer`, the `Origin` of the form would be `null`, like that of a foreign form.
    // Neither value sends the address of a page to another host.
    let referrer = if has_form {
        "same-origin"
    } else {
        "no-referrer"
    };
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, referrer),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn policy(form_action: &str) -> HeaderValue {
    let policy = format!(
        "default-src 'none'; style-src {}; form-action {form_action}; frame-ancestors 'none'; base-uri 'none'",
        *STYLESHEET_SOURCE
    );
    // An invalid header value would remove the policy, so the fallback blocks everything.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(
        "default-src 'none'; frame-ancestors 'none'",
    ))
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    #[tokio::test]
    async fn spaces_of_an_argument_stay_visible() {
        let page = decision(&DecisionForm {
            server_name: "notes",
            item: "tool delete",
            question: "Delete \"a   b\"?",
            action: "/approvals/a",
            form_token: "t",
        });
        let policy = page.headers()[header::CONTENT_SECURITY_POLICY].clone();
        assert!(policy.to_str().unwrap().contains(&**STYLESHEET_SOURCE));
        let page = to_bytes(page.into_body(), usize::MAX).await.unwrap();
        let page = String::from_utf8(page.into()).unwrap();
        let line = r#"<p class="question"><strong>Delete &quot;a   b&quot;?</strong></p>"#;
        assert!(page.contains(line), "{page}");
        assert!(page.contains(".question { white-space: pre-wrap; }"));
    }
}
