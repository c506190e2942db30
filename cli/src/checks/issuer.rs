//! The authorization server that clients will use: the first in the metadata's list (RFC 8414,
//! OpenID Connect Discovery 1.0).

use serde_json::{Map, Value};

use crate::{
    check_context::{CheckContext, Issuer},
    finding::{
        Check, Finding, Section,
        Severity::{Fail, Note, Warn},
        count,
    },
    http::{Http, Request, Response},
    issuer_metadata::places,
    target,
};

static METADATA: Check = Check::new(
    "issuer.metadata",
    Fail,
    "The issuer's metadata is at one of the URLs that clients try.",
    "RFC 8414 §3.1; OpenID Connect Discovery 1.0 §4; MCP 2026-07-28, Authorization Server Discovery",
    "Correct the issuer's URL, or make the authorization server serve `/.well-known/oauth-authorization-server<path>`.",
);
static SAME: Check = Check::new(
    "issuer.same",
    Fail,
    "Its `issuer` is identical to the entry in `authorization_servers`, character for character.",
    "RFC 8414 §3.3",
    "Copy the value of `issuer` into `authorization_servers`, including any trailing slash.",
);
static CONSISTENT: Check = Check::new(
    "issuer.consistent",
    Warn,
    "All metadata URLs that respond name the same issuer, endpoints and keys.",
    "RFC 8414 §3.3; OpenID Connect Discovery 1.0 §4.3",
    "Serve one document at all of them.",
);
static PKCE: Check = Check::new(
    "issuer.pkce",
    Fail,
    "`code_challenge_methods_supported` contains `S256`.",
    "MCP 2026-07-28, Authorization: Security Considerations (clients refuse to continue without it); RFC 8414 §2",
    "Make the authorization server support PKCE with S256 and advertise it.",
);
static PLAIN: Check = Check::new(
    "issuer.pkce_plain",
    Warn,
    "`code_challenge_methods_supported` does not contain `plain`.",
    "RFC 9700 §2.1.1; OAuth 2.1 §4.1.1",
    "Disable `plain` at the authorization server.",
);
static ENDPOINTS: Check = Check::new(
    "issuer.endpoints",
    Fail,
    "The authorization and token endpoints are present; every endpoint is an absolute URL, https or loopback.",
    "RFC 8414 §2; OAuth 2.1 §1.5",
    "Publish absolute https URLs.",
);
static CODE: Check = Check::new(
    "issuer.code",
    Fail,
    "The authorization code grant is supported.",
    "RFC 8414 §2 (`response_types_supported` is REQUIRED); OAuth 2.1 §4.1",
    "List `code` in `response_types_supported`, and `authorization_code` in `grant_types_supported` if that is present.",
);
static REGISTRATION: Check = Check::new(
    "issuer.registration",
    Note,
    "An unknown client can register: with a client id metadata document or with dynamic registration.",
    "MCP 2026-07-28, Client Registration",
    "Without either, document which client id users must enter.",
);
static ISS: Check = Check::new(
    "issuer.iss_parameter",
    Note,
    "The authorization response contains `iss`.",
    "RFC 9207 §3; MCP 2026-07-28, Authorization: Authorization Response Validation (SHOULD)",
    "Enable `iss` and advertise `authorization_response_iss_parameter_supported`.",
);
static JWKS: Check = Check::new(
    "issuer.jwks",
    Fail,
    "The key set can be fetched and contains a public signing key.",
    "RFC 8414 §2 (`jwks_uri`); RFC 7517 §5",
    "Correct `jwks_uri`, or omit it if tokens are opaque.",
);
static PRIVATE: Check = Check::new(
    "issuer.jwks_public",
    Fail,
    "The key set contains no private or symmetric key.",
    "RFC 7517 §9.2; RFC 7518 §6.2.2, §6.3.2 and §6.4",
    "Revoke these keys immediately, and publish only public members.",
);
static CORS: Check = Check::new(
    "issuer.cors",
    Note,
    "A browser page can read the issuer's metadata.",
    "Fetch standard, CORS protocol; RFC 8414 §3",
    "Allow any origin on the metadata, registration and token endpoints, without credentials.",
);

/// The most keys that are used. Issuers publish two or three.
const MOST_KEYS: usize = 16;

/// The longest key that is used, in bytes of JSON. An 8192-bit RSA key has 1.5 KiB, plus its
/// certificates.
const LONGEST_KEY: usize = 16 << 10;

pub(crate) static CHECKS: &[&Check] = &[
    &METADATA,
    &SAME,
    &CONSISTENT,
    &PKCE,
    &PLAIN,
    &ENDPOINTS,
    &CODE,
    &REGISTRATION,
    &ISS,
    &JWKS,
    &PRIVATE,
    &CORS,
];

/// Required endpoints.
const REQUIRED: [&str; 2] = ["authorization_endpoint", "token_endpoint"];

/// Optional endpoints.
const FURTHER: [&str; 6] = [
    "device_authorization_endpoint",
    "introspection_endpoint",
    "jwks_uri",
    "pushed_authorization_request_endpoint",
    "registration_endpoint",
    "revocation_endpoint",
];

/// Members in which the documents of one issuer must agree.
const AGREED: [&str; 5] = [
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "registration_endpoint",
];

/// Private members of a key.
const SECRET: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

pub(crate) async fn run(context: &mut CheckContext) -> Vec<Finding> {
    let mut section = Section::new(CHECKS);
    let metadata = context.facts.metadata.as_ref();
    let identifier = metadata
        .and_then(|metadata| metadata.get("authorization_servers")?.get(0)?.as_str())
        .map(str::to_owned);
    let Some(identifier) = identifier else {
        return section.close("the metadata names no issuer");
    };
    let (found, tried) = discover(&context.http, &identifier, &context.origin).await;
    let Some((place, answer, document)) = found.first() else {
        section.record(&METADATA, Err(tried.join("; ")));
        return section.close("the issuer's metadata was not found");
    };
    section.record(&METADATA, Ok(place.clone()));
    section.record(
        &SAME,
        match document.get("issuer").and_then(Value::as_str) {
            Some(own) if own == identifier => Ok(identifier.clone()),
            Some(own) => Err(format!(
                "`issuer` is `{own}`, but the resource names `{identifier}`"
            )),
            None => Err("there is no `issuer`".to_owned()),
        },
    );
    section.record(&CONSISTENT, consistent(&found));
    section.record(&ENDPOINTS, endpoints(document));
    section.record(
        &CORS,
        match answer.header("access-control-allow-origin") {
            Some(allowed) => Ok(allowed),
            None => Err("there is no `Access-Control-Allow-Origin`".to_owned()),
        },
    );
    let mut issuer = Issuer {
        identifier,
        document: document.clone(),
        keys: Vec::new(),
    };
    capabilities(&issuer, &mut section);
    match issuer.text("jwks_uri") {
        None => section.skip(&JWKS, "there is no `jwks_uri`: tokens are opaque"),
        Some(uri) => match keys(&context.http, uri).await {
            Err(error) => section.record(&JWKS, Err(error)),
            Ok(keys) => {
                section.record(&JWKS, signing(&keys));
                section.record(&PRIVATE, public(&keys));
                // Several test tokens are built from each key, and each token is sent.
                let is_short = |key: &Value| key.to_string().len() <= LONGEST_KEY;
                issuer.keys = keys.into_iter().filter(is_short).take(MOST_KEYS).collect();
            }
        },
    }
    context.facts.issuer = Some(issuer);
    section.close("there is no `jwks_uri` or key set")
}

type Found = (String, Response, Map<String, Value>);

/// Tries the three URLs in the order of the specification.
async fn discover(http: &Http, identifier: &str, origin: &str) -> (Vec<Found>, Vec<String>) {
    let (mut found, mut tried) = (Vec::new(), Vec::new());
    let places = match target::secure(identifier) {
        Ok(url) => places(&url),
        Err(error) => return (found, vec![error]),
    };
    for place in places {
        // Sends `Origin`, as a page would, to see what a page could read.
        let request = Request::get(&*place).header("origin", origin);
        match http.exchange(request).await {
            Err(error) => tried.push(format!("{place}: {error}")),
            Ok(answer) => match answer.object() {
                Some(document) if answer.status == 200 => found.push((place, answer, document)),
                _ => tried.push(format!("{place}: {}", answer.brief())),
            },
        }
    }
    (found, tried)
}

fn consistent(found: &[Found]) -> Result<String, String> {
    let (first, _, document) = &found[0];
    for (place, _, other) in &found[1..] {
        if let Some(member) = AGREED
            .iter()
            .find(|&&name| other.get(name) != document.get(name))
        {
            return Err(format!("`{member}` at {place} differs from {first}"));
        }
    }
    Ok(count(found.len(), "place"))
}

fn endpoints(document: &Map<String, Value>) -> Result<String, String> {
    for name in REQUIRED {
        if !document.contains_key(name) {
            return Err(format!("there is no `{name}`"));
        }
    }
    for name in REQUIRED.into_iter().chain(FURTHER) {
        match document.get(name) {
            None => {}
            Some(Value::String(text)) => {
                target::secure(text).map_err(|error| format!("`{name}`: {error}"))?;
            }
            Some(other) => return Err(format!("`{name}` is {other}")),
        }
    }
    Ok("absolute, https or loopback".to_owned())
}

fn capabilities(issuer: &Issuer, section: &mut Section) {
    const METHODS: &str = "code_challenge_methods_supported";
    match issuer.document.get(METHODS) {
        None => section.record(&PKCE, Err(format!("there is no `{METHODS}`"))),
        Some(list) => {
            section.record(
                &PKCE,
                match issuer.lists(METHODS, "S256") {
                    true => Ok(list.to_string()),
                    false => Err(list.to_string()),
                },
            );
            section.record(
                &PLAIN,
                match issuer.lists(METHODS, "plain") {
                    false => Ok(list.to_string()),
                    true => Err(list.to_string()),
                },
            );
        }
    }
    let has_grants = issuer.document.contains_key("grant_types_supported");
    let is_offered = issuer.lists("response_types_supported", "code")
        && (!has_grants || issuer.lists("grant_types_supported", "authorization_code"));
    section.record(
        &CODE,
        match is_offered {
            true => Ok("`code`".to_owned()),
            false => Err("`code` or `authorization_code` is not listed".to_owned()),
        },
    );
    let is_set = |name: &str| issuer.document.get(name) == Some(&Value::Bool(true));
    let ways: Vec<_> = [
        (
            is_set("client_id_metadata_document_supported"),
            "client id metadata documents",
        ),
        (
            issuer.text("registration_endpoint").is_some(),
            "dynamic registration",
        ),
    ]
    .into_iter()
    .filter_map(|(is_there, name)| is_there.then_some(name))
    .collect();
    section.record(
        &REGISTRATION,
        match ways.is_empty() {
            true => Err("neither is supported".to_owned()),
            false => Ok(ways.join(" and ")),
        },
    );
    section.record(
        &ISS,
        match is_set("authorization_response_iss_parameter_supported") {
            true => Ok("advertised".to_owned()),
            false => Err("not advertised".to_owned()),
        },
    );
}

async fn keys(http: &Http, uri: &str) -> Result<Vec<Value>, String> {
    target::secure(uri)?;
    let answer = http.exchange(Request::get(uri)).await?;
    if answer.status != 200 {
        return Err(format!("{uri}: {}", answer.brief()));
    }
    match answer.object().and_then(|mut set| set.remove("keys")) {
        Some(Value::Array(keys)) => Ok(keys),
        _ => Err(format!("{uri}: there is no `keys`")),
    }
}

fn signing(keys: &[Value]) -> Result<String, String> {
    let can_sign = |key: &&Value| {
        matches!(key["kty"].as_str(), Some("RSA" | "EC" | "OKP" | "AKP")) && key["use"] != "enc"
    };
    match keys.iter().filter(can_sign).count() {
        0 => Err(format!("{}, no signing key", count(keys.len(), "key"))),
        number => Ok(format!("{} for signatures", count(number, "key"))),
    }
}

fn public(keys: &[Value]) -> Result<String, String> {
    for (at, key) in keys.iter().enumerate() {
        if let Some(member) = SECRET.iter().find(|&&name| key.get(name).is_some()) {
            return Err(format!("key {} has the member `{member}`", at + 1));
        }
    }
    Ok(count(keys.len(), "public key"))
}
