//! Every check, by family. A family is a table of checks and a function that judges them.

mod challenge;
mod cors;
mod health;
mod host;
mod issuer;
mod leaks;
mod lifecycle;
pub(crate) mod login;
mod metadata;
pub(crate) mod stepup;
mod tokens;

use crate::{
    finding::{Check, Finding},
    http::Watch,
    login::Login,
    visit::Visit,
};

/// A family of checks, as the document shows it.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) checks: &'static [&'static Check],
}

/// Every family, in the order in which it is judged.
pub(crate) static MATRIX: &[Family] = &[
    Family {
        name: "challenge",
        about: "How a request without a token is refused.",
        checks: challenge::CHECKS,
    },
    Family {
        name: "metadata",
        about: "What the server says about itself to clients that have no token yet.",
        checks: metadata::CHECKS,
    },
    Family {
        name: "issuer",
        about: "The authorization server that the metadata names first.",
        checks: issuer::CHECKS,
    },
    Family {
        name: "login",
        about: "A login as a client does it. Needs `--login`.",
        checks: login::CHECKS,
    },
    Family {
        name: "tokens",
        about: "How tokens are refused that nobody issued.",
        checks: tokens::CHECKS,
    },
    Family {
        name: "cors",
        about: "Whether a page in a browser can be a client.",
        checks: cors::CHECKS,
    },
    Family {
        name: "host",
        about: "Requests that are meant for another server, or sent by another's page.",
        checks: host::CHECKS,
    },
    Family {
        name: "lifecycle",
        about: "Both lifecycles of the protocol. Needs a token where the handshake does.",
        checks: lifecycle::CHECKS,
    },
    Family {
        name: "stepup",
        about: "A token that lacks a scope. Needs a token and `--tool`, or `--login`.",
        checks: stepup::CHECKS,
    },
    Family {
        name: "leaks",
        about: "What can be learned without a token, and what answers repeat.",
        checks: leaks::CHECKS,
    },
    Family {
        name: "health",
        about: "What an operator can ask. Noted only.",
        checks: health::CHECKS,
    },
];

/// Judges everything.
///
/// # Errors
///
/// Why the server cannot be reached.
pub(crate) async fn run(visit: &mut Visit, login: Option<Login>) -> Result<Vec<Finding>, String> {
    for (at, token) in visit.tokens.iter().enumerate() {
        visit
            .http
            .watch(Watch::Token, &format!("token {}", at + 1), token);
    }
    for (name, text) in leaks::TRACES {
        visit.http.watch(Watch::Trace, name, text);
    }
    visit.knock().await?;
    let mut all = challenge::run(visit).await;
    all.extend(metadata::run(visit).await);
    all.extend(issuer::run(visit).await);
    // Before the checks that say more with a token.
    let (findings, client) = login::run(visit, login).await;
    all.extend(findings);
    all.extend(tokens::run(visit).await);
    all.extend(cors::run(visit).await);
    all.extend(host::run(visit).await);
    all.extend(lifecycle::run(visit).await);
    all.extend(stepup::run(visit, client).await);
    all.extend(leaks::run(visit).await);
    all.extend(health::run(visit).await);
    Ok(all)
}
