//! Valid tokens of the same issuer that were issued for another server (RFC 8707 §2).

use serde_json::json;

use crate::{
    check_context::CheckContext,
    finding::{Check, Finding, Section, Severity::Fail},
    http::Response,
    mcp_client::{Lifecycle, McpClient},
};

static OTHER: Check = Check::new(
    "audience.other_resource",
    Fail,
    "A valid token of the same issuer for another server gets a 401.",
    "MCP 2026-07-28, Authorization: Token Handling (MUST validate the audience); RFC 9068 §4",
    "Compare `aud` of the token, or of the introspection response, with the resource.",
);
static SESSION: Check = Check::new(
    "audience.session",
    Fail,
    "The same token gets a 401 in a session that was opened with a token for this server.",
    "MCP 2025-11-25, Security Best Practices: Session Hijacking; Token Handling",
    "Validate the token of every request, not only of the first.",
);

pub(super) static CHECKS: &[&Check] = &[&OTHER, &SESSION];

pub(super) async fn run(context: &CheckContext) -> Vec<Finding> {
    let mut section = Section::new(CHECKS);
    let Some(foreign) = context.credentials.other_resource.as_deref() else {
        return section.close("`other_resource` of --credentials is not set");
    };
    if context.facts.refused.is_none() {
        return section.close("no request without a token was refused with 401");
    }
    section.record(&OTHER, without_session(context, foreign).await);
    let token = context.tokens.first().map(String::as_str);
    let mut owner = McpClient::new(&context.target, Lifecycle::Session, token);
    if token.is_some() && owner.open(&context.http).await.is_ok() && owner.session().is_some() {
        let thief = owner.with_token(Some(foreign));
        let answer = thief.ask(&context.http, "tools/list", json!({})).await;
        section.record(&SESSION, answer.and_then(|answer| refused(&answer)));
        owner.close(&context.http).await;
    }
    section.close("there is no token, or the server opens no session")
}

async fn without_session(context: &CheckContext, foreign: &str) -> Result<String, String> {
    let mut seen = Vec::new();
    for lifecycle in Lifecycle::BOTH {
        let mut client = McpClient::new(&context.target, lifecycle, Some(foreign));
        let answer = client.open(&context.http).await?;
        client.close(&context.http).await;
        let revision = lifecycle.revision();
        let verdict = refused(&answer).map_err(|error| format!("{revision}: {error}"));
        seen.push(format!("{revision}: {}", verdict?));
    }
    Ok(seen.join("; "))
}

fn refused(answer: &Response) -> Result<String, String> {
    answer.brief_if(answer.status == 401)
}
