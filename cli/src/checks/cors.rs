//! Whether a browser page can act as a client (Fetch standard, CORS protocol).

use reqwest::Method;

use crate::{
    check_context::CheckContext,
    finding::{
        Check, Finding, Section,
        Severity::{Fail, Warn},
    },
    http::{Request, Response},
};

static PREFLIGHT: Check = Check::new(
    "cors.preflight",
    Warn,
    "A preflight without a token gets a 2xx that allows the origin.",
    "Fetch standard, CORS-preflight fetch: a preflight never carries credentials",
    "Put the CORS layer outside the authorization layer. `--origin` selects the origin to test.",
);
static HEADERS: Check = Check::new(
    "cors.headers",
    Warn,
    "The preflight allows every header that clients send, and names Authorization.",
    "Fetch standard: `*` does not cover Authorization; MCP 2026-07-28, Streamable HTTP: Standard Request Headers",
    "Allow the missing headers.",
);
static METHODS: Check = Check::new(
    "cors.methods",
    Warn,
    "The preflight allows DELETE, which ends a session.",
    "Fetch standard: GET and POST need no permission; MCP 2025-11-25, Transports: Session Management",
    "List GET, POST and DELETE in Access-Control-Allow-Methods.",
);
static REFUSALS: Check = Check::new(
    "cors.refusals",
    Warn,
    "The 401 has CORS headers.",
    "Fetch standard, CORS check: without them, a page cannot read the response",
    "Put the CORS layer outside the authorization layer.",
);
static EXPOSED: Check = Check::new(
    "cors.exposed",
    Warn,
    "Pages can read `WWW-Authenticate` and `Mcp-Session-Id`.",
    "Fetch standard, CORS-exposed header-name list; clients: without them, no step-up and no session",
    "Add `Access-Control-Expose-Headers: WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version`.",
);
static METADATA: Check = Check::new(
    "cors.metadata",
    Warn,
    "Pages can read the metadata document, and may send `MCP-Protocol-Version` with the request.",
    "RFC 9728 §3.1; clients send that header when they fetch the document",
    "Apply the same CORS layer to the well-known paths.",
);
static CREDENTIALS: Check = Check::new(
    "cors.credentials",
    Fail,
    "A foreign origin is never allowed with the browser's credentials.",
    "Fetch standard, CORS protocol and credentials; OWASP, CORS misconfiguration",
    "Do not send Access-Control-Allow-Credentials with a reflected origin. Bearer tokens do not need it.",
);

pub(crate) static CHECKS: &[&Check] = &[
    &PREFLIGHT,
    &HEADERS,
    &METHODS,
    &REFUSALS,
    &EXPOSED,
    &METADATA,
    &CREDENTIALS,
];

/// Headers that clients send and that CORS does not allow by default.
const SENT: [&str; 7] = [
    "authorization",
    "content-type",
    "last-event-id",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
];

/// Response headers that a page must be able to read.
const READ: [&str; 2] = ["www-authenticate", "mcp-session-id"];

/// An origin that no server has a reason to allow.
const FOREIGN: &str = "https://toolgate-check.invalid";

pub(crate) async fn run(context: &CheckContext) -> Vec<Finding> {
    let mut section = Section::new(CHECKS);
    let origin = &*context.origin;
    section.record(&CREDENTIALS, credentials(context).await);
    let answer = preflight(
        context,
        context.target.typed(),
        origin,
        "POST",
        &SENT.join(","),
    )
    .await;
    let verdict = answer.as_ref().map_err(Clone::clone);
    let verdict = verdict.and_then(|answer| match allows(answer, origin) {
        true if answer.is_success() => Ok(answer.brief()),
        true => Err(format!("{}, but the origin is allowed", answer.brief())),
        false => Err(format!(
            "{}, the origin {origin} is not allowed",
            answer.brief()
        )),
    });
    let is_open = verdict.is_ok();
    section.record(&PREFLIGHT, verdict);
    if let (true, Ok(answer)) = (is_open, &answer) {
        let allowed = answer.names("access-control-allow-headers");
        section.record(&HEADERS, covers(&allowed, &SENT));
        section.record(
            &METHODS,
            match preflight(
                context,
                context.target.typed(),
                origin,
                "DELETE",
                "authorization",
            )
            .await
            {
                Ok(answer) => covers(&answer.names("access-control-allow-methods"), &["delete"]),
                Err(error) => Err(error),
            },
        );
    }
    if !is_open {
        return section.close("the preflight does not allow the origin");
    }
    match &context.facts.refused {
        None => section.skip(&REFUSALS, "no request without a token was refused with 401"),
        Some(refused) => {
            let request = refused.request.clone().header("origin", origin);
            match context.http.send(request).await {
                Err(error) => section.record(&REFUSALS, Err(error)),
                Ok(answer) if !allows(&answer, origin) => section.record(
                    &REFUSALS,
                    Err(format!(
                        "{} without Access-Control-Allow-Origin",
                        answer.brief()
                    )),
                ),
                Ok(answer) => {
                    section.record(&REFUSALS, Ok(answer.brief()));
                    let exposed = answer.names("access-control-expose-headers");
                    section.record(&EXPOSED, covers(&exposed, &READ));
                }
            }
        }
    }
    section.record(&METADATA, metadata(context, origin).await);
    section.close("the 401 has no CORS headers")
}

async fn metadata(context: &CheckContext, origin: &str) -> Result<String, String> {
    let place = context.target.metadata_by_path();
    let answer = context
        .http
        .send(Request::get(&*place).header("origin", origin))
        .await?;
    if !allows(&answer, origin) {
        return Err(format!(
            "{} without Access-Control-Allow-Origin",
            answer.brief()
        ));
    }
    let answer = preflight(context, &place, origin, "GET", "mcp-protocol-version").await?;
    if !answer.is_success() || !allows(&answer, origin) {
        return Err(format!("preflight: {}", answer.brief()));
    }
    let allowed = answer.names("access-control-allow-headers");
    covers(&allowed, &["mcp-protocol-version"])
}

async fn credentials(context: &CheckContext) -> Result<String, String> {
    let typed = context.target.typed();
    let preflight = preflight(context, typed, FOREIGN, "POST", "authorization").await?;
    let plain = context
        .http
        .send(Request::get(typed).header("origin", FOREIGN))
        .await?;
    for answer in [preflight, plain] {
        let may = answer.header("access-control-allow-credentials");
        let allowed = answer.header("access-control-allow-origin");
        if may.as_deref() == Some("true") && allowed.as_deref() == Some(FOREIGN) {
            return Err(format!("{FOREIGN} is allowed with credentials"));
        }
    }
    Ok("not allowed".to_owned())
}

async fn preflight(
    context: &CheckContext,
    url: &str,
    origin: &str,
    method: &str,
    headers: &str,
) -> Result<Response, String> {
    let request = Request::new(Method::OPTIONS, url)
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", headers);
    context.http.send(request).await
}

fn allows(answer: &Response, origin: &str) -> bool {
    let allowed = answer.header("access-control-allow-origin");
    allowed.is_some_and(|allowed| allowed == origin || allowed == "*")
}

/// Checks that a list has every name; `*` covers all but Authorization.
fn covers(list: &[String], names: &[&str]) -> Result<String, String> {
    let has = |name: &str| list.iter().any(|own| own == name);
    let missing: Vec<_> = names
        .iter()
        .filter(|&&name| !(has(name) || has("*") && name != "authorization"))
        .copied()
        .collect();
    match missing.is_empty() {
        true => Ok(list.join(", ")),
        false => Err(format!("without {}", missing.join(", "))),
    }
}
