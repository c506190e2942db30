//! Calls with a token that lacks a scope: HTTP 403 with a challenge that lets a client step up
//! (RFC 6750 §3.1).

use std::collections::HashSet;

use serde_json::json;

use crate::{
    challenge::{Challenge, client_compatibility, scope_tokens},
    check_context::CheckContext,
    finding::{
        Check, Finding, Section,
        Severity::{Fail, Note},
        count,
    },
    forged_tokens,
    http::Response,
    login::Client,
    mcp_client::{Lifecycle, McpClient},
};

static STATUS: Check = Check::new(
    "stepup.status",
    Fail,
    "A call without the required scope gets HTTP 403, in every lifecycle that works.",
    "MCP 2026-07-28, Authorization: Runtime Insufficient Scope Errors; RFC 6750 §3.1",
    "Refuse before the protocol layer: a JSON-RPC error in an HTTP 200 response starts no step-up, and a 401 starts a new login.",
);
static CHALLENGE: Check = Check::new(
    "stepup.challenge",
    Fail,
    "Every client can read the challenge of the 403, and it names the metadata document.",
    "RFC 9110 §11.6.1; RFC 9728 §5.1",
    "Build every challenge in one place.",
);
static ERROR: Check = Check::new(
    "stepup.error",
    Fail,
    "The challenge has `error=\"insufficient_scope\"`.",
    "RFC 6750 §3.1",
    "Add the parameter.",
);
static SCOPE: Check = Check::new(
    "stepup.scope",
    Fail,
    "`scope` names the required scopes, at least one of which the token lacks.",
    "MCP 2026-07-28, Authorization: Scope Challenge Handling; clients: no step-up without it",
    "Add `scope=\"…\"` with every scope that this operation requires.",
);
static UNION: Check = Check::new(
    "stepup.union",
    Note,
    "`scope` also names the scopes that the token already has.",
    "clients: those that replace their scopes otherwise step up again and again; not required",
    "Send the union of required and granted scopes.",
);
static SESSION: Check = Check::new(
    "stepup.session",
    Fail,
    "The refusal does not end the session.",
    "clients repeat the call in the same session",
    "Do not end a session because of a 403.",
);
static RECOVER: Check = Check::new(
    "stepup.recover",
    Fail,
    "With a token that has the scope, the same call succeeds in the same session.",
    "MCP 2026-07-28, Authorization: Step-Up Authorization Flow",
    "Bind sessions to issuer and subject, not to the bytes of a token.",
);

pub(super) static CHECKS: &[&Check] = &[
    &STATUS, &CHALLENGE, &ERROR, &SCOPE, &UNION, &SESSION, &RECOVER,
];

/// The most tools that are tried without `--tool`.
const MOST: usize = 20;

pub(super) async fn run(context: &mut CheckContext, client: Option<Client>) -> Vec<Finding> {
    let mut section = Section::new(CHECKS);
    let Some(token) = context.tokens.first().cloned() else {
        return section.close("there is no token; use --token or --login");
    };
    let mut open = Vec::new();
    for lifecycle in Lifecycle::BOTH {
        let mut mcp_client = McpClient::new(&context.target, lifecycle, Some(&token));
        let answer = mcp_client.open(&context.http).await;
        if answer.is_ok_and(|answer| answer.result().is_some()) {
            open.push(mcp_client);
        }
    }
    let Some(first) = open.first() else {
        return section.close("no lifecycle works with this token");
    };
    let tool = match &context.tool {
        Some(tool) => Some(tool.clone()),
        None if client.is_some() => refused_tool(context, first).await,
        None => None,
    };
    let Some(tool) = tool else {
        return section.close("no tool is known that needs another scope; name one with --tool");
    };
    let (verdict, refusal) = refuse(context, &open, &tool).await;
    section.record(&STATUS, verdict);
    if let Some(refusal) = &refusal {
        let bearer = check_challenge(refusal, &token, &mut section);
        section.record(&SESSION, goes_on(context, &open).await);
        let scope = bearer.as_ref().and_then(|bearer| bearer.get("scope"));
        match step_up(context, client, scope).await {
            Err(error) => section.record(&RECOVER, Err(error)),
            Ok(()) if context.tokens.len() < 2 => {
                section.skip(&RECOVER, "there is no second token; use --token or --login");
            }
            Ok(()) => section.record(&RECOVER, recover(context, &open, &tool).await),
        }
    }
    for mcp_client in &open {
        mcp_client.close(&context.http).await;
    }
    section.close("there is no 403 to check")
}

/// Returns the first tool that declares `readOnlyHint` and refuses the token.
async fn refused_tool(context: &CheckContext, mcp_client: &McpClient) -> Option<String> {
    let answer = mcp_client
        .ask(&context.http, "tools/list", json!({}))
        .await
        .ok()?;
    let result = answer.result()?;
    let reading = result["tools"].as_array()?.iter().filter(|tool| {
        // If the server does allow the call, it must change nothing.
        tool["annotations"]["readOnlyHint"] == true
    });
    for name in reading.filter_map(|tool| tool["name"].as_str()).take(MOST) {
        if call(context, mcp_client, name)
            .await
            .is_ok_and(|answer| answer.status == 403)
        {
            return Some(name.to_owned());
        }
    }
    None
}

/// Calls the tool in each lifecycle. The first refusal is the one that is checked.
async fn refuse(
    context: &CheckContext,
    open: &[McpClient],
    tool: &str,
) -> (Result<String, String>, Option<Response>) {
    let (mut seen, mut refusal) = (Vec::new(), None);
    let mut is_refused = true;
    for mcp_client in open {
        match call(context, mcp_client, tool).await {
            Err(error) => return (Err(error), refusal),
            Ok(answer) => {
                is_refused &= answer.status == 403;
                let hint = match answer.result() {
                    Some(result) if result["isError"] == true => ", with the refusal in the result",
                    Some(_) => ", the tool ran (does it need a scope that the token lacks?)",
                    None => "",
                };
                seen.push(format!(
                    "{}: {}{hint}",
                    mcp_client.lifecycle().revision(),
                    answer.brief()
                ));
                if answer.status == 403 && refusal.is_none() {
                    refusal = Some(answer);
                }
            }
        }
    }
    let seen = seen.join("; ");
    (if is_refused { Ok(seen) } else { Err(seen) }, refusal)
}

/// Checks the challenge of the 403.
fn check_challenge(refusal: &Response, token: &str, section: &mut Section) -> Option<Challenge> {
    let bearer = match client_compatibility::well_formed(&refusal.values("www-authenticate")) {
        Ok(bearer) => bearer,
        Err(error) => {
            section.record(&CHALLENGE, Err(error));
            return None;
        }
    };
    section.record(&CHALLENGE, Ok("well formed".to_owned()));
    section.record(
        &ERROR,
        match bearer.get("error") {
            Some("insufficient_scope") => Ok("insufficient_scope".to_owned()),
            Some(other) => Err(format!("error=\"{other}\"")),
            None => Err("there is no `error`".to_owned()),
        },
    );
    let granted: Option<HashSet<_>> =
        forged_tokens::scopes(token).map(|own| own.into_iter().collect());
    let needed = match bearer.get("scope").ok_or("there is no `scope`".to_owned()) {
        Ok(scope) => scope_tokens(scope),
        Err(error) => Err(error),
    };
    let has = |scope: &&str| granted.as_ref().is_some_and(|own| own.contains(*scope));
    section.record(
        &SCOPE,
        needed.clone().and_then(|needed| {
            let seen = needed.join(" ");
            match needed.iter().all(has) {
                true => Err(format!("`{seen}`, but the token has all of these")),
                false => Ok(seen),
            }
        }),
    );
    match (needed, &granted) {
        (Ok(needed), Some(granted)) => {
            let needed: HashSet<_> = needed.into_iter().collect();
            let missing = granted
                .iter()
                .find(|own| !own.is_empty() && !needed.contains(own.as_str()));
            section.record(
                &UNION,
                match missing {
                    None => Ok("it does".to_owned()),
                    Some(own) => Err(format!("without `{own}`")),
                },
            );
        }
        (_, None) => section.skip(&UNION, "the token's scopes cannot be read"),
        (Err(_), _) => {}
    }
    Some(bearer)
}

async fn goes_on(context: &CheckContext, open: &[McpClient]) -> Result<String, String> {
    for mcp_client in open {
        let answer = mcp_client
            .ask(&context.http, "tools/list", json!({}))
            .await?;
        if answer.result().is_none() {
            let lifecycle = mcp_client.lifecycle().revision();
            return Err(format!(
                "{lifecycle}: `tools/list` after the refusal: {}",
                answer.brief()
            ));
        }
    }
    Ok("`tools/list` still works".to_owned())
}

/// Logs in again for more scopes, if `--login` is set.
async fn step_up(
    context: &mut CheckContext,
    client: Option<Client>,
    needed: Option<&str>,
) -> Result<(), String> {
    let (Some(client), Some(needed)) = (client, needed) else {
        return Ok(());
    };
    let mut scopes: Vec<_> = client.asked_for().split(' ').collect();
    scopes.extend(needed.split(' '));
    scopes.retain(|scope| !scope.is_empty());
    scopes.sort_unstable();
    scopes.dedup();
    let granted = client.authorize(context, &scopes.join(" ")).await?;
    context.tokens.push(granted.token);
    Ok(())
}

/// Repeats the call with each further token until it succeeds.
async fn recover(context: &CheckContext, open: &[McpClient], tool: &str) -> Result<String, String> {
    for mcp_client in open {
        let mut seen = Vec::new();
        let mut is_through = false;
        for token in &context.tokens[1..] {
            let answer = call(context, &mcp_client.with_token(Some(token)), tool).await?;
            is_through = answer.result().is_some();
            seen.push(answer.brief());
            if is_through {
                break;
            }
        }
        if !is_through {
            return Err(format!(
                "{}: {}",
                mcp_client.lifecycle().revision(),
                seen.join(", ")
            ));
        }
    }
    Ok(count(open.len(), "lifecycle"))
}

async fn call(
    context: &CheckContext,
    mcp_client: &McpClient,
    tool: &str,
) -> Result<Response, String> {
    let params = json!({"name": tool, "arguments": context.arguments});
    mcp_client.ask(&context.http, "tools/call", params).await
}
