//! The login flow of a client: authorization code, PKCE, resource indicator.

use std::collections::HashSet;

use crate::{
    check_context::CheckContext,
    finding::{
        Check, Finding, Section,
        Severity::{Fail, Note, Warn},
    },
    forged_tokens,
    login::{Client, Login, Step},
};

static REGISTRATION: Check = Check::new(
    "login.registration",
    Fail,
    "A public client with a loopback redirect can register.",
    "RFC 7591 §3; RFC 8252 §7.3; MCP 2026-07-28, Client Registration",
    "Allow `token_endpoint_auth_method: none` and `http://127.0.0.1` with any port, or use `--client-id`.",
);
static RESPONSE: Check = Check::new(
    "login.response",
    Fail,
    "The redirect to the client contains a code and the same `state`.",
    "RFC 6749 §4.1.2; OAuth 2.1 §4.1.2",
    "Look for the request in the authorization server's log.",
);
static ISS: Check = Check::new(
    "login.iss",
    Fail,
    "`iss` in the response is identical to the issuer; it is present if it is advertised.",
    "RFC 9207 §2.4; MCP 2026-07-28, Authorization: Authorization Response Validation",
    "Send exactly the value of `issuer`.",
);
static TOKEN: Check = Check::new(
    "login.token",
    Fail,
    "The token endpoint exchanges the code for a Bearer token.",
    "RFC 6749 §5.1; RFC 7636 §4.6",
    "Look for the request in the authorization server's log.",
);
static AUDIENCE: Check = Check::new(
    "login.audience",
    Warn,
    "If the token names an audience, it contains this resource.",
    "RFC 8707 §2.2; RFC 9068 §3",
    "Make the authorization server put the `resource` of the request into `aud`.",
);
static SCOPE: Check = Check::new(
    "login.scope",
    Note,
    "All requested scopes are granted.",
    "RFC 6749 §3.3: a user may grant fewer",
    "Nothing, if the user deselected the scope.",
);

pub(crate) static CHECKS: &[&Check] = &[&REGISTRATION, &RESPONSE, &ISS, &TOKEN, &AUDIENCE, &SCOPE];

/// Logs in if `--login` is set. The new token becomes the first of the tokens.
pub(super) async fn run(
    context: &mut CheckContext,
    login: Option<Login>,
) -> (Vec<Finding>, Option<Client>) {
    let mut section = Section::new(CHECKS);
    let Some(login) = login else {
        return (section.close("`--login` is not set"), None);
    };
    let is_registered = login.client_id.is_some();
    let client = match login.client(context).await {
        Err(error) => {
            section.record(&REGISTRATION, Err(error));
            return (section.close("there is no client"), None);
        }
        Ok(client) => client,
    };
    match is_registered {
        true => section.skip(&REGISTRATION, "--client-id names a client"),
        false => section.record(&REGISTRATION, Ok("registered".to_owned())),
    }
    let asked = client.asked_for().to_owned();
    let granted = match client.try_authorize(context, &asked).await {
        Ok(granted) => granted,
        Err((step, error)) => {
            let steps = [
                (Step::Response, &RESPONSE),
                (Step::Iss, &ISS),
                (Step::Token, &TOKEN),
            ];
            for (own, check) in steps {
                if own == step {
                    section.record(check, Err(error));
                    break;
                }
                section.record(check, Ok("correct".to_owned()));
            }
            return (section.close("the login ended before this step"), None);
        }
    };
    section.record(&RESPONSE, Ok("code and state".to_owned()));
    section.record(
        &ISS,
        Ok(granted
            .iss
            .clone()
            .unwrap_or_else(|| "neither advertised nor present".to_owned())),
    );
    section.record(&TOKEN, Ok("a Bearer token".to_owned()));
    match forged_tokens::claims(&granted.token).map(|claims| claims["aud"].clone()) {
        None => section.skip(&AUDIENCE, "the token is not a JWT"),
        Some(aud) => {
            let resource = context.resource();
            let is_ours = aud == resource
                || aud
                    .as_array()
                    .is_some_and(|list| list.iter().any(|entry| entry == resource));
            section.record(
                &AUDIENCE,
                if is_ours {
                    Ok(aud.to_string())
                } else {
                    Err(format!("aud: {aud}"))
                },
            );
        }
    }
    let own: HashSet<_> = granted.scope.split(' ').collect();
    let missing: Vec<_> = asked
        .split(' ')
        .filter(|scope| !own.contains(scope))
        .collect();
    section.record(
        &SCOPE,
        match missing.is_empty() {
            true => Ok(granted.scope.clone()),
            false => Err(format!("without {}", missing.join(" "))),
        },
    );
    context.tokens.insert(0, granted.token);
    (section.close("not checked"), Some(client))
}
