//! A tool, a resource and a prompt of each kind of condition, which record that they ran.

use serde_json::{Value, json};
use toolgate::{
    Context, Server, State,
    auth::{Clock, SystemClock},
    mcp_prompt, mcp_resource, mcp_tool, prompts, resources, tools,
};

use crate::{
    client::{Client, HttpResponse},
    tool_server::Runs,
    unsigned_tokens::{self, UnsignedVerifier},
};

/// The kinds, by the names of their items.
pub const KINDS: [&str; 7] = ["role", "roles", "any", "acr", "age", "all", "person"];

/// The `acr` of a login with a second factor.
pub const MFA: &str = "urn:example:mfa";

/// The `acr` of a login with a card.
pub const CARD: &str = "urn:example:card";

/// Defines the items of a kind.
macro_rules! kind {
    ($kind:ident, $name:literal, $slow:literal, $uri:literal, $($access:tt)*) => {
        mod $kind {
            use super::{Context, Runs, State, ids, mcp_prompt, mcp_resource, mcp_tool};

            /// Runs on the fast path.
            #[mcp_tool($($access)*, name = $name)]
            pub(super) fn fast(State(runs): State<Runs>) -> String {
                runs.note(concat!($name, " tool"))
            }

            /// Takes the execution path of rmcp.
            #[mcp_tool($($access)*, name = $slow)]
            pub(super) fn slow(_context: Context, State(runs): State<Runs>) -> String {
                runs.note(concat!($name, " tool"))
            }

            /// Is read.
            #[mcp_resource($($access)*, uri = $uri)]
            pub(super) fn resource(
                #[arg(complete = ids)] id: String,
                State(runs): State<Runs>,
            ) -> String {
                runs.note(concat!($name, " resource"));
                id
            }

            /// Is chosen.
            #[mcp_prompt($($access)*, name = $name)]
            pub(super) fn prompt(
                #[arg(complete = ids)] word: Option<String>,
                State(runs): State<Runs>,
            ) -> String {
                runs.note(concat!($name, " prompt"));
                word.unwrap_or_default()
            }
        }
    };
}

fn ids(begun: &str, State(runs): State<Runs>) -> Vec<String> {
    runs.note("ids");
    vec![format!("{begun}7")]
}

kind!(
    role,
    "role",
    "slow_role",
    "guarded://role/{id}",
    scope = "desk:read",
    role = "editor"
);
kind!(
    roles,
    "roles",
    "slow_roles",
    "guarded://roles/{id}",
    authenticated,
    roles = ["editor", "auditor"]
);
kind!(
    any,
    "any",
    "slow_any",
    "guarded://any/{id}",
    scope = "desk:write",
    any_role = ["owner", ["editor", "auditor"]]
);
kind!(
    acr,
    "acr",
    "slow_acr",
    "guarded://acr/{id}",
    scope = "desk:read",
    acr = ["urn:example:mfa", "urn:example:card"]
);
kind!(
    age,
    "age",
    "slow_age",
    "guarded://age/{id}",
    authenticated,
    max_age = 300
);
kind!(
    all,
    "all",
    "slow_all",
    "guarded://all/{id}",
    scopes = ["desk:read", "desk:write"],
    role = "owner",
    acr = "urn:example:mfa",
    max_age = 300
);

kind!(
    person,
    "person",
    "slow_person",
    "guarded://person/{id}",
    scope = "desk:read",
    person
);

/// Builds the server with all of these items. It accepts unsigned tokens.
#[must_use = "a server does nothing until it is served"]
pub fn server(runs: &Runs) -> Server<Runs> {
    unverified_server(runs).with_verifier(UnsignedVerifier)
}

/// Builds the same without a verifier.
#[must_use = "a server does nothing until it is served"]
pub fn unverified_server(runs: &Runs) -> Server<Runs> {
    Server::with_state("guarded", runs.clone())
        .tools(tools![
            role::fast,
            roles::fast,
            any::fast,
            acr::fast,
            age::fast,
            all::fast,
            person::fast,
            role::slow,
            roles::slow,
            any::slow,
            acr::slow,
            age::slow,
            all::slow,
            person::slow
        ])
        .resources(resources![
            role::resource,
            roles::resource,
            any::resource,
            acr::resource,
            age::resource,
            all::resource,
            person::resource
        ])
        .prompts(prompts![
            role::prompt,
            roles::prompt,
            any::prompt,
            acr::prompt,
            age::prompt,
            all::prompt,
            person::prompt
        ])
        .without_banner()
}

/// Uses the tool, the slow tool, the resource and the prompt of a kind.
pub async fn use_all(client: &Client, kind: &str) -> Vec<HttpResponse> {
    let uri = json!({"uri": format!("guarded://{kind}/7")});
    vec![
        client.call(kind, json!({})).await,
        client.call(&format!("slow_{kind}"), json!({})).await,
        client.request("resources/read", uri).await,
        client.request("prompts/get", json!({"name": kind})).await,
    ]
}

/// How a caller has logged in: `acr`, and how many seconds ago.
pub type Login<'a> = Option<(&'a str, u64)>;

/// Builds a token of alice with these scopes and roles, and this login.
///
/// # Panics
///
/// Never: the claims are an object.
#[must_use]
pub fn token(resource: &str, scopes: &str, roles: &[&str], login: Login<'_>) -> String {
    unsigned_tokens::token(&claims(resource, scopes, roles, login))
}

/// Builds the claims of such a token.
///
/// # Panics
///
/// Never: the claims are an object.
#[must_use]
pub fn claims(resource: &str, scopes: &str, roles: &[&str], login: Login<'_>) -> Value {
    let mut claims = unsigned_tokens::claims(resource, scopes);
    claims["roles"] = roles.into();
    if let Some((acr, age)) = login {
        claims["acr"] = acr.into();
        claims["auth_time"] = (SystemClock.now().seconds() - age).into();
    }
    claims
}
