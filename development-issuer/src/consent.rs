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

use crate::{
    authentication_context,
    authorization_request::AuthorizationRequest,
    form_parameters::FormParameters,
    grant_store::{Code, Decision, Grant, Login, digest},
    html::{self, ConsentChoices},
    issuer_state::IssuerState,
    json_response::OAuthError,
    response_redirect::redirect,
    sealed_values,
    settings::OFFLINE_ACCESS,
    sign_in::SignIn,
    subject_name,
};

/// The message for an invalid name.
const NO_NAME: &str = "Type a user name of 1 to 64 printable characters.";

/// Returns the most likely subject.
pub(crate) fn likely_subject(issuer: &IssuerState, request: &AuthorizationRequest) -> String {
    let last = || issuer.memory().last_subject(&request.client, issuer.now());
    let hint = request.hint.clone();
    hint.or_else(last)
        .unwrap_or_else(|| issuer.settings.subject.clone())
}

pub(crate) async fn decide(State(issuer): State<Arc<IssuerState>>, request: Request) -> Response {
    if !is_same_origin(request.headers(), request.uri()) {
        return html::error_page(
            &issuer.settings.stylesheet,
            "This decision came from another page",
            "Another page sent this decision. Nothing was allowed.",
            "close this page and the one that led here. If you want to log in, start the login again from your application.",
        );
    }
    match FormParameters::from_form(request, issuer.settings.body_time).await {
        Ok(form) => decide_form(&issuer, &form)
            .unwrap_or_else(|error| html::form_error_page(&issuer.settings.stylesheet, &error)),
        Err(error) => html::form_error_page(&issuer.settings.stylesheet, &error),
    }
}

/// Carries out the decision in a form.
fn decide_form(issuer: &IssuerState, form: &FormParameters) -> Result<Response, OAuthError> {
    let sealed = form.required("request", "the form has no request")?;
    let Some(request) = AuthorizationRequest::open(issuer, sealed) else {
        return Ok(html::error_page(
            &issuer.settings.stylesheet,
            "This request has expired",
            "It is older than ten minutes, or the server was restarted.",
            "start the login again from your application.",
        ));
    };
    let decision = form.required("decision", "the form has no valid decision")?;
    let ticked: Vec<_> = request
        .requested_scopes()
        .filter(|scope| form.all("scope").any(|one| one == *scope))
        .collect();
    let roles: Vec<_> = issuer
        .roles()
        .filter(|role| form.all("role").any(|one| one == *role))
        .collect();
    let has_second_factor = form.one("second_factor")?.is_some();
    let typed = form.one("subject")?.unwrap_or_default();
    let subject = subject_name::parse(typed);
    if decision == "switch" || (decision == "allow" && subject.is_none()) {
        let printable: String = typed.chars().filter(|c| !c.is_control()).collect();
        let choices = ConsentChoices {
            sign_in: SignIn {
                subject: subject.as_deref().unwrap_or(&printable),
                ticked: &ticked,
                roles: &roles,
                has_second_factor,
            },
            subject_error: subject.is_none().then_some(NO_NAME),
        };
        return html::consent_page(issuer, &request, &choices);
    }
    let decided = Decision {
        form: digest(&format!(
            "{decision}\0{subject:?}\0{}\0{roles:?}\0{has_second_factor}",
            ticked.join(" ")
        )),
        location: String::new(),
    };
    let now = issuer.now();
    if let Some(earlier) = issuer.memory().decision(&request.id, now) {
        return Ok(repeat(issuer, &earlier, &decided));
    }
    let location = match (decision, subject) {
        ("allow", Some(subject)) => {
            let sign_in = SignIn {
                subject: &subject,
                ticked: &ticked,
                roles: &roles,
                has_second_factor,
            };
            grant(issuer, &request, &sign_in)?
        }
        ("deny", _) => {
            tracing::info!(
                client = %issuer.quoted(request.name.as_deref().unwrap_or_default()),
                "the person denied a client at the development issuer"
            );
            let denied = OAuthError::new("access_denied", "the person denied the request");
            request.redirect.error_location(issuer, &denied)
        }
        _ => {
            return Err(OAuthError::new(
                "invalid_request",
                "the form has no valid decision",
            ));
        }
    };
    let decided = Decision {
        location,
        ..decided
    };
    let response = redirect(StatusCode::SEE_OTHER, &decided.location);
    issuer
        .memory()
        .store_decision(&request.id, decided, request.ends(), now);
    Ok(response)
}

/// Handles a second decision about a request. The same decision, as by a double click, gets the
/// same redirect (its code still works only once); a different one is refused.
fn repeat(issuer: &IssuerState, earlier: &Decision, later: &Decision) -> Response {
    if earlier.form == later.form {
        return redirect(StatusCode::SEE_OTHER, &earlier.location);
    }
    html::error_page(
        &issuer.settings.stylesheet,
        "This request was already answered",
        "The first answer counts.",
        "go back to your application. To give another answer, start the login there again.",
    )
}

/// Grants the ticked scopes and returns the redirect with the code, or with the error if the
/// sign-in is not what the client needs.
pub(crate) fn grant(
    issuer: &IssuerState,
    request: &AuthorizationRequest,
    sign_in: &SignIn<'_>,
) -> Result<String, OAuthError> {
    let SignIn {
        subject,
        ticked,
        roles,
        has_second_factor,
    } = *sign_in;
    let acr = match authentication_context::reached(issuer, &request.acr_values, has_second_factor)
    {
        Ok(acr) => acr,
        Err(error) => return Ok(request.redirect.error_location(issuer, &error)),
    };
    let (now, text) = (issuer.now(), sealed_values::random()?);
    let all: Vec<_> = ticked.iter().map(|&scope| scope.to_owned()).collect();
    let grant = Grant {
        id: sealed_values::random()?,
        client: request.client.clone(),
        subject: subject.to_owned(),
        scopes: issuer.grantable_scopes(ticked.iter().copied()),
        offline: ticked.contains(&OFFLINE_ACCESS),
        roles: roles.iter().map(|&role| role.to_owned()).collect(),
        login: Some(Login { acr, time: now }),
        key: None,
    };
    tracing::info!(
        client = %issuer.quoted(request.name.as_deref().unwrap_or_default()),
        subject = %issuer.quoted(subject),
        scopes = %issuer.quoted(&all.join(" ")),
        "the person allowed a client at the development issuer"
    );
    let mut memory = issuer.memory();
    memory.allow(&grant, &all, now);
    let code = Code {
        grant,
        redirect: request
            .has_redirect_uri
            .then(|| request.redirect.uri.as_str().to_owned()),
        challenge: request.challenge.clone(),
        key: request.key(),
    };
    memory.store_code(&text, code, now);
    Ok(request.redirect.location(issuer, &[("code", &text)]))
}

/// Returns whether a page of this issuer sent the form (CSRF). A program that is not a
/// browser sends no origin, and has no person whose session it could misuse.
pub(crate) fn is_same_origin(headers: &HeaderMap, uri: &Uri) -> bool {
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
