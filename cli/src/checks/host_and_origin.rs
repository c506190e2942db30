//! Requests with a foreign Host or Origin.

use crate::{
    check_context::CheckContext,
    finding::{
        Check, Finding, Section,
        Severity::{Fail, Note, Warn},
    },
    http::{Request, Response},
    mcp_client::{Lifecycle, McpClient},
    target,
};

static TLS: Check = Check::new(
    "host.tls",
    Fail,
    "The server is reached over https, or on loopback.",
    "OAuth 2.1 §1.5; RFC 6750 §5.3; RFC 9728 §1.2",
    "Put TLS in front of the server: without it, bearer tokens can be intercepted.",
);
static REFLECTED: Check = Check::new(
    "host.reflected",
    Fail,
    "URLs in the metadata and in the challenge do not depend on the Host or X-Forwarded-Host of the request.",
    "RFC 9728 §7.3; OWASP, Host header injection",
    "Build them from the configured public URL.",
);
static HOST: Check = Check::new(
    "host.host",
    Note,
    "A request with a foreign Host gets a 4xx other than 401.",
    "MCP 2025-11-25, Transports: Security Warning (DNS rebinding)",
    "Send 403 for names that are not the server's.",
);
static ORIGIN: Check = Check::new(
    "host.origin",
    Warn,
    "A request with a foreign Origin gets a 403.",
    "MCP 2026-07-28, Streamable HTTP: Security & Endpoint (MUST; the server decides which origins are foreign)",
    "If the request has an Origin, compare it with a list before all other checks.",
);
static NO_CHALLENGE: Check = Check::new(
    "host.no_challenge",
    Warn,
    "A 403 for a foreign Host or Origin has no `WWW-Authenticate`.",
    "clients: rmcp treats any challenge on a 403 as a missing scope",
    "Send a challenge only with 401 and with `insufficient_scope`.",
);

pub(crate) static CHECKS: &[&Check] = &[&TLS, &REFLECTED, &HOST, &ORIGIN, &NO_CHALLENGE];

/// A name that no server can have (RFC 2606 §2).
const FOREIGN: &str = "toolgate-check.invalid";

pub(crate) async fn run(context: &CheckContext) -> Vec<Finding> {
    let mut section = Section::new(CHECKS);
    section.record(
        &TLS,
        target::secure(context.target.typed()).map(|url| url.scheme().to_owned()),
    );
    section.record(&REFLECTED, reflected(context).await);

    let mut refusals = Vec::new();
    let foreign_host = context
        .http
        .send(request(context).header("host", FOREIGN))
        .await;
    section.record(
        &HOST,
        foreign_host.and_then(|answer| {
            let seen = answer.brief();
            let is_refused = (400..500).contains(&answer.status) && answer.status != 401;
            refusals.push(answer);
            if is_refused { Ok(seen) } else { Err(seen) }
        }),
    );
    let origin = format!("https://{FOREIGN}");
    let foreign_origin = context
        .http
        .send(request(context).header("origin", origin))
        .await;
    section.record(
        &ORIGIN,
        foreign_origin.and_then(|answer| {
            let seen = answer.brief();
            let is_refused = answer.status == 403;
            refusals.push(answer);
            if is_refused { Ok(seen) } else { Err(seen) }
        }),
    );
    let mut refusals = refusals
        .iter()
        .filter(|answer| answer.status == 403)
        .peekable();
    if refusals.peek().is_some() {
        section.record(
            &NO_CHALLENGE,
            match refusals.find_map(challenge) {
                None => Ok("none".to_owned()),
                Some(challenge) => Err(challenge),
            },
        );
    }
    section.close("no foreign Host or Origin was refused with 403")
}

/// Builds an ordinary first request, with a token if there is one. Without a token, a 401 could
/// come first and hide the Host and Origin checks.
fn request(context: &CheckContext) -> Request {
    let token = context.tokens.first().map(String::as_str);
    match &context.facts.refused {
        Some(refused) => match token {
            Some(token) => refused.request.clone().bearer(token),
            None => refused.request.clone(),
        },
        None => McpClient::new(&context.target, Lifecycle::Stateless, token).opening(),
    }
}

fn challenge(answer: &Response) -> Option<String> {
    answer.header("www-authenticate")
}

async fn reflected(context: &CheckContext) -> Result<String, String> {
    for header in ["host", "x-forwarded-host"] {
        let mut requests = vec![
            Request::get(context.target.metadata_by_path()),
            Request::get(context.target.metadata_at_root()),
        ];
        requests.extend(
            context
                .facts
                .refused
                .as_ref()
                .map(|refused| refused.request.clone()),
        );
        for request in requests {
            // A proxy that closes the connection reflects no header.
            let Ok(answer) = context.http.send(request.header(header, FOREIGN)).await else {
                continue;
            };
            let in_document = answer.status == 200
                && answer.object().is_some_and(|document| {
                    ["resource", "authorization_servers"]
                        .iter()
                        .filter_map(|name| document.get(*name))
                        .any(|value| value.to_string().contains(FOREIGN))
                });
            let in_challenge = challenge(&answer).is_some_and(|text| text.contains(FOREIGN));
            if in_document || in_challenge {
                let place = if in_document { "metadata" } else { "challenge" };
                return Err(format!(
                    "the {place} uses the value of `{header}: {FOREIGN}`"
                ));
            }
        }
    }
    Ok("they do not depend on it".to_owned())
}
