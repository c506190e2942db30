//! How the server refuses a request without a token (RFC 6750 §3, RFC 9728 §5.1).

use crate::{
    challenge::{self, Challenge, client_compatibility, scope_tokens},
    check_context::{CheckContext, RefusedRequest},
    finding::{
        Check, Finding, Section,
        Severity::{Fail, Note, Warn},
        count,
    },
    http::Request,
};

static STATUS: Check = Check::new(
    "challenge.status",
    Fail,
    "A request without a token is refused with HTTP 401 if it needs one.",
    "MCP 2026-07-28, Authorization: Error Handling; RFC 9110 §15.5.2",
    "Refuse before the protocol layer. A JSON-RPC error in an HTTP 200 response starts no login.",
);
static HEADER: Check = Check::new(
    "challenge.header",
    Fail,
    "The 401 has a `WWW-Authenticate` header with a Bearer challenge.",
    "RFC 9110 §11.6.1; RFC 6750 §3",
    "Add `WWW-Authenticate: Bearer resource_metadata=\"…\", scope=\"…\"` to every 401.",
);
static GRAMMAR: Check = Check::new(
    "challenge.grammar",
    Fail,
    "The header follows the grammar: values that are not tokens are quoted, and no parameter is repeated.",
    "RFC 9110 §11.2 to §11.6.1",
    "Quote every value and separate parameters with one comma.",
);
static BEARER_FIRST: Check = Check::new(
    "challenge.bearer_first",
    Fail,
    "Bearer is the first scheme in the header.",
    "clients: the TypeScript SDK and mcp-remote find no challenge behind another scheme",
    "Put other schemes after Bearer, or in a later header line.",
);
static ASCII: Check = Check::new(
    "challenge.ascii",
    Fail,
    "The header contains only visible ASCII characters.",
    "RFC 6750 §3; clients: rmcp drops the whole challenge",
    "Keep translated or typographic text out of `error_description`.",
);
static SEARCHABLE: Check = Check::new(
    "challenge.searchable",
    Fail,
    "The first `scope=`, `resource_metadata=` and `error=` in the header text are the parameters themselves.",
    "clients: most search the header with a regular expression",
    "Put `scope` and `resource_metadata` before `error_description`, and keep `scope=` out of descriptions.",
);
static METADATA: Check = Check::new(
    "challenge.resource_metadata",
    Warn,
    "The challenge has `resource_metadata`, the URL of the metadata document.",
    "RFC 9728 §5.1; MCP 2025-11-25, Authorization: Protected Resource Metadata Discovery",
    "Add `resource_metadata=\"<absolute URL>\"`.",
);
static ABSOLUTE: Check = Check::new(
    "challenge.resource_metadata_absolute",
    Fail,
    "`resource_metadata` is an absolute URL, https or loopback.",
    "RFC 9728 §5.1; clients: a relative URL breaks the Python SDK",
    "Build it from the configured public URL of the server.",
);
static RESOLVES: Check = Check::new(
    "challenge.resource_metadata_resolves",
    Fail,
    "`resource_metadata` serves the document without a token.",
    "RFC 9728 §3.1 and §5.1; clients: the TypeScript SDK tries no other URL",
    "Serve the document at that URL, outside the authorization layer.",
);
static SCOPE: Check = Check::new(
    "challenge.scope",
    Warn,
    "The challenge has `scope`, the scopes to request.",
    "MCP 2026-07-28, Authorization: Scope Selection Strategy; RFC 6750 §3",
    "Add `scope=\"…\"`. Without it, clients request everything in `scopes_supported`.",
);
static SCOPE_TOKENS: Check = Check::new(
    "challenge.scope_tokens",
    Fail,
    "`scope` has at least one scope-token; single spaces separate them.",
    "RFC 6750 §3; RFC 6749 §3.3; clients: an empty scope breaks all of them",
    "Omit `scope` if it would be empty, and separate scopes with U+0020.",
);
static OFFLINE: Check = Check::new(
    "challenge.offline_access",
    Warn,
    "`scope` does not contain `offline_access`.",
    "MCP 2026-07-28, Authorization: Refresh Tokens",
    "Leave `offline_access` to the client and the authorization server.",
);
static NO_ERROR: Check = Check::new(
    "challenge.no_error",
    Warn,
    "The challenge has no `error` if the request had no token.",
    "RFC 6750 §3.1",
    "Send `error=\"invalid_token\"` only for invalid tokens.",
);
static BODY: Check = Check::new(
    "challenge.body",
    Note,
    "The 401 has a JSON body.",
    "RFC 6749 §5.2 (form); people read it, and logs record it",
    "Send `{\"error\": …, \"error_description\": …}` with `application/json`.",
);
static GET: Check = Check::new(
    "challenge.get",
    Warn,
    "GET without a token gets a 4xx: no stream, no redirect, no 5xx.",
    "MCP 2025-11-25, Transports: Listening for Messages from the Server; clients: mcp-remote starts with it",
    "Send 401 with the challenge, or 405 if there is no stream.",
);
static SLASH: Check = Check::new(
    "challenge.slash",
    Warn,
    "The URL behaves the same with and without a trailing slash, and does not redirect.",
    "clients: some do not follow a redirect of POST; RFC 9110 §15.4",
    "Route both URLs to the endpoint.",
);

pub(crate) static CHECKS: &[&Check] = &[
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

pub(crate) async fn run(context: &CheckContext) -> Vec<Finding> {
    let mut section = Section::new(CHECKS);
    get(context, &mut section).await;
    let Some(refused) = &context.facts.refused else {
        let tried = context.facts.tried.join("; ");
        section.record(
            &STATUS,
            Err(format!("no request was refused with 401: {tried}")),
        );
        return section.close("no request without a token was refused with 401");
    };
    section.record(&STATUS, Ok(format!("{}: HTTP 401", refused.what)));
    slash(context, refused, &mut section).await;
    section.record(&BODY, body(refused));
    match bearer(refused, &mut section) {
        None => section.close("the challenge cannot be parsed"),
        Some(bearer) => {
            parameters(context, &bearer, &mut section).await;
            section.close("a parameter it depends on is missing or wrong")
        }
    }
}

/// Checks the header as a whole.
fn bearer(refused: &RefusedRequest, section: &mut Section) -> Option<Challenge> {
    let values = refused.answer.values("www-authenticate");
    if values.is_empty() {
        section.record(&HEADER, Err("there is no `WWW-Authenticate`".to_owned()));
        return None;
    }
    section.record(&ASCII, client_compatibility::is_ascii(&values));
    let all = match challenge::read(&values) {
        Ok(all) => all,
        Err(error) => {
            let is_bearer = challenge::raw(&values).to_lowercase().contains("bearer");
            section.record(
                &HEADER,
                match is_bearer {
                    true => Ok(challenge::raw(&values)),
                    false => Err("there is no Bearer challenge".to_owned()),
                },
            );
            section.record(&GRAMMAR, Err(error));
            return None;
        }
    };
    section.record(&GRAMMAR, Ok(challenge::raw(&values)));
    let Some(bearer) = all.iter().find(|challenge| challenge.is_bearer()) else {
        section.record(&HEADER, Err(challenge::raw(&values)));
        return None;
    };
    section.record(&HEADER, Ok("Bearer".to_owned()));
    section.record(
        &BEARER_FIRST,
        client_compatibility::bearer_first(&all).map(|_| "Bearer is first".to_owned()),
    );
    section.record(
        &SEARCHABLE,
        client_compatibility::is_searchable(&values, bearer),
    );
    Some(bearer.clone())
}

/// Checks the parameters of the challenge.
async fn parameters(context: &CheckContext, bearer: &Challenge, section: &mut Section) {
    section.record(
        &NO_ERROR,
        match bearer.get("error") {
            None => Ok("no error".to_owned()),
            Some(error) => Err(format!("error=\"{error}\"")),
        },
    );
    match bearer.get("scope") {
        None => section.record(&SCOPE, Err("there is no `scope`".to_owned())),
        Some(scope) => {
            section.record(&SCOPE, Ok(format!("scope=\"{scope}\"")));
            section.record(
                &SCOPE_TOKENS,
                scope_tokens(scope).map(|tokens| count(tokens.len(), "scope")),
            );
            section.record(
                &OFFLINE,
                match scope.split(' ').any(|scope| scope == "offline_access") {
                    true => Err(format!("scope=\"{scope}\"")),
                    false => Ok("not in `scope`".to_owned()),
                },
            );
        }
    }
    let Some(place) = bearer.get("resource_metadata") else {
        section.record(&METADATA, Err("there is no `resource_metadata`".to_owned()));
        return;
    };
    section.record(&METADATA, Ok(place.to_owned()));
    let absolute = client_compatibility::absolute_metadata(bearer);
    let is_absolute = absolute.is_ok();
    section.record(&ABSOLUTE, absolute);
    if is_absolute {
        let answer = context.http.send(Request::get(place)).await;
        section.record(
            &RESOLVES,
            answer.and_then(|answer| match answer.object() {
                Some(_) if answer.status == 200 => Ok(format!("{place}: HTTP 200")),
                Some(_) => Err(format!("{place}: {}", answer.brief())),
                None => Err(format!("{place}: {}, not a JSON object", answer.brief())),
            }),
        );
    }
}

fn body(refused: &RefusedRequest) -> Result<String, String> {
    let kind = refused.answer.media_type();
    let is_json = kind == "application/json" || kind.ends_with("+json");
    match refused.answer.json() {
        Some(_) if is_json => Ok("JSON".to_owned()),
        Some(_) => Err(format!("JSON with the content type `{kind}`")),
        None if refused.answer.text().is_empty() => Err("the body is empty".to_owned()),
        None => Err(format!("`{kind}`, not JSON")),
    }
}

async fn get(context: &CheckContext, section: &mut Section) {
    let request = Request::get(context.target.typed()).header("accept", "text/event-stream");
    let answer = context.http.send(request).await;
    section.record(
        &GET,
        answer.and_then(|answer| answer.brief_if(matches!(answer.status, 400..=499))),
    );
}

async fn slash(context: &CheckContext, refused: &RefusedRequest, section: &mut Section) {
    let Some(other) = context.target.other_slash() else {
        section.skip(&SLASH, "the endpoint's path is `/`");
        return;
    };
    let answer = context.http.send(refused.request.clone().to(&*other)).await;
    section.record(
        &SLASH,
        answer.and_then(|answer| match answer.status {
            401 => Ok(format!("{other}: HTTP 401")),
            _ => Err(format!("{other}: {}", answer.brief())),
        }),
    );
}
