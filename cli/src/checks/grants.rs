//! The grants that the authorization server announces, and whether they work.

use serde_json::{Value, json};

use crate::{
    bound_token::BoundToken,
    check_context::{CheckContext, Issuer},
    dpop_proof::ProofKey,
    finding::{
        Check, Finding, Section,
        Severity::{Fail, Note, Warn},
    },
    http::{Request, Response, Watch},
    mcp_client::{Lifecycle, McpClient},
    target,
};

static ANNOUNCED: Check = Check::new(
    "grants.announced",
    Note,
    "`grant_types_supported` is a list of names.",
    "RFC 8414 §2",
    "List every grant: clients choose from this list, and without it only `authorization_code` and `implicit` are known.",
);
static METHODS: Check = Check::new(
    "grants.methods",
    Warn,
    "A grant of programs (`client_credentials`, token exchange, `jwt-bearer`) is announced with a client authentication other than `none`.",
    "RFC 6749 §4.4: confidential clients only; RFC 8414 §2",
    "List `client_secret_basic` or `private_key_jwt` in `token_endpoint_auth_methods_supported`.",
);
static ENTERPRISE: Check = Check::new(
    "grants.enterprise",
    Warn,
    "The profile of ID-JAG is announced together with the grant `jwt-bearer`.",
    "MCP extension: Enterprise-Managed Authorization; draft-ietf-oauth-identity-assertion-authz-grant §5",
    "Add `urn:ietf:params:oauth:grant-type:jwt-bearer` to `grant_types_supported`.",
);
static CREDENTIALS: Check = Check::new(
    "grants.client_credentials",
    Fail,
    "If `client_credentials` is announced, a client with a secret gets a token.",
    "RFC 6749 §4.4; MCP extension: OAuth Client Credentials",
    "Look for the request in the authorization server's log.",
);
static ACCEPTED: Check = Check::new(
    "grants.accepted",
    Fail,
    "The server accepts that token.",
    "MCP extension: OAuth Client Credentials; RFC 8707 §2",
    "Make the authorization server put the `resource` of the request into `aud`.",
);
static SECRET: Check = Check::new(
    "grants.secret",
    Fail,
    "A wrong secret gets `invalid_client`.",
    "RFC 6749 §5.2",
    "Authenticate the client before the grant is looked at.",
);
static UNKNOWN: Check = Check::new(
    "grants.unknown",
    Note,
    "A grant that is not announced gets HTTP 400 with `unsupported_grant_type` or `unauthorized_client`.",
    "RFC 6749 §5.2",
    "Answer so: clients try another grant then.",
);

pub(super) static CHECKS: &[&Check] = &[
    &ANNOUNCED,
    &METHODS,
    &ENTERPRISE,
    &CREDENTIALS,
    &ACCEPTED,
    &SECRET,
    &UNKNOWN,
];

const CLIENT_CREDENTIALS: &str = "client_credentials";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// A client that authenticates with a secret.
struct Program {
    id: String,
    secret: String,
    /// Whether it authenticates with the `Authorization` header.
    is_basic: bool,
}

/// Runs the checks. Returns a bound token, if the authorization server issues one.
pub(super) async fn run(context: &CheckContext) -> (Vec<Finding>, Option<BoundToken>) {
    let mut section = Section::new(CHECKS);
    let Some(issuer) = &context.facts.issuer else {
        return (
            section.close("there is no metadata of an authorization server"),
            None,
        );
    };
    section.record(&ANNOUNCED, announced(issuer));
    let is_announced = |grant| issuer.lists("grant_types_supported", grant);
    let has_programs = [CLIENT_CREDENTIALS, EXCHANGE, JWT_BEARER]
        .into_iter()
        .any(is_announced);
    match has_programs {
        true => section.record(&METHODS, methods(issuer)),
        false => section.skip(&METHODS, "no grant of programs is announced"),
    }
    let profiles = issuer
        .document
        .get("authorization_grant_profiles_supported");
    let has_profile = profiles.is_some_and(|all| all.to_string().contains("id-jag"));
    match (has_profile, is_announced(JWT_BEARER)) {
        (false, _) => section.skip(&ENTERPRISE, "the profile is not announced"),
        (true, true) => section.record(&ENTERPRISE, Ok("both".to_owned())),
        (true, false) => section.record(&ENTERPRISE, Err("the grant is missing".to_owned())),
    }
    if !is_announced(CLIENT_CREDENTIALS) {
        return (section.close("`client_credentials` is not announced"), None);
    }
    if issuer.text("token_endpoint").is_none() {
        return (section.close("there is no token endpoint"), None);
    }
    if !context.requests_grants {
        return (section.close("`--grants` is not set"), None);
    }
    if context.credentials.client_id.is_none() && issuer.text("registration_endpoint").is_none() {
        return (
            section.close(
                "no client can register; use `client_id` and `client_secret` of --credentials",
            ),
            None,
        );
    }
    let bound = match program(context, issuer).await {
        Err(error) => {
            section.record(&CREDENTIALS, Err(error));
            None
        }
        Ok(program) => tokens(context, issuer, &program, &mut section).await,
    };
    (section.close("there is no client or no token"), bound)
}

fn announced(issuer: &Issuer) -> Result<String, String> {
    let listed = issuer.document.get("grant_types_supported");
    let listed = listed.ok_or("there is no `grant_types_supported`")?;
    let names: Option<Vec<_>> = listed
        .as_array()
        .and_then(|all| all.iter().map(Value::as_str).collect());
    let names = names.ok_or_else(|| format!("it is {listed}"))?;
    Ok(names.join(", "))
}

fn methods(issuer: &Issuer) -> Result<String, String> {
    let Some(listed) = issuer.document.get("token_endpoint_auth_methods_supported") else {
        return Ok("`client_secret_basic`, the default".to_owned());
    };
    let names = listed.as_array().map(Vec::as_slice).unwrap_or_default();
    match names.iter().any(|name| name != "none") {
        true => Ok(listed.to_string()),
        false => Err(listed.to_string()),
    }
}

/// Returns the client of `--credentials`, or registers one.
async fn program(context: &CheckContext, issuer: &Issuer) -> Result<Program, String> {
    let method = "token_endpoint_auth_methods_supported";
    let is_basic =
        issuer.lists(method, "client_secret_basic") || !issuer.lists(method, "client_secret_post");
    let own = &context.credentials;
    if let (Some(id), Some(secret)) = (own.client_id.clone(), own.client_secret.clone()) {
        return Ok(Program {
            id,
            secret,
            is_basic,
        });
    }
    let endpoint = issuer.text("registration_endpoint");
    let endpoint = endpoint.ok_or("`client_secret` of --credentials is not set")?;
    target::secure(endpoint)?;
    let metadata = json!({
        "client_name": "toolgate check",
        "grant_types": [CLIENT_CREDENTIALS],
        "token_endpoint_auth_method": if is_basic { "client_secret_basic" } else { "client_secret_post" },
    });
    let answer = context
        .http
        .exchange(Request::post(endpoint).json(&metadata))
        .await?;
    let document = answer.object().unwrap_or_default();
    let text = |name: &str| {
        document
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    match (
        answer.is_success(),
        text("client_id"),
        text("client_secret"),
    ) {
        (true, Some(id), Some(secret)) => {
            context
                .http
                .watch(Watch::Token, "the client's secret", &secret);
            Ok(Program {
                id,
                secret,
                is_basic,
            })
        }
        (true, ..) => Err("the registration returned no secret".to_owned()),
        (false, ..) => Err(format!("registration: {}", oauth_error(&answer))),
    }
}

/// Requests tokens, and sends one to the server.
async fn tokens(
    context: &CheckContext,
    issuer: &Issuer,
    program: &Program,
    section: &mut Section,
) -> Option<BoundToken> {
    let wrong = Program {
        id: program.id.clone(),
        secret: "toolgate-check-wrong".to_owned(),
        is_basic: program.is_basic,
    };
    let answer = request(context, issuer, &wrong, CLIENT_CREDENTIALS, None).await;
    section.record(
        &SECRET,
        answer.and_then(|answer| match &*oauth_error(&answer) {
            seen if seen.ends_with("invalid_client") => Ok(seen.to_owned()),
            seen => Err(seen.to_owned()),
        }),
    );
    let answer = request(context, issuer, program, "urn:toolgate:check:unknown", None).await;
    section.record(
        &UNKNOWN,
        answer.and_then(|answer| {
            let seen = oauth_error(&answer);
            let is_right =
                seen.ends_with("unsupported_grant_type") || seen.ends_with("unauthorized_client");
            if answer.status == 400 && is_right {
                Ok(seen)
            } else {
                Err(seen)
            }
        }),
    );
    let answer = request(context, issuer, program, CLIENT_CREDENTIALS, None).await;
    let token = answer.and_then(|answer| token_of(&answer, "Bearer"));
    match token {
        Err(error) => section.record(&CREDENTIALS, Err(error)),
        Ok(token) => {
            context
                .http
                .watch(Watch::Token, "the program's token", &token);
            section.record(&CREDENTIALS, Ok("a Bearer token".to_owned()));
            section.record(&ACCEPTED, is_accepted(context, &token).await);
        }
    }
    if !issuer.lists("dpop_signing_alg_values_supported", "ES256") {
        return None;
    }
    let key = ProofKey::generate().ok()?;
    let answer = request(context, issuer, program, CLIENT_CREDENTIALS, Some(&key)).await;
    let token = token_of(&answer.ok()?, "DPoP").ok()?;
    context
        .http
        .watch(Watch::Token, "the program's bound token", &token);
    Some(BoundToken { token, key })
}

async fn request(
    context: &CheckContext,
    issuer: &Issuer,
    program: &Program,
    grant: &str,
    key: Option<&ProofKey>,
) -> Result<Response, String> {
    let endpoint = issuer
        .text("token_endpoint")
        .ok_or("there is no token endpoint")?;
    target::secure(endpoint)?;
    let mut fields = vec![("grant_type", grant), ("resource", context.resource())];
    let scope = context.first_scope().unwrap_or_default();
    if !scope.is_empty() {
        fields.push(("scope", &scope));
    }
    if !program.is_basic {
        fields.extend([
            ("client_id", &*program.id),
            ("client_secret", &*program.secret),
        ]);
    }
    let mut request = Request::post(endpoint).form(&fields);
    if program.is_basic {
        request = request.basic(&program.id, &program.secret);
    }
    let Some(key) = key else {
        return context.http.exchange(request).await;
    };
    let proof = key.proof("POST", endpoint);
    let answer = context
        .http
        .exchange(request.clone().header("dpop", proof.build()))
        .await?;
    match answer.header("dpop-nonce") {
        Some(nonce) if !answer.is_success() => {
            let proof = key.proof("POST", endpoint).with_nonce(Some(&nonce));
            context
                .http
                .exchange(request.header("dpop", proof.build()))
                .await
        }
        _ => Ok(answer),
    }
}

fn token_of(answer: &Response, kind: &str) -> Result<String, String> {
    let document = answer.object().unwrap_or_default();
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    match (
        answer.is_success(),
        text("access_token"),
        text("token_type"),
    ) {
        (true, Some(token), Some(own)) if own.eq_ignore_ascii_case(kind) => Ok(token.to_owned()),
        (true, Some(_), own) => Err(format!("token_type {}", own.unwrap_or("missing"))),
        _ => Err(oauth_error(answer)),
    }
}

async fn is_accepted(context: &CheckContext, token: &str) -> Result<String, String> {
    for lifecycle in Lifecycle::BOTH {
        let mut client = McpClient::new(&context.target, lifecycle, Some(token));
        let answer = client.open(&context.http).await?;
        client.close(&context.http).await;
        if answer.result().is_some() {
            return Ok(format!("{}: {}", lifecycle.revision(), answer.brief()));
        }
        if answer.status == 401 {
            return Err(format!("{}: {}", lifecycle.revision(), answer.brief()));
        }
    }
    Err("no lifecycle works with it".to_owned())
}

fn oauth_error(answer: &Response) -> String {
    let document = answer.object().unwrap_or_default();
    let error = document.get("error").and_then(Value::as_str);
    match error {
        Some(error) => format!("HTTP {} with {error}", answer.status),
        None => format!("HTTP {}", answer.status),
    }
}
