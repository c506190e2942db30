//! The person's decision.
//!
//! The form carries the request itself, sealed: another page can neither make one up
//! nor read one (this endpoint has no CORS, and its page cannot be framed), and a form
//! that another page sends names that page as its `Origin`. There is no cookie to ride
//! on, and no session to fix.

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
    answer::OAuthError,
    memory::{Answered, Code, Grant, digest},
    page::{self, Said},
    parameters::Parameters,
    quoted,
    request::{AuthorizationRequest, redirect},
    seal,
};

/// The longest subject, in characters.
const SUBJECT_LIMIT: usize = 64;

/// What a person reads who typed something else.
const NO_NAME: &str = "Type a user name of 1 to 64 printable characters.";

/// A subject as a person may type one, without the space around it.
pub(super) fn subject(text: &str) -> Option<String> {
    let text = text.trim();
    let length = text.chars().count();
    let printable = !text.chars().any(char::is_control);
    ((1..=SUBJECT_LIMIT).contains(&length) && printable).then(|| text.to_owned())
}

/// Who the person most likely is.
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
        return page::fault(
            "This did not come from here",
            "Another page sent this decision. Nothing was allowed.",
            "close this page and the one that led here. If you want to log in, start the login again from your application.",
        );
    }
    match Parameters::from_form(request, provider.settings.body_time).await {
        Ok(form) => judge(&provider, &form).unwrap_or_else(|error| page::failure(&error)),
        Err(error) => page::failure(&error),
    }
}

fn judge(provider: &Provider, form: &Parameters) -> Result<Response, OAuthError> {
    let sealed = form.needed("request", "the form names no request")?;
    let Some(request) = AuthorizationRequest::open(provider, sealed) else {
        return Ok(page::fault(
            "This request has ended",
            "It was open for ten minutes, or the server was restarted.",
            "start the login again from your application.",
        ));
    };
    let decision = form.needed("decision", "the form says neither yes nor no")?;
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
        return page::consent(provider, &request, &said);
    }
    let answer = Answered {
        form: digest(&format!("{decision}\0{subject:?}\0{}", ticked.join(" "))),
        location: String::new(),
    };
    let now = provider.now();
    if let Some(earlier) = provider.memory().answer(&request.id, now) {
        return Ok(again(&earlier, &answer));
    }
    let location = match (decision, subject) {
        ("allow", Some(subject)) => grant(provider, &request, &subject, &ticked)?,
        ("deny", _) => {
            tracing::info!(
                client = %quoted(request.name.as_deref().unwrap_or_default()),
                "the person denied a client at the development issuer"
            );
            let denied = OAuthError::new("access_denied", "the person said no");
            request.back.with_error(provider, &denied)
        }
        _ => {
            return Err(OAuthError::new(
                "invalid_request",
                "the form says neither yes nor no",
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

/// A request is answered once. The same answer sent twice, as by a double click, leads
/// where the first one led; its code still counts once.
fn again(earlier: &Answered, answer: &Answered) -> Response {
    if earlier.form == answer.form {
        return redirect(StatusCode::SEE_OTHER, &earlier.location);
    }
    page::fault(
        "This request was answered before",
        "The first answer counts.",
        "go back to your application. To give another answer, start the login there again.",
    )
}

/// Says yes to what was ticked and makes the code; returns where the browser goes.
pub(super) fn grant(
    provider: &Provider,
    request: &AuthorizationRequest,
    subject: &str,
    ticked: &[&str],
) -> Result<String, OAuthError> {
    let (now, text) = (provider.now(), seal::random()?);
    let all: Vec<_> = ticked.iter().map(|&scope| scope.to_owned()).collect();
    let grant = Grant {
        id: seal::random()?,
        client: request.client.clone(),
        subject: subject.to_owned(),
        scopes: provider.known(ticked.iter().copied()),
        offline: ticked.contains(&OFFLINE_ACCESS),
        key: None,
    };
    tracing::info!(
        client = %quoted(request.name.as_deref().unwrap_or_default()),
        subject = %quoted(subject),
        scopes = %quoted(&all.join(" ")),
        "a client was allowed at the development issuer"
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

/// Whether the form was sent by a page of this issuer. A program that is no browser
/// names no origin, and has no person whose browser it could misuse.
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
