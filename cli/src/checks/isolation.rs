//! Sessions of one user, requested by another (session hijacking).

use reqwest::Method;
use serde_json::json;

use crate::{
    check_context::CheckContext,
    finding::{Check, Finding, Section, Severity::Fail},
    http::Request,
    mcp_client::{Lifecycle, McpClient},
};

static REQUEST: Check = Check::new(
    "isolation.request",
    Fail,
    "A request of another user in a session gets a 4xx and no result.",
    "MCP 2025-11-25, Security Best Practices: Session Hijacking (SHOULD bind session ids to users)",
    "Store issuer and subject with the session, and compare them with each token. Send 404.",
);
static STREAM: Check = Check::new(
    "isolation.stream",
    Fail,
    "GET of another user in a session opens no stream.",
    "MCP 2025-11-25, Security Best Practices: Session Hijacking",
    "Apply the same comparison to GET: a stream carries the messages of its owner.",
);
static END: Check = Check::new(
    "isolation.end",
    Fail,
    "DELETE of another user does not end a session.",
    "MCP 2025-11-25, Security Best Practices: Session Hijacking",
    "Apply the same comparison to DELETE.",
);
static IDS: Check = Check::new(
    "isolation.ids",
    Fail,
    "Two sessions have different ids of at least 16 visible ASCII characters.",
    "MCP 2025-11-25, Transports: Session Management (SHOULD be unique and secure); OWASP ASVS 7.2.3",
    "Take 128 bits from a secure random number generator.",
);

pub(super) static CHECKS: &[&Check] = &[&REQUEST, &STREAM, &END, &IDS];

/// The length of a session id that 80 bits fit into.
const SHORTEST: usize = 16;

pub(super) async fn run(context: &CheckContext) -> Vec<Finding> {
    let mut section = Section::new(CHECKS);
    let token = context.tokens.first().map(String::as_str);
    let http = &context.http;
    let (mut owner, mut second) = (
        McpClient::new(&context.target, Lifecycle::Session, token),
        McpClient::new(&context.target, Lifecycle::Session, token),
    );
    for client in [&mut owner, &mut second] {
        // `lifecycle` reports whether this succeeds.
        let _ = client.open(http).await;
    }
    if let (Some(first), Some(other)) = (owner.session(), second.session()) {
        section.record(&IDS, ids(first, other));
    }
    second.close(http).await;
    let verdict = match (&context.credentials.other_user, owner.session()) {
        (_, None) => Err("there is no token, or the server opens no session"),
        (None, _) => Err("`other_user` of --credentials is not set"),
        (Some(_), _) if token.is_none() => Err("there is no token; use --token or --login"),
        (Some(other), _) => Ok(owner.with_token(Some(other))),
    };
    let reason = match verdict {
        Err(reason) => reason,
        Ok(_) if !is_accepted(context).await => "the token of the other user is not accepted",
        Ok(other) => {
            attack(context, &owner, &other, &mut section).await;
            "not checked"
        }
    };
    owner.close(http).await;
    section.close(reason)
}

/// Whether the other user can open a session of their own. Otherwise a refusal proves nothing.
async fn is_accepted(context: &CheckContext) -> bool {
    let other = context.credentials.other_user.as_deref();
    let mut client = McpClient::new(&context.target, Lifecycle::Session, other);
    let answer = client.open(&context.http).await;
    client.close(&context.http).await;
    answer.is_ok_and(|answer| answer.result().is_some())
}

async fn attack(
    context: &CheckContext,
    owner: &McpClient,
    other: &McpClient,
    section: &mut Section,
) {
    let http = &context.http;
    let answer = other.ask(http, "tools/list", json!({})).await;
    section.record(
        &REQUEST,
        answer.and_then(|answer| {
            answer.brief_if(matches!(
                (answer.status, answer.result()),
                (400..=499, None)
            ))
        }),
    );
    let answer = other.open_stream(http).await;
    section.record(
        &STREAM,
        answer.and_then(|answer| answer.brief_if(matches!(answer.status, 400..=499))),
    );
    let request = Request::new(Method::DELETE, context.target.typed());
    let deleted = http.send(other.with_headers(request)).await;
    let after = owner.ask(http, "tools/list", json!({})).await;
    section.record(
        &END,
        match (deleted, after) {
            (Ok(deleted), Ok(after)) if after.result().is_some() => Ok(deleted.brief()),
            (Ok(deleted), Ok(after)) => Err(format!(
                "DELETE: {}; then the owner gets {}",
                deleted.brief(),
                after.brief()
            )),
            (Err(error), _) | (_, Err(error)) => Err(error),
        },
    );
}

fn ids(first: &str, second: &str) -> Result<String, String> {
    let is_visible = |id: &str| id.bytes().all(|byte| byte.is_ascii_graphic());
    match (first, second) {
        _ if first == second => Err("both have the same id".to_owned()),
        _ if !is_visible(first) => Err("an id has other characters".to_owned()),
        _ if first.len() < SHORTEST => Err(format!("{} characters", first.len())),
        _ => Ok(format!("{} characters", first.len())),
    }
}
