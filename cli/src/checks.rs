//! The checks of `toolgate check`. A family is a table of checks, and a function that runs them.

mod audience;
mod batches;
pub(crate) mod challenge;
pub(crate) mod cors;
mod dpop;
mod grants;
mod health;
pub(crate) mod host_and_origin;
mod isolation;
pub(crate) mod issuer;
mod leaks;
mod lifecycle;
pub(crate) mod login;
pub(crate) mod metadata;
mod operations;
pub(crate) mod step_up;
mod tokens;

use crate::{
    check_context::CheckContext,
    finding::{Check, Finding},
    http::Watch,
    login::Login,
};

/// A family of checks, as docs/check.md lists it.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) checks: &'static [&'static Check],
}

/// All families, in the order in which they run.
pub(crate) static MATRIX: &[Family] = &[
    Family {
        name: "challenge",
        about: "How the server refuses a request without a token.",
        checks: challenge::CHECKS,
    },
    Family {
        name: "metadata",
        about: "The protected resource metadata, which clients read before they have a token.",
        checks: metadata::CHECKS,
    },
    Family {
        name: "issuer",
        about: "The first authorization server in the metadata.",
        checks: issuer::CHECKS,
    },
    Family {
        name: "login",
        about: "The login flow of a client. Needs `--login`.",
        checks: login::CHECKS,
    },
    Family {
        name: "grants",
        about: "The grants that the authorization server announces. Needs `--grants` to request tokens.",
        checks: grants::CHECKS,
    },
    Family {
        name: "tokens",
        about: "How the server refuses invalid tokens.",
        checks: tokens::CHECKS,
    },
    Family {
        name: "audience",
        about: "Valid tokens for another server. Needs `other_resource` of `--credentials`.",
        checks: audience::CHECKS,
    },
    Family {
        name: "dpop",
        about: "Tokens that are bound to a key. Needs `bound` and `bound_key` of `--credentials`, or `--grants` with an authorization server that issues one.",
        checks: dpop::CHECKS,
    },
    Family {
        name: "cors",
        about: "Whether a browser page can act as a client.",
        checks: cors::CHECKS,
    },
    Family {
        name: "host",
        about: "Requests with a foreign Host or Origin.",
        checks: host_and_origin::CHECKS,
    },
    Family {
        name: "lifecycle",
        about: "Both protocol lifecycles. Needs a token if the handshake needs one.",
        checks: lifecycle::CHECKS,
    },
    Family {
        name: "isolation",
        about: "Sessions of one user, requested by another. Needs a token and `other_user` of `--credentials`.",
        checks: isolation::CHECKS,
    },
    Family {
        name: "batches",
        about: "Several messages in one body. Needs a token if the handshake needs one.",
        checks: batches::CHECKS,
    },
    Family {
        name: "operations",
        about: "The challenge of each kind of operation. Needs two tokens, and `--tool`, `--resource`, `--template` or `--prompt`.",
        checks: operations::CHECKS,
    },
    Family {
        name: "stepup",
        about: "Calls with a token that lacks a scope. Needs a token and `--tool`, or `--login`.",
        checks: step_up::CHECKS,
    },
    Family {
        name: "leaks",
        about: "What is visible without a token, and what responses disclose.",
        checks: leaks::CHECKS,
    },
    Family {
        name: "health",
        about: "Health endpoints for operators. Notes only.",
        checks: health::CHECKS,
    },
];

/// Runs all checks.
///
/// # Errors
///
/// Returns why the server cannot be reached.
pub(crate) async fn run(
    context: &mut CheckContext,
    login: Option<Login>,
) -> Result<Vec<Finding>, String> {
    for (at, token) in context.tokens.iter().enumerate() {
        context
            .http
            .watch(Watch::Token, &format!("token {}", at + 1), token);
    }
    for (name, token) in context.credentials.tokens() {
        context.http.watch(Watch::Token, name, token);
    }
    for (name, text) in leaks::TRACES {
        context.http.watch(Watch::Trace, name, text);
    }
    context.find_refusal().await?;
    let mut all = challenge::run(context).await;
    all.extend(metadata::run(context).await);
    all.extend(issuer::run(context).await);
    // First, because some checks find more with a token.
    let (findings, client) = login::run(context, login).await;
    all.extend(findings);
    let (findings, granted) = grants::run(context).await;
    all.extend(findings);
    all.extend(tokens::run(context).await);
    all.extend(audience::run(context).await);
    let own = context.credentials.bound_token().ok().flatten();
    all.extend(dpop::run(context, own.or(granted)).await);
    all.extend(cors::run(context).await);
    all.extend(host_and_origin::run(context).await);
    all.extend(lifecycle::run(context).await);
    all.extend(isolation::run(context).await);
    all.extend(batches::run(context).await);
    all.extend(operations::run(context).await);
    all.extend(step_up::run(context, client).await);
    all.extend(leaks::run(context).await);
    all.extend(health::run(context).await);
    Ok(all)
}
