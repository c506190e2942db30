//! The endpoint for the person's decision.
//!
//! The form contains the sealed request. Another page can neither forge nor read it (this
//! endpoint has no CORS, and its page cannot be framed), and a form from another page has
//! that page as its `Origin` (CSRF). There are no cookies and no sessions to attack.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, StatusCode, Uri,
        header::{HOST, ORIGIN},
    },
    response::Response,
};

use super::{
    OFFLINE_ACCESS, Provider,
    authorization_request::{AuthorizationRequest, redirect},
    form_parameters::FormParameters,
    grant_store::{Answered, Code, Grant, digest},
    html::{self, Said},
    json_response::OAuthError,
    sealed_values,
};

/// The maximum length of a subject, in characters.
const SUBJECT_LIMIT: usize = 64;

/// The message for an invalid name.
const NO_NAME: &str = "Type a user name of 1 to 64 printable characters.";

/// Validates a subject that a person typed, and trims it.
pub(super) fn subject(text: &str) -> Option<String> {
    let text = text.trim();
    let length = text.chars().count();
    let printable = !text.chars().any(char::is_control);
    ((1..=SUBJECT_LIMIT).contains(&length) && printable).then(|| text.to_owned())
}

/// Returns the most likely subject.
pub(super) fn first_guess(provider: &Provider, request: &AuthorizationRequest) -> String {
    let last = || {
        provider
            .memory()
            .last_subject(&request.client, provider.now())
    };
    let hint = request.hint.clone();
    hint.or_else(last)
        .unwrap_or_else(|| provider.settings.subject.clone())
}

pub(super) async fn decide(State(provider): State<Arc<Provider>>, request: Request) -> Response {
    if !is_same_origin(request.headers(), request.uri()) {
        return html::fault(
            &provider.settings.stylesheet,
            "This decision came from another page",
            "Another page sent this decision. Nothing was allowed.",
            "close this page and the one that led here. If you want to log in, start the login again from your application.",
        );
    }
    match FormParameters::from_form(request, provider.settings.body_time).await {
        Ok(form) => judge(&provider, &form)
            .unwrap_or_else(|error| html::failure(&provider.settings.stylesheet, &error)),
        Err(error) => html::failure(&provider.settings.stylesheet, &error),
    }
}

fn judge(provider: &Provider, form: &FormParameters) -> Result<Response, OAuthError> {
    let sealed = form.needed("request", "the form has no request")?;
    let Some(request) = AuthorizationRequest::open(provider, sealed) else {
        return Ok(html::fault(
            &provider.settings.stylesheet,
            "This request has expired",
            "It is older than ten minutes, or the server was restarted.",
            "start the login again from your application.",
        ));
    };
    let decision = form.needed("decision", "the form has no valid decision")?;
    let ticked: Vec<_> = request
        .asked()
        .filter(|scope| form.all("scope").any(|one| one == *scope))
        .collect();
    let typed = form.one("subject")?.unwrap_or_default();
    let subject = subject(typed);
    if decision == "switch" || (decision == "allow" && subject.is_none()) {
        let shown: String = typed.chars().filter(|c| !c.is_control()).collect();
        let said = Said {
            subject: subject.as_deref().unwrap_or(&shown),
            ticked: &ticked,
            fault: subject.is_none().then_some(NO_NAME),
        };
        return html::consent(provider, &request, &said);
    }
    let answer = Answered {
        form: digest(&format!("{decision}\0{subject:?}\0{}", ticked.join(" "))),
        location: String::new(),
    };
    let now = provider.now();
    if let Some(earlier) = provider.memory().answer(&request.id, now) {
        return Ok(again(provider, &earlier, &answer));
    }
    let location = match (decision, subject) {
        ("allow", Some(subject)) => grant(provider, &request, &subject, &ticked)?,
        ("deny", _) => {
            tracing::info!(
                client = %provider.quoted(request.name.as_deref().unwrap_or_default()),
                "the person denied a client at the development issuer"
            );
            let denied = OAuthError::new("access_denied", "the person denied the request");
            request.back.with_error(provider, &denied)
        }
        _ => {
            return Err(OAuthError::new(
                "invalid_request",
                "the form has no valid decision",
            ));
        }
    };
    let answer = Answered { location, ..answer };
    let response = redirect(StatusCode::SEE_OTHER, &answer.location);
    provider
        .memory()
        .keep_answer(&request.id, answer, request.ends(), now);
    Ok(response)
}

/// Handles a second answer to a request. The same answer, as by a double click, gets the same
/// redirect (its code still works only once); a different one is refused.
fn again(provider: &Provider, earlier: &Answered, answer: &Answered) -> Response {
    if earlier.form == answer.form {
        return redirect(StatusCode::SEE_OTHER, &earlier.location);
    }
    html::fault(
        &provider.settings.stylesheet,
        "This request was already answered",
        "The first answer counts.",
        "go back to your application. To give another answer, start the login there again.",
    )
}

/// Grants the ticked scopes and returns the redirect with the code.
pub(super) fn grant(
    provider: &Provider,
    request: &AuthorizationRequest,
    subject: &str,
    ticked: &[&str],
) -> Result<String, OAuthError> {
    let (now, text) = (provider.now(), sealed_values::random()?);
    let all: Vec<_> = ticked.iter().map(|&scope| scope.to_owned()).collect();
    let grant = Grant {
        id: sealed_values::random()?,
        client: request.client.clone(),
        subject: subject.to_owned(),
        scopes: provider.known(ticked.iter().copied()),
        offline: ticked.contains(&OFFLINE_ACCESS),
        key: None,
    };
    tracing::info!(
        client = %provider.quoted(request.name.as_deref().unwrap_or_default()),
        subject = %provider.quoted(subject),
        scopes = %provider.quoted(&all.join(" ")),
        "the person allowed a client at the development issuer"
    );
    let mut memory = provider.memory();
    memory.allow(&grant, &all, now);
    let code = Code {
        grant,
        redirect: request
            .named
            .then(|| request.back.redirect.as_str().to_owned()),
        challenge: request.challenge.clone(),
        key: request.key(),
    };
    memory.keep_code(&text, code, now);
    Ok(request.back.with(provider, &[("code", &text)]))
}

/// Returns whether a page of this issuer sent the form (CSRF). A program that is not a
/// browser sends no origin, and has no person whose session it could misuse.
fn is_same_origin(headers: &HeaderMap, uri: &Uri) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => {
            let host = headers.get(HOST).and_then(|host| host.to_str().ok());
            let host = host.or(uri.authority().map(|authority| authority.as_str()));
            let origin = origin.to_str().ok();
            let origin = origin.and_then(|origin| origin.strip_prefix("http://"));
            host.is_some() && origin == host
        }
        _ => false,
    }
}
