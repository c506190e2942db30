//! How a request without a token is refused (RFC 6750 §3, RFC 9728 §5.1).

use crate::{
    challenge::{self, Challenge, letter, scope_tokens},
    finding::{
        Check, Finding, Section,
        Severity::{Fail, Note, Warn},
        count,
    },
    http::Request,
    visit::{Refused, Visit},
};

static STATUS: Check = Check::new(
    "challenge.status",
    Fail,
    "A request that needs a token and has none is answered by HTTP 401.",
    "MCP 2026-07-28, Authorization: Error Handling; RFC 9110 §15.5.2",
    "Refuse before the protocol layer. A JSON-RPC error inside of HTTP 200 starts no login.",
);
static HEADER: Check = Check::new(
    "challenge.header",
    Fail,
    "The 401 has a WWW-Authenticate header with a Bearer challenge.",
    "RFC 9110 §11.6.1; RFC 6750 §3",
    "Add `WWW-Authenticate: Bearer resource_metadata=\"…\", scope=\"…\"` to every 401.",
);
static GRAMMAR: Check = Check::new(
    "challenge.grammar",
    Fail,
    "The header keeps to the grammar: values with other than token characters are quoted, no parameter is there twice.",
    "RFC 9110 §11.2 to §11.6.1",
    "Quote every value and separate parameters by one comma.",
);
static BEARER_FIRST: Check = Check::new(
    "challenge.bearer_first",
    Fail,
    "Bearer is the first scheme of the header.",
    "clients: the TypeScript SDK and mcp-remote see no challenge behind another scheme",
    "Put other schemes behind Bearer, or on a header line of their own after it.",
);
static ASCII: Check = Check::new(
    "challenge.ascii",
    Fail,
    "The header is visible ASCII.",
    "RFC 6750 §3; clients: rmcp drops the whole challenge",
    "Keep translated or typographic text out of `error_description`.",
);
static SEARCHABLE: Check = Check::new(
    "challenge.searchable",
    Fail,
    "The first `scope=`, `resource_metadata=` and `error=` in the header are the parameters themselves.",
    "clients: most of them read the header by a regular expression",
    "Put `scope` and `resource_metadata` before `error_description`, and keep `scope=` out of texts.",
);
static METADATA: Check = Check::new(
    "challenge.resource_metadata",
    Warn,
    "The challenge says where the metadata document is.",
    "RFC 9728 §5.1; MCP 2025-11-25, Authorization: Protected Resource Metadata Discovery",
    "Add `resource_metadata=\"<absolute URL>\"`.",
);
static ABSOLUTE: Check = Check::new(
    "challenge.resource_metadata_absolute",
    Fail,
    "That address is absolute, and https or loopback.",
    "RFC 9728 §5.1; clients: a relative one breaks the Python SDK",
    "Build it from the configured public URL of the server.",
);
static RESOLVES: Check = Check::new(
    "challenge.resource_metadata_resolves",
    Fail,
    "At that address the document is, without a token.",
    "RFC 9728 §3.1 and §5.1; clients: the TypeScript SDK looks nowhere else",
    "Serve the document there, outside of the authorization layer.",
);
static SCOPE: Check = Check::new(
    "challenge.scope",
    Warn,
    "The challenge names the scopes to ask for.",
    "MCP 2026-07-28, Authorization: Scope Selection Strategy; RFC 6750 §3",
    "Add `scope=\"…\"`: without it clients ask for everything in `scopes_supported`.",
);
static SCOPE_TOKENS: Check = Check::new(
    "challenge.scope_tokens",
    Fail,
    "They are scope-tokens with single spaces between, at least one.",
    "RFC 6750 §3; RFC 6749 §3.3; clients: an empty scope breaks all of them",
    "Leave `scope` out rather than empty, and separate scopes by U+0020.",
);
static OFFLINE: Check = Check::new(
    "challenge.offline_access",
    Warn,
    "`offline_access` is not among them.",
    "MCP 2026-07-28, Authorization: Refresh Tokens",
    "Leave it to the client and the authorization server.",
);
static NO_ERROR: Check = Check::new(
    "challenge.no_error",
    Warn,
    "Where no token was sent there is no `error`.",
    "RFC 6750 §3.1",
    "Send `error=\"invalid_token\"` for tokens that were sent and are bad.",
);
static BODY: Check = Check::new(
    "challenge.body",
    Note,
    "The body of the 401 is JSON.",
    "RFC 6749 §5.2 (form); people and logs read it",
    "Answer `{\"error\": …, \"error_description\": …}` with `application/json`.",
);
static GET: Check = Check::new(
    "challenge.get",
    Warn,
    "GET without a token is answered by a 4xx: no stream, no redirect, no 5xx.",
    "MCP 2025-11-25, Transports: Listening for Messages from the Server; clients: mcp-remote opens with it",
    "Answer 401 with the challenge, or 405 where there is no stream.",
);
static SLASH: Check = Check::new(
    "challenge.slash",
    Warn,
    "With or without a slash at its end the URL answers alike, and not by a redirect.",
    "clients: a redirect of POST is not always followed; RFC 9110 §15.4",
    "Route both spellings to the endpoint.",
);

pub(super) static CHECKS: &[&Check] = &[
    &STATUS,
    &HEADER,
    &GRAMMAR,
    &BEARER_FIRST,
    &ASCII,
    &SEARCHABLE,
    &METADATA,
    &ABSOLUTE,
    &RESOLVES,
    &SCOPE,
    &SCOPE_TOKENS,
    &OFFLINE,
    &NO_ERROR,
    &BODY,
    &GET,
    &SLASH,
];

pub(super) async fn run(visit: &Visit) -> Vec<Finding> {
    let mut section = Section::new(CHECKS);
    get(visit, &mut section).await;
    let Some(refused) = &visit.facts.refused else {
        let tried = visit.facts.tried.join("; ");
        section.judge(&STATUS, Err(format!("no request was refused: {tried}")));
        return section.close("nothing is refused without a token");
    };
    section.judge(&STATUS, Ok(format!("{}: HTTP 401", refused.what)));
    slash(visit, refused, &mut section).await;
    section.judge(&BODY, body(refused));
    match bearer(refused, &mut section) {
        None => section.close("there is no challenge that can be read"),
        Some(bearer) => {
            parameters(visit, &bearer, &mut section).await;
            section.close("the parameter before it is missing or wrong")
        }
    }
}

/// Judges the header as a whole.
fn bearer(refused: &Refused, section: &mut Section) -> Option<Challenge> {
    let values = refused.answer.values("www-authenticate");
    if values.is_empty() {
        section.judge(&HEADER, Err("there is no WWW-Authenticate".to_owned()));
        return None;
    }
    section.judge(&ASCII, letter::is_ascii(&values));
    let all = match challenge::read(&values) {
        Ok(all) => all,
        Err(fault) => {
            let is_bearer = challenge::raw(&values).to_lowercase().contains("bearer");
            section.judge(
                &HEADER,
                match is_bearer {
                    true => Ok(challenge::raw(&values)),
                    false => Err("no Bearer in it".to_owned()),
                },
            );
            section.judge(&GRAMMAR, Err(fault));
            return None;
        }
    };
    section.judge(&GRAMMAR, Ok(challenge::raw(&values)));
    let Some(bearer) = all.iter().find(|challenge| challenge.is_bearer()) else {
        section.judge(&HEADER, Err(challenge::raw(&values)));
        return None;
    };
    section.judge(&HEADER, Ok("Bearer".to_owned()));
    section.judge(
        &BEARER_FIRST,
        letter::bearer_first(&all).map(|_| "Bearer is first".to_owned()),
    );
    section.judge(&SEARCHABLE, letter::is_searchable(&values, bearer));
    Some(bearer.clone())
}

/// Judges what the challenge says.
async fn parameters(visit: &Visit, bearer: &Challenge, section: &mut Section) {
    section.judge(
        &NO_ERROR,
        match bearer.get("error") {
            None => Ok("no error".to_owned()),
            Some(error) => Err(format!("error=\"{error}\"")),
        },
    );
    match bearer.get("scope") {
        None => section.judge(&SCOPE, Err("there is no `scope`".to_owned())),
        Some(scope) => {
            section.judge(&SCOPE, Ok(format!("scope=\"{scope}\"")));
            section.judge(
                &SCOPE_TOKENS,
                scope_tokens(scope).map(|tokens| count(tokens.len(), "scope")),
            );
            section.judge(
                &OFFLINE,
                match scope.split(' ').any(|scope| scope == "offline_access") {
                    true => Err(format!("scope=\"{scope}\"")),
                    false => Ok("it is not".to_owned()),
                },
            );
        }
    }
    let Some(place) = bearer.get("resource_metadata") else {
        section.judge(&METADATA, Err("there is no `resource_metadata`".to_owned()));
        return;
    };
    section.judge(&METADATA, Ok(place.to_owned()));
    let absolute = letter::absolute_metadata(bearer);
    let is_absolute = absolute.is_ok();
    section.judge(&ABSOLUTE, absolute);
    if is_absolute {
        let answer = visit.http.send(Request::get(place)).await;
        section.judge(
            &RESOLVES,
            answer.and_then(|answer| match answer.object() {
                Some(_) if answer.status == 200 => Ok(format!("{place}: HTTP 200")),
                Some(_) => Err(format!("{place}: {}", answer.brief())),
                None => Err(format!("{place}: {}, no JSON object", answer.brief())),
            }),
        );
    }
}

fn body(refused: &Refused) -> Result<String, String> {
    let kind = refused.answer.media_type();
    let is_json = kind == "application/json" || kind.ends_with("+json");
    match refused.answer.json() {
        Some(_) if is_json => Ok("JSON".to_owned()),
        Some(_) => Err(format!("JSON that is called `{kind}`")),
        None if refused.answer.text().is_empty() => Err("the body is empty".to_owned()),
        None => Err(format!("`{kind}` that is not JSON")),
    }
}

async fn get(visit: &Visit, section: &mut Section) {
    let request = Request::get(visit.target.typed()).header("accept", "text/event-stream");
    let answer = visit.http.send(request).await;
    section.judge(
        &GET,
        answer.and_then(|answer| match answer.status {
            400..=499 => Ok(answer.brief()),
            _ => Err(answer.brief()),
        }),
    );
}

async fn slash(visit: &Visit, refused: &Refused, section: &mut Section) {
    let Some(other) = visit.target.other_slash() else {
        section.skip(&SLASH, "the endpoint is at the root");
        return;
    };
    let answer = visit.http.send(refused.request.clone().to(&*other)).await;
    section.judge(
        &SLASH,
        answer.and_then(|answer| match answer.status {
            401 => Ok(format!("{other}: HTTP 401")),
            _ => Err(format!("{other}: {}", answer.brief())),
        }),
    );
}
