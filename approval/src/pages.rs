//! The pages: a user signs in, reads the question, and decides.
//!
//! | request | answer |
//! |---|---|
//! | `GET <path>/{id}` | a redirect to the issuer, or the question for the caller who has signed in |
//! | `GET <path>/callback` | the response of the issuer (RFC 6749 §4.1.2): signs in, or refuses |
//! | `POST <path>/{id}` | the decision |

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, RawQuery, Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{LOCATION, SET_COOKIE},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use toolgate_core::{
    caller::Identity,
    credentials::{Credentials, Scheme},
    log_text::escaped_prefix,
};
use toolgate_oauth::{
    issuer::{AuthorizationCodeClient, AuthorizationRequest},
    verify::{Authenticator, VerificationPath},
};

use crate::{
    approval_store::{Deciding, NewApproval},
    approvals::Approvals,
    browser_request::{Parameters, cookie, is_same_origin},
    html::{self, DecisionForm, Notice},
    notices::{
        APPROVED, DECIDED_BEFORE, DECLINED, FOREIGN_FORM, NOT_A_DECISION, NOT_READ, NOT_SIGNED_IN,
        OTHER_BROWSER, OTHER_USER, TOO_MANY, UNKNOWN,
    },
    secret_text::{self, NoRandomNumbers},
    sign_in::{Redemption, SignIn},
    sign_in_failure::Failure,
};

/// The maximum length of the query in a response of an issuer.
const LONGEST: usize = 16 * 1024;

/// The maximum length of an issuer and a subject in the log.
const LOGGED: usize = 256;

/// The state of the handlers.
struct Pages {
    approvals: Arc<Approvals>,
    authenticator: Arc<Authenticator>,
}

/// Builds the pages.
pub(crate) fn router(approvals: Arc<Approvals>, authenticator: Arc<Authenticator>) -> Router {
    let path = approvals.settings.local_path.clone();
    let pages = Arc::new(Pages {
        approvals,
        authenticator,
    });
    Router::new()
        .route(&format!("{path}/callback"), get(callback))
        .route(&format!("{path}/{{id}}"), get(show).post(decide))
        .with_state(pages)
}

/// Shows the question to the caller, or sends the browser to the issuer.
async fn show(
    State(pages): State<Arc<Pages>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let approvals = &pages.approvals;
    let now = approvals.now();
    let cookie = cookie(&headers, &approvals.cookie_name(&id));
    let (issuer, scopes) = {
        let mut store = approvals.store();
        let Some(approval) = store.get(&id, now) else {
            return pages.notice(&UNKNOWN, None);
        };
        if approval.is_decided() && approval.form_token(cookie).is_some() {
            return pages.notice(&DECIDED_BEFORE, None);
        }
        if let Some(form_token) = approval.show_form(cookie).map(str::to_owned) {
            return html::decision(&DecisionForm {
                server_name: &approvals.settings.server_name,
                item: &approval.request.item,
                question: &approval.request.question,
                action: &approvals.page_path(&id),
                form_token: &form_token,
            });
        }
        if !approval.count_start(cookie) {
            return pages.notice(&TOO_MANY, None);
        }
        (
            approval.request.issuer.clone(),
            approval.request.scopes.clone(),
        )
    };
    match pages.start(&id, &issuer, &scopes).await {
        Ok(response) => response,
        Err(failure) => {
            failure.log(&issuer);
            pages.notice(&NOT_SIGNED_IN, Some(&id))
        }
    }
}

/// Reads the response of the issuer, and compares the user who has signed in with the caller.
async fn callback(
    State(pages): State<Arc<Pages>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query
        .filter(|query| query.len() <= LONGEST)
        .unwrap_or_default();
    let parameters = Parameters::parse(query.as_bytes());
    // The state is the id of the approval and a secret of this sign-in.
    let state = parameters
        .one("state")
        .and_then(|state| state.split_once('.'));
    let Some((id, secret)) = state else {
        return pages.notice(&OTHER_BROWSER, None);
    };
    let approvals = &pages.approvals;
    let cookie = cookie(&headers, &approvals.cookie_name(id));
    let begun = approvals.begin_redemption(id, secret, cookie);
    let (redemption, issuer, _turn) = match begun {
        Ok(begun) => begun,
        Err(notice) => return pages.notice(notice, None),
    };
    match pages.sign_in(&parameters, &redemption, &issuer).await {
        Ok(user) => pages.signed_in(id, &user),
        Err(failure) => {
            failure.log(&issuer);
            pages.notice(&NOT_SIGNED_IN, Some(id))
        }
    }
}

/// Reads the decision in a form.
async fn decide(
    State(pages): State<Arc<Pages>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let approvals = &pages.approvals;
    let headers = request.headers();
    if !is_same_origin(headers, &approvals.settings.origin) {
        tracing::warn!("a form of another page was refused at the page of an approval");
        return pages.notice(&FOREIGN_FORM, None);
    }
    let cookie = cookie(headers, &approvals.cookie_name(&id)).to_owned();
    let form = Parameters::from_form(request, approvals.settings.body_time).await;
    let read = form.as_ref().and_then(|form| {
        let approves = match form.one("decision")? {
            "approve" => true,
            "decline" => false,
            _ => return None,
        };
        let has_read = form.one("read") == Some("read");
        Some((form.one("form_token")?, approves, has_read))
    });
    let Some((form_token, approves, has_read)) = read else {
        return pages.notice(&NOT_A_DECISION, None);
    };
    if approves && !has_read {
        return pages.notice(&NOT_READ, Some(&id));
    }
    // The decision is logged below, because a slow log must not keep the store locked.
    let decided = {
        let mut store = approvals.store();
        let approval = store.get(&id, approvals.now());
        approval.map(|one| {
            let deciding = one.decide(&cookie, form_token, approves);
            (deciding, one.request.clone())
        })
    };
    match decided {
        Some((Deciding::Done, request)) => {
            log_decision(&id, &request, approves);
            approvals.report(&id, &request, approves);
            pages.notice(if approves { &APPROVED } else { &DECLINED }, None)
        }
        Some((Deciding::DecidedBefore, _)) => pages.notice(&DECIDED_BEFORE, None),
        Some((Deciding::Refused, _)) => pages.notice(&OTHER_BROWSER, None),
        None => pages.notice(&UNKNOWN, None),
    }
}

/// Logs the user, the item and the decision. The address of the page contains the id, so only the
/// fingerprint of the id is logged.
fn log_decision(id: &str, request: &NewApproval, approves: bool) {
    tracing::info!(
        approval = secret_text::fingerprint(id),
        item = request.item,
        issuer = escaped_prefix(&request.issuer, LOGGED),
        subject = escaped_prefix(&request.subject, LOGGED),
        approved = approves,
        "a user has decided about an approval"
    );
}

impl Pages {
    fn notice(&self, notice: &Notice, again: Option<&str>) -> Response {
        let again = again.map(|id| self.approvals.page_path(id));
        html::notice(
            &self.approvals.settings.server_name,
            notice,
            again.as_deref(),
        )
    }

    fn client(&self, issuer: &str) -> Result<&AuthorizationCodeClient, Failure> {
        self.approvals.client(issuer).ok_or(Failure::NoClient)
    }

    /// Sends the browser to the issuer, with a cookie that binds the sign-in to it.
    async fn start(&self, id: &str, issuer: &str, scopes: &[String]) -> Result<Response, Failure> {
        let (sign_in, started) = SignIn::start()?;
        let request = AuthorizationRequest {
            state: &format!("{id}.{}", started.state),
            code_challenge: &started.code_challenge,
            scopes,
        };
        let authorization = self.client(issuer)?.authorization(&request).await?;
        let mut store = self.approvals.store();
        // The approval can expire, or be withdrawn, while the issuer answers.
        let Some(approval) = store.get(id, self.approvals.now()) else {
            return Ok(self.notice(&UNKNOWN, None));
        };
        if !approval.add(sign_in.requested_by(authorization.client)) {
            return Ok(self.notice(&TOO_MANY, None));
        }
        drop(store);
        Ok(self.redirect(id, &authorization.url, &started.cookie))
    }

    /// Redeems the code, and verifies the token like the token of any request. The token is dropped
    /// here.
    async fn sign_in(
        &self,
        parameters: &Parameters,
        redemption: &Redemption,
        issuer: &str,
    ) -> Result<Identity, Failure> {
        let client = self.client(issuer)?;
        let iss = parameters.one("iss");
        // The issuer is checked before the rest of the response is read (RFC 9207 §2.4).
        let is_named_twice = iss.is_none() && parameters.has("iss");
        if is_named_twice || !client.accepts_response_of(iss).await? {
            return Err(Failure::OtherIssuer);
        }
        let Some(code) = parameters.one("code") else {
            let error = parameters.one("error").unwrap_or("no code");
            return Err(Failure::Refused(error.to_owned()));
        };
        let requesting = redemption.client.as_ref().ok_or(Failure::NoClient)?;
        let now = self.approvals.now();
        let token = client.redeem(code, &redemption.verifier, requesting, now);
        let token = token.await?;
        let credentials = Credentials {
            scheme: Scheme::Bearer,
            token,
        };
        let (method, headers) = (Method::GET, HeaderMap::new());
        let mut path = VerificationPath::default();
        let accepted = self
            .authenticator
            .authenticate(&credentials, &method, &headers, &mut path)
            .await;
        let user = accepted.map_err(Failure::Token)?.sent_with(credentials);
        Ok(user.identity())
    }

    /// Lets a browser see the approval if its user is the caller.
    fn signed_in(&self, id: &str, user: &Identity) -> Response {
        let mut store = self.approvals.store();
        let Some(approval) = store.get(id, self.approvals.now()) else {
            return self.notice(&UNKNOWN, None);
        };
        if approval.request.caller != *user {
            let item = approval.request.item.clone();
            drop(store);
            tracing::warn!(item, "another user has opened the page of an approval");
            return self.notice(&OTHER_USER, Some(id));
        }
        match SignIn::signed_in() {
            Ok((sign_in, cookie)) => {
                if !approval.add(sign_in) {
                    return self.notice(&TOO_MANY, None);
                }
                drop(store);
                // The redirect removes the code from the address of the page.
                self.redirect(id, &self.approvals.page_path(id), &cookie)
            }
            Err(NoRandomNumbers) => self.notice(&NOT_SIGNED_IN, Some(id)),
        }
    }

    /// Redirects a browser, and sets the cookie of an approval until the approval expires.
    fn redirect(&self, id: &str, location: &str, cookie: &str) -> Response {
        let cookie = self.approvals.set_cookie(id, cookie);
        let (Ok(location), Ok(cookie)) = (
            HeaderValue::try_from(location),
            HeaderValue::try_from(cookie),
        ) else {
            return self.notice(&NOT_SIGNED_IN, None);
        };
        let mut response = StatusCode::SEE_OTHER.into_response();
        html::secure(&mut response, false);
        let headers = response.headers_mut();
        headers.insert(LOCATION, location);
        headers.insert(SET_COOKIE, cookie);
        response
    }
}
