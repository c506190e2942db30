//! The challenge of each kind of operation: a tool, a static resource, a template, a prompt.

use std::collections::HashSet;

use crate::{
    challenge::{client_compatibility, scope_tokens},
    check_context::{CheckContext, Operation, OperationKind},
    finding::{Check, Finding, Section, Severity::Fail, count},
    forged_tokens,
    http::Response,
    mcp_client::{Lifecycle, McpClient},
};

const REQUIREMENT: &str =
    "MCP 2026-07-28, Authorization: Runtime Insufficient Scope Errors; SEP-2350";
const REMEDY: &str = "Decide before the operation runs, for every kind of operation, and name every scope that it needs in one challenge.";

static TOOL: Check = Check::new(
    "operations.tool",
    Fail,
    "`tools/call` without a required scope gets HTTP 403, and `scope` of its challenge names what it needs.",
    REQUIREMENT,
    REMEDY,
);
static RESOURCE: Check = Check::new(
    "operations.resource",
    Fail,
    "`resources/read` of a static resource without a required scope gets the same.",
    REQUIREMENT,
    REMEDY,
);
static TEMPLATE: Check = Check::new(
    "operations.template",
    Fail,
    "`resources/read` of a URI that a template matches gets the same.",
    REQUIREMENT,
    REMEDY,
);
static PROMPT: Check = Check::new(
    "operations.prompt",
    Fail,
    "`prompts/get` without a required scope gets the same.",
    REQUIREMENT,
    REMEDY,
);
static COMPLETE: Check = Check::new(
    "operations.complete",
    Fail,
    "With a token that has the scopes of the challenge, each operation succeeds.",
    "MCP 2026-07-28, Authorization: Runtime Insufficient Scope Errors (all scopes in a single challenge); SEP-2350",
    "Name every required scope in one challenge. A second challenge means a second login.",
);

pub(super) static CHECKS: &[&Check] = &[&TOOL, &RESOURCE, &TEMPLATE, &PROMPT, &COMPLETE];

pub(super) async fn run(context: &CheckContext) -> Vec<Finding> {
    let mut section = Section::new(CHECKS);
    let Some(token) = context.tokens.first() else {
        return section.close("there is no token; use --token or --login");
    };
    let mut open = Vec::new();
    for lifecycle in Lifecycle::BOTH {
        let mut client = McpClient::new(&context.target, lifecycle, Some(token));
        let answer = client.open(&context.http).await;
        if answer.is_ok_and(|answer| answer.result().is_some()) {
            open.push(client);
        }
    }
    if open.is_empty() {
        return section.close("no lifecycle works with this token");
    }
    let kinds = [
        (OperationKind::Tool, &TOOL),
        (OperationKind::Resource, &RESOURCE),
        (OperationKind::Template, &TEMPLATE),
        (OperationKind::Prompt, &PROMPT),
    ];
    let mut challenged = Vec::new();
    for (kind, check) in kinds {
        let operations: Vec<_> = context
            .operations
            .iter()
            .filter(|own| own.kind == kind)
            .collect();
        let mut verdict = None;
        for (operation, client) in operations
            .iter()
            .flat_map(|own| open.iter().map(move |c| (own, c)))
        {
            let one = challenge_of(context, client, operation, token).await;
            let is_ok = one.is_ok();
            if let Ok(scope) = &one {
                challenged.push((client, *operation, scope.clone()));
            }
            verdict = Some(one.map_err(|error| {
                format!(
                    "{} of {}: {error}",
                    client.lifecycle().revision(),
                    operation.name
                )
            }));
            if !is_ok {
                break;
            }
        }
        if let Some(verdict) = verdict {
            section.record(check, verdict);
        }
    }
    match context.tokens.len() {
        _ if challenged.is_empty() => {}
        1 => section.skip(&COMPLETE, "there is no second token; use --token"),
        _ => section.record(&COMPLETE, complete(context, &challenged).await),
    }
    for client in &open {
        client.close(&context.http).await;
    }
    section.close(
        "no such operation is known; name one with --tool, --resource, --template or --prompt",
    )
}

/// Returns the scopes of the challenge.
async fn challenge_of(
    context: &CheckContext,
    client: &McpClient,
    operation: &Operation,
    token: &str,
) -> Result<String, String> {
    let answer = ask(context, client, operation).await?;
    if answer.status != 403 {
        return Err(answer.brief());
    }
    let bearer = client_compatibility::well_formed(&answer.values("www-authenticate"))?;
    match bearer.get("error") {
        Some("insufficient_scope") => {}
        Some(other) => return Err(format!("error=\"{other}\"")),
        None => return Err("there is no `error`".to_owned()),
    }
    let scope = bearer.get("scope").ok_or("there is no `scope`")?;
    let needed = scope_tokens(scope)?;
    let own: HashSet<_> = forged_tokens::scopes(token)
        .unwrap_or_default()
        .into_iter()
        .collect();
    match needed.iter().all(|scope| own.contains(*scope)) {
        true => Err(format!("`{scope}`, but the token has all of these")),
        false => Ok(scope.to_owned()),
    }
}

/// Repeats each operation with further tokens, until one is enough.
async fn complete(
    context: &CheckContext,
    challenged: &[(&McpClient, &Operation, String)],
) -> Result<String, String> {
    for (client, operation, scope) in challenged {
        let mut seen = Vec::new();
        for token in &context.tokens[1..] {
            let client = client.with_token(Some(token));
            let answer = ask(context, &client, operation).await?;
            if answer.result().is_some() {
                seen.clear();
                break;
            }
            let own = forged_tokens::scopes(token);
            let has = |one: &str| {
                own.as_ref()
                    .is_some_and(|own| own.iter().any(|own| own == one))
            };
            let hint = match answer.status == 403 && scope.split(' ').all(has) {
                true => ", although the token has every scope of the challenge",
                false => "",
            };
            seen.push(format!("{}{hint}", answer.brief()));
        }
        if !seen.is_empty() {
            let revision = client.lifecycle().revision();
            return Err(format!(
                "{revision} of {}: {}",
                operation.name,
                seen.join(", ")
            ));
        }
    }
    Ok(count(challenged.len(), "operation"))
}

async fn ask(
    context: &CheckContext,
    client: &McpClient,
    operation: &Operation,
) -> Result<Response, String> {
    client
        .ask(
            &context.http,
            operation.kind.method(),
            operation.params.clone(),
        )
        .await
}
