//! The protected resource metadata document (RFC 9728).

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::{
    challenge::is_scope_token,
    check_context::CheckContext,
    finding::{
        Check, Finding, Section,
        Severity::{Fail, Warn},
        count,
    },
    http::{Request, Response},
    target,
};

static PATH: Check = Check::new(
    "metadata.path",
    Fail,
    "The document is at the well-known path for the URL's path, without a token.",
    "RFC 9728 §3 and §3.1",
    "Serve it at `/.well-known/oauth-protected-resource<path>`, outside the authorization layer.",
);
static ROOT: Check = Check::new(
    "metadata.root",
    Warn,
    "The document is also at the root well-known path.",
    "MCP 2025-11-25, Authorization: Protected Resource Metadata Discovery; clients try both",
    "Serve the same document at `/.well-known/oauth-protected-resource`.",
);
static SAME: Check = Check::new(
    "metadata.same",
    Fail,
    "All URLs serve the same document.",
    "RFC 9728 §3.3",
    "Serve one value at all of them.",
);
static TYPE: Check = Check::new(
    "metadata.content_type",
    Fail,
    "The document has the content type `application/json`.",
    "RFC 9728 §3.2",
    "Set `Content-Type: application/json`.",
);
static RESOURCE: Check = Check::new(
    "metadata.resource",
    Fail,
    "`resource` is identical to the URL on the command line, character for character.",
    "RFC 9728 §3.3; clients compare it; an extra slash fails in all of them",
    "Publish the URL that users enter, as text from the configuration. If it is already right, use the same text on the command line.",
);
static SERVERS: Check = Check::new(
    "metadata.authorization_servers",
    Fail,
    "`authorization_servers` contains at least one issuer: an absolute URL, https or loopback, without query and fragment.",
    "MCP 2026-07-28, Authorization Server Discovery; RFC 9728 §2; RFC 8414 §2",
    "List the issuer exactly as its own metadata names it.",
);
static SCOPES: Check = Check::new(
    "metadata.scopes_supported",
    Warn,
    "`scopes_supported` is present.",
    "RFC 9728 §2 (RECOMMENDED); clients request it if the challenge has no scope",
    "List the scopes that basic use needs.",
);
static SCOPE_TOKENS: Check = Check::new(
    "metadata.scope_tokens",
    Fail,
    "`scopes_supported` is a list of distinct scope-tokens, and not empty.",
    "RFC 6749 §3.3; RFC 9728 §3.2 (empty lists are omitted)",
    "Write one scope per entry, without spaces or quotes.",
);
static OFFLINE: Check = Check::new(
    "metadata.offline_access",
    Warn,
    "`scopes_supported` does not contain `offline_access`.",
    "MCP 2026-07-28, Authorization: Refresh Tokens",
    "Leave `offline_access` to the authorization server's own list.",
);
static METHODS: Check = Check::new(
    "metadata.bearer_methods",
    Warn,
    "`bearer_methods_supported`, if present, contains `header` and not `query`.",
    "RFC 9728 §2; OAuth 2.1 §5.1; MCP 2026-07-28, Authorization: Token Requirements",
    "Publish `[\"header\"]`.",
);
static MEMBERS: Check = Check::new(
    "metadata.members",
    Fail,
    "The other members have the types that the RFC defines; addresses are absolute URLs.",
    "RFC 9728 §2 and §3.2",
    "Correct the reported member, or omit it.",
);
static VERSION: Check = Check::new(
    "metadata.protocol_version",
    Fail,
    "The document is served for any `MCP-Protocol-Version` header.",
    "clients send 2024-11-05, 2025-11-25 or 2026-07-28 with this request, whatever the session uses",
    "Validate that header only at the MCP endpoint.",
);
static TOKEN: Check = Check::new(
    "metadata.any_token",
    Warn,
    "An invalid token does not prevent the document from being served.",
    "RFC 9728 §3.1: the document needs no credentials",
    "Keep the well-known paths outside the authorization layer.",
);

pub(crate) static CHECKS: &[&Check] = &[
    &PATH,
    &ROOT,
    &SAME,
    &TYPE,
    &RESOURCE,
    &SERVERS,
    &SCOPES,
    &SCOPE_TOKENS,
    &OFFLINE,
    &METHODS,
    &MEMBERS,
    &VERSION,
    &TOKEN,
];

/// Members that are URLs.
const ADDRESSES: [&str; 4] = [
    "jwks_uri",
    "resource_documentation",
    "resource_policy_uri",
    "resource_tos_uri",
];

/// Members that are lists of strings.
const LISTS: [&str; 4] = [
    "authorization_details_types_supported",
    "bearer_methods_supported",
    "dpop_signing_alg_values_supported",
    "resource_signing_alg_values_supported",
];

/// Boolean members.
const SWITCHES: [&str; 2] = [
    "dpop_bound_access_tokens_required",
    "tls_client_certificate_bound_access_tokens",
];

pub(crate) async fn run(context: &mut CheckContext) -> Vec<Finding> {
    let mut section = Section::new(CHECKS);
    let by_path = context.target.metadata_by_path();
    let at_root = context.target.metadata_at_root();
    let refused = context.facts.refused.as_ref();
    let advertised = refused
        .and_then(|refused| refused.bearer.as_ref()?.get("resource_metadata"))
        .filter(|place| target::secure(place).is_ok())
        .map(str::to_owned);

    let mut found: Vec<(String, Response, Map<String, Value>)> = Vec::new();
    let mut places = vec![by_path.clone()];
    for place in [Some(at_root.clone()), advertised].into_iter().flatten() {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    for place in &places {
        let answer = context.http.send(Request::get(place)).await;
        let document = answer.as_ref().ok().and_then(Response::object);
        let verdict = match (&answer, &document) {
            (Err(error), _) => Err(format!("{place}: {error}")),
            (Ok(answer), _) if answer.status != 200 => Err(format!("{place}: {}", answer.brief())),
            (Ok(_), None) => Err(format!("{place}: not a JSON object")),
            (Ok(_), Some(_)) => Ok(place.clone()),
        };
        if let (Ok(_), Ok(answer), Some(document)) = (&verdict, answer, document) {
            found.push((place.clone(), answer, document));
        }
        if *place == by_path {
            section.record(&PATH, verdict);
        } else if *place == at_root {
            section.record(&ROOT, verdict);
        }
    }
    if by_path == at_root {
        section.skip(
            &ROOT,
            "the URL has no path, so both well-known paths are the same",
        );
    }
    let Some((place, answer, document)) = found.first().cloned() else {
        return section.close("the metadata document was not found");
    };
    section.record(&SAME, same(&found));
    section.record(
        &TYPE,
        match &*answer.media_type() {
            "application/json" => Ok("application/json".to_owned()),
            other => Err(format!("`{other}`")),
        },
    );
    section.record(&RESOURCE, resource(context.target.typed(), &document));
    section.record(&SERVERS, servers(&document));
    scopes(&document, &mut section);
    section.record(&METHODS, methods(&document));
    section.record(&MEMBERS, members(&document));
    section.record(&VERSION, any_version(context, &place).await);
    let request = Request::get(&*place).bearer("nonsense");
    section.record(&TOKEN, is_served(context, request).await);
    context.facts.metadata = Some(document);
    section.close("the document does not have this member")
}

fn same(found: &[(String, Response, Map<String, Value>)]) -> Result<String, String> {
    let mut others = found.iter().skip(1);
    match others.find(|(_, _, document)| *document != found[0].2) {
        Some((place, ..)) => Err(format!("{place} differs from {}", found[0].0)),
        None => Ok(count(found.len(), "place")),
    }
}

fn resource(typed: &str, document: &Map<String, Value>) -> Result<String, String> {
    match document.get("resource").and_then(Value::as_str) {
        Some(resource) if resource == typed => Ok(resource.to_owned()),
        Some(resource) => Err(format!("`{resource}` is not `{typed}`")),
        None => Err("there is no `resource`".to_owned()),
    }
}

fn servers(document: &Map<String, Value>) -> Result<String, String> {
    let list = texts(document, "authorization_servers")?;
    let list = list.ok_or("there is no `authorization_servers`")?;
    if list.is_empty() {
        return Err("the list is empty".to_owned());
    }
    for &issuer in &list {
        let url = target::secure(issuer)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(format!("`{issuer}` has a query or a fragment"));
        }
    }
    Ok(list.join(", "))
}

fn scopes(document: &Map<String, Value>, section: &mut Section) {
    let list = match texts(document, "scopes_supported") {
        Ok(None) => {
            section.record(&SCOPES, Err("there is no `scopes_supported`".to_owned()));
            return;
        }
        Ok(Some(list)) => Ok(list),
        Err(error) => Err(error),
    };
    section.record(&SCOPES, Ok("present".to_owned()));
    if let Ok(list) = &list {
        section.record(
            &OFFLINE,
            match list.contains(&"offline_access") {
                true => Err("in the list".to_owned()),
                false => Ok("not in the list".to_owned()),
            },
        );
    }
    section.record(
        &SCOPE_TOKENS,
        list.and_then(|list| {
            if list.is_empty() {
                return Err("the list is empty".to_owned());
            }
            let mut seen = HashSet::new();
            for scope in &list {
                if !is_scope_token(scope) {
                    return Err(format!("`{scope}` is not a scope-token"));
                }
                if !seen.insert(scope) {
                    return Err(format!("`{scope}` is listed twice"));
                }
            }
            Ok(list.join(" "))
        }),
    );
}

fn methods(document: &Map<String, Value>) -> Result<String, String> {
    match texts(document, "bearer_methods_supported") {
        Ok(None) => Ok("not present".to_owned()),
        // `metadata.members` checks the type.
        Err(_) => Ok("not a list of strings".to_owned()),
        Ok(Some(list)) => match list.contains(&"header") && !list.contains(&"query") {
            true => Ok(list.join(" ")),
            false => Err(list.join(" ")),
        },
    }
}

fn members(document: &Map<String, Value>) -> Result<String, String> {
    for name in ADDRESSES {
        match document.get(name) {
            None => {}
            Some(Value::String(text)) if url::Url::parse(text).is_ok() => {}
            Some(other) => return Err(format!("`{name}` is {other}")),
        }
    }
    for name in LISTS {
        if texts(document, name)?.is_some_and(|list| list.is_empty()) {
            return Err(format!("`{name}` is an empty list"));
        }
    }
    for name in SWITCHES {
        if document.get(name).is_some_and(|value| !value.is_boolean()) {
            return Err(format!("`{name}` is not a boolean"));
        }
    }
    match document.get("resource_name") {
        None | Some(Value::String(_)) => Ok("all valid".to_owned()),
        Some(other) => Err(format!("`resource_name` is {other}")),
    }
}

async fn any_version(context: &CheckContext, place: &str) -> Result<String, String> {
    for version in ["2024-11-05", "2025-11-25", "2026-07-28", "1999-01-01"] {
        let request = Request::get(place).header("mcp-protocol-version", version);
        is_served(context, request)
            .await
            .map_err(|error| format!("{version}: {error}"))?;
    }
    Ok("served for all four values".to_owned())
}

async fn is_served(context: &CheckContext, request: Request) -> Result<String, String> {
    let answer = context.http.send(request).await?;
    answer.brief_if(answer.status == 200 && answer.object().is_some())
}

/// Returns a member that is a list of strings, or `None` if it is absent.
fn texts<'a>(document: &'a Map<String, Value>, name: &str) -> Result<Option<Vec<&'a str>>, String> {
    let Some(value) = document.get(name) else {
        return Ok(None);
    };
    let list = value
        .as_array()
        .and_then(|list| list.iter().map(Value::as_str).collect());
    match list {
        Some(list) => Ok(Some(list)),
        None => Err(format!("`{name}` is not a list of strings")),
    }
}
