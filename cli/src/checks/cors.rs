//! Whether a page in a browser can be a client (Fetch standard, CORS protocol).

use reqwest::Method;

use crate::{
    finding::{
        Check, Finding, Section,
        Severity::{Fail, Warn},
    },
    http::{Answer, Request},
    visit::Visit,
};

static PREFLIGHT: Check = Check::new(
    "cors.preflight",
    Warn,
    "A preflight is answered by 2xx and the origin, without a token.",
    "Fetch standard, CORS-preflight fetch: it never carries credentials",
    "Put the CORS layer outside of the authorization layer; another origin than the default is tried by `--origin`.",
);
static HEADERS: Check = Check::new(
    "cors.headers",
    Warn,
    "It allows every header that clients send, Authorization by its name.",
    "Fetch standard: `*` does not cover Authorization; MCP 2026-07-28, Streamable HTTP: Standard Request Headers",
    "Allow the headers that are named.",
);
static METHODS: Check = Check::new(
    "cors.methods",
    Warn,
    "It allows DELETE, by which sessions end.",
    "Fetch standard: GET and POST need no permission; MCP 2025-11-25, Transports: Session Management",
    "List GET, POST and DELETE in Access-Control-Allow-Methods.",
);
static REFUSALS: Check = Check::new(
    "cors.refusals",
    Warn,
    "The 401 has CORS headers as well.",
    "Fetch standard, CORS check: a page cannot read an answer without them",
    "Put the CORS layer outside of the authorization layer.",
);
static EXPOSED: Check = Check::new(
    "cors.exposed",
    Warn,
    "Pages can read WWW-Authenticate and Mcp-Session-Id.",
    "Fetch standard, CORS-exposed header-name list; clients: without them no step-up, no session",
    "Add `Access-Control-Expose-Headers: WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version`.",
);
static METADATA: Check = Check::new(
    "cors.metadata",
    Warn,
    "Pages can read the metadata document, and may send MCP-Protocol-Version there.",
    "RFC 9728 §3.1; clients send that header with the request for the document",
    "Apply the same CORS layer to the well-known places.",
);
static CREDENTIALS: Check = Check::new(
    "cors.credentials",
    Fail,
    "A foreign page is never let in with the browser's own credentials.",
    "Fetch standard, CORS protocol and credentials; OWASP, CORS misconfiguration",
    "Never send Access-Control-Allow-Credentials with an origin that is merely repeated. Bearer tokens need none.",
);

pub(super) static CHECKS: &[&Check] = &[
    &PREFLIGHT,
    &HEADERS,
    &METHODS,
    &REFUSALS,
    &EXPOSED,
    &METADATA,
    &CREDENTIALS,
];

/// Headers that clients send and that no page may send unasked.
const SENT: [&str; 7] = [
    "authorization",
    "content-type",
    "last-event-id",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
];

/// Headers that a page must be able to read.
const READ: [&str; 2] = ["www-authenticate", "mcp-session-id"];

/// A page that nobody has reason to let in.
const FOREIGN: &str = "https://toolgate-check.invalid";

pub(super) async fn run(visit: &Visit) -> Vec<Finding> {
    let mut section = Section::new(CHECKS);
    let origin = &*visit.origin;
    section.judge(&CREDENTIALS, credentials(visit).await);
    let answer = preflight(visit, visit.target.typed(), origin, "POST", &SENT.join(",")).await;
    let verdict = answer.as_ref().map_err(Clone::clone);
    let verdict = verdict.and_then(|answer| match allows(answer, origin) {
        true if answer.is_success() => Ok(answer.brief()),
        true => Err(format!(
            "{}, although the origin is allowed",
            answer.brief()
        )),
        false => Err(format!("{} without this origin ({origin})", answer.brief())),
    });
    let is_open = verdict.is_ok();
    section.judge(&PREFLIGHT, verdict);
    if let (true, Ok(answer)) = (is_open, &answer) {
        let allowed = answer.names("access-control-allow-headers");
        section.judge(&HEADERS, covers(&allowed, &SENT));
        section.judge(
            &METHODS,
            match preflight(
                visit,
                visit.target.typed(),
                origin,
                "DELETE",
                "authorization",
            )
            .await
            {
                Ok(answer) => covers(&answer.names("access-control-allow-methods"), &["delete"]),
                Err(fault) => Err(fault),
            },
        );
    }
    if !is_open {
        return section.close("pages are not let in at all");
    }
    match &visit.facts.refused {
        None => section.skip(&REFUSALS, "nothing is refused without a token"),
        Some(refused) => {
            let request = refused.request.clone().header("origin", origin);
            match visit.http.send(request).await {
                Err(fault) => section.judge(&REFUSALS, Err(fault)),
                Ok(answer) if !allows(&answer, origin) => section.judge(
                    &REFUSALS,
                    Err(format!(
                        "{} without Access-Control-Allow-Origin",
                        answer.brief()
                    )),
                ),
                Ok(answer) => {
                    section.judge(&REFUSALS, Ok(answer.brief()));
                    let exposed = answer.names("access-control-expose-headers");
                    section.judge(&EXPOSED, covers(&exposed, &READ));
                }
            }
        }
    }
    section.judge(&METADATA, metadata(visit, origin).await);
    section.close("the 401 has no CORS headers")
}

async fn metadata(visit: &Visit, origin: &str) -> Result<String, String> {
    let place = visit.target.metadata_by_path();
    let answer = visit
        .http
        .send(Request::get(&*place).header("origin", origin))
        .await?;
    if !allows(&answer, origin) {
        return Err(format!(
            "{} without Access-Control-Allow-Origin",
            answer.brief()
        ));
    }
    let answer = preflight(visit, &place, origin, "GET", "mcp-protocol-version").await?;
    if !answer.is_success() || !allows(&answer, origin) {
        return Err(format!("preflight: {}", answer.brief()));
    }
    let allowed = answer.names("access-control-allow-headers");
    covers(&allowed, &["mcp-protocol-version"])
}

async fn credentials(visit: &Visit) -> Result<String, String> {
    let typed = visit.target.typed();
    let preflight = preflight(visit, typed, FOREIGN, "POST", "authorization").await?;
    let plain = visit
        .http
        .send(Request::get(typed).header("origin", FOREIGN))
        .await?;
    for answer in [preflight, plain] {
        let may = answer.header("access-control-allow-credentials");
        let allowed = answer.header("access-control-allow-origin");
        if may.as_deref() == Some("true") && allowed.as_deref() == Some(FOREIGN) {
            return Err(format!("{FOREIGN} is let in with credentials"));
        }
    }
    Ok("no foreign page is".to_owned())
}

async fn preflight(
    visit: &Visit,
    url: &str,
    origin: &str,
    method: &str,
    headers: &str,
) -> Result<Answer, String> {
    let request = Request::new(Method::OPTIONS, url)
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", headers);
    visit.http.send(request).await
}

fn allows(answer: &Answer, origin: &str) -> bool {
    let allowed = answer.header("access-control-allow-origin");
    allowed.is_some_and(|allowed| allowed == origin || allowed == "*")
}

/// Whether a list has every name; `*` stands for all but Authorization.
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
