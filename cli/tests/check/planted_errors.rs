//! One planted error, one finding.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::server_process::Folder;

use crate::{
    command::{Ran, run},
    faulty_server::FaultyServer,
};

/// Every error that a run with two tokens finds. Each has the id of the check that must find
/// it, and the ids of other checks that it also violates.
const ERRORS: &[(&str, &[&str])] = &[
    ("challenge.status", &[]),
    ("challenge.header", &[]),
    ("challenge.grammar", &[]),
    ("challenge.grammar/twice", &[]),
    ("challenge.bearer_first", &[]),
    ("challenge.ascii", &[]),
    ("challenge.searchable", &[]),
    ("challenge.resource_metadata", &[]),
    ("challenge.resource_metadata_absolute", &[]),
    ("challenge.resource_metadata_resolves", &[]),
    ("challenge.scope", &[]),
    ("challenge.scope_tokens", &[]),
    ("challenge.offline_access", &[]),
    ("challenge.no_error", &[]),
    ("challenge.body", &[]),
    ("challenge.get", &[]),
    ("challenge.slash", &[]),
    ("metadata.path", &[]),
    ("metadata.root", &[]),
    ("metadata.same", &[]),
    ("metadata.content_type", &[]),
    ("metadata.resource", &[]),
    ("metadata.authorization_servers/none", &[]),
    (
        "metadata.authorization_servers/relative",
        &["issuer.metadata"],
    ),
    ("metadata.authorization_servers/http", &["issuer.metadata"]),
    ("metadata.scopes_supported", &[]),
    ("metadata.scope_tokens/space", &[]),
    ("metadata.scope_tokens/empty", &[]),
    ("metadata.scope_tokens/twice", &[]),
    ("metadata.offline_access", &[]),
    ("metadata.bearer_methods", &[]),
    ("metadata.members", &[]),
    ("metadata.protocol_version", &[]),
    ("metadata.any_token", &[]),
    ("issuer.metadata", &[]),
    ("issuer.same", &[]),
    ("issuer.consistent", &[]),
    ("issuer.pkce/none", &[]),
    ("issuer.pkce/other", &[]),
    ("issuer.pkce_plain", &[]),
    ("issuer.endpoints/relative", &[]),
    ("issuer.endpoints/none", &[]),
    ("issuer.code", &[]),
    ("issuer.registration", &[]),
    ("issuer.iss_parameter", &[]),
    ("issuer.jwks/gone", &[]),
    ("issuer.jwks/encryption", &[]),
    ("issuer.jwks_public", &[]),
    ("issuer.cors", &[]),
    ("grants.announced", &["grants.enterprise"]),
    ("grants.methods", &[]),
    ("grants.enterprise", &[]),
    ("grants.client_credentials", &[]),
    ("grants.accepted", &[]),
    ("grants.secret", &[]),
    ("grants.unknown", &[]),
    ("tokens.garbage", &[]),
    ("tokens.error", &[]),
    ("tokens.challenge", &[]),
    ("tokens.malformed", &[]),
    ("tokens.two_headers", &[]),
    ("tokens.long", &[]),
    ("tokens.query", &[]),
    ("tokens.alg_none", &[]),
    ("tokens.forged", &[]),
    ("tokens.expired", &[]),
    ("tokens.audience", &[]),
    ("tokens.own_key", &[]),
    ("tokens.known_secret", &[]),
    ("tokens.tampered/claims", &[]),
    ("tokens.tampered/stripped", &[]),
    ("audience.other_resource", &[]),
    ("audience.session", &[]),
    ("dpop.accepted", &[]),
    ("dpop.challenge", &[]),
    ("dpop.metadata", &[]),
    ("dpop.bearer", &[]),
    ("dpop.two_proofs", &[]),
    ("dpop.type", &[]),
    ("dpop.algorithm", &[]),
    ("dpop.signature", &[]),
    ("dpop.private_key", &[]),
    ("dpop.claims", &[]),
    ("dpop.method", &[]),
    ("dpop.url", &[]),
    ("dpop.time", &[]),
    // The same proof gets the challenge that is checked.
    ("dpop.token", &["dpop.challenge"]),
    ("dpop.key", &[]),
    ("dpop.replay", &[]),
    ("cors.preflight", &[]),
    ("cors.headers", &[]),
    ("cors.methods", &[]),
    ("cors.refusals", &[]),
    ("cors.exposed", &[]),
    ("cors.metadata", &[]),
    ("cors.credentials", &[]),
    ("host.reflected/metadata", &[]),
    ("host.reflected/challenge", &["host.host"]),
    ("host.host", &[]),
    ("host.origin", &[]),
    ("host.no_challenge", &[]),
    (
        "lifecycle.any",
        &[
            "grants.accepted",
            "lifecycle.session",
            "lifecycle.stateless",
        ],
    ),
    ("lifecycle.stateless", &[]),
    ("lifecycle.session", &[]),
    ("lifecycle.list/twice", &[]),
    ("lifecycle.list/eras", &[]),
    ("lifecycle.list/schema", &[]),
    ("lifecycle.session_token", &["leaks.list"]),
    ("lifecycle.unknown_session", &[]),
    ("lifecycle.stream", &[]),
    ("isolation.request", &[]),
    ("isolation.stream", &[]),
    ("isolation.end", &[]),
    ("isolation.ids", &[]),
    ("batches.refused", &["batches.error"]),
    ("batches.error", &[]),
    ("batches.first_revision", &[]),
    ("operations.tool", &[]),
    ("operations.resource/result", &[]),
    ("operations.resource/open", &[]),
    ("operations.template/no_challenge", &[]),
    ("operations.template/open", &[]),
    ("operations.prompt/open", &[]),
    ("operations.prompt/result", &[]),
    ("operations.complete", &[]),
    ("stepup.status/200", &["operations.tool"]),
    ("stepup.status/401", EVERY_OPERATION),
    ("stepup.status/open", &["operations.tool"]),
    ("stepup.challenge", EVERY_OPERATION),
    ("stepup.error", EVERY_OPERATION),
    ("stepup.scope/none", EVERY_OPERATION),
    ("stepup.scope/granted", EVERY_OPERATION),
    ("stepup.union", &[]),
    // The call cannot be repeated: the session has ended.
    (
        "stepup.session",
        &[
            "operations.complete",
            "operations.prompt",
            "operations.resource",
            "operations.template",
            "stepup.recover",
        ],
    ),
    ("stepup.recover", &["operations.complete"]),
    ("leaks.list", &[]),
    ("leaks.doors", &[]),
    ("leaks.token", &[]),
    ("leaks.trace", &[]),
    ("health.live", &[]),
    ("health.ready", &[]),
];

/// All operations share the challenge of the tool.
const EVERY_OPERATION: &[&str] = &[
    "operations.prompt",
    "operations.resource",
    "operations.template",
    "operations.tool",
];

/// Writes the credentials of the server's other clients.
fn credentials(server: &FaultyServer) -> Folder {
    let folder = Folder::new();
    let credentials = json!({
        "other_user": server.issue_to("bob", "notes:read"),
        "other_resource": server.foreign,
        "bound": server.bound.token,
        "bound_key": server.bound.pem,
    });
    let path = folder.path().join("credentials.json");
    std::fs::write(path, credentials.to_string()).expect("a file");
    folder
}

async fn check(error: &str) -> Ran {
    let server = FaultyServer::open(error).await;
    let folder = credentials(&server);
    let file = folder.path().join("credentials.json");
    let tokens = ["notes:read", "notes:read notes:write"].map(|scopes| server.token_for(scopes));
    let ran = run(
        &[
            &server.resource(),
            "--tool",
            "write_note",
            "--resource",
            "note://all",
            "--template",
            "note://1/text",
            "--prompt",
            "write_note",
            "--credentials",
            file.to_str().expect("UTF-8"),
            "--grants",
            "--json",
        ],
        &tokens,
    )
    .await;
    for token in &tokens {
        assert!(
            !ran.out.contains(token) && !ran.errors.contains(token),
            "{error}"
        );
    }
    ran
}

/// Plants every error of these families, one at a time.
async fn plant(families: &[&str]) {
    let mut planted = 0;
    for (error, shown) in ERRORS {
        let id = error.split('/').next().expect("an id");
        let family = id.split('.').next().expect("a family");
        if !families.contains(&family) {
            continue;
        }
        let ran = check(error).await;
        let expected: BTreeSet<_> = shown.iter().copied().chain([id]).collect();
        let found = ran.violated();
        let found: BTreeSet<_> = found.iter().map(String::as_str).collect();
        assert_eq!(found, expected, "{error}\n{}{}", ran.out, ran.errors);
        let finding = &ran.findings()[id];
        assert_eq!(finding["verdict"], finding["severity"], "{error}");
        let is_failure = ran.findings().values().any(|f| f["verdict"] == "fail");
        assert_eq!(ran.code, Some(i32::from(is_failure)), "{error}");
        planted += 1;
    }
    assert!(planted > 0, "{families:?}");
}

#[tokio::test]
async fn a_correct_server_has_no_findings() {
    let ran = check("").await;
    assert_eq!(ran.violated(), [""; 0], "{}", ran.out);
    assert_eq!(ran.code, Some(0));
    // Only the login is skipped, so no check passes because it did not run.
    let skipped = ran.skipped();
    assert!(
        skipped.iter().all(|id| id.starts_with("login.")),
        "{skipped:?}"
    );
}

#[tokio::test]
async fn challenge_errors_are_found() {
    plant(&["challenge"]).await;
}

#[tokio::test]
async fn metadata_errors_are_found() {
    plant(&["metadata"]).await;
}

#[tokio::test]
async fn issuer_errors_are_found() {
    plant(&["issuer"]).await;
}

#[tokio::test]
async fn token_validation_errors_are_found() {
    plant(&["tokens"]).await;
}

#[tokio::test]
async fn cors_and_origin_errors_are_found() {
    plant(&["cors", "host"]).await;
}

#[tokio::test]
async fn protocol_errors_are_found() {
    plant(&["lifecycle", "leaks", "health"]).await;
}

#[tokio::test]
async fn errors_of_grants_and_audiences_are_found() {
    plant(&["grants", "audience"]).await;
}

#[tokio::test]
async fn dpop_errors_are_found() {
    plant(&["dpop"]).await;
}

#[tokio::test]
async fn session_and_batch_errors_are_found() {
    plant(&["isolation", "batches"]).await;
}

#[tokio::test]
async fn operations_without_a_challenge_are_found() {
    plant(&["operations"]).await;
}

#[tokio::test]
async fn step_up_errors_are_found() {
    plant(&["stepup"]).await;
}

#[tokio::test]
async fn every_check_finds_a_planted_error() {
    let ran = run(&["--list", "--json"], &[]).await;
    let families: Value = serde_json::from_str(&ran.out).expect("JSON");
    let planted: BTreeSet<_> = ERRORS
        .iter()
        .chain(crate::login::ERRORS)
        .map(|(error, _)| error.split('/').next().expect("an id").to_owned())
        .collect();
    let mut all = BTreeSet::new();
    for family in families.as_array().expect("families") {
        for check in family["checks"].as_array().expect("checks") {
            all.insert(check["id"].as_str().expect("an id").to_owned());
        }
    }
    // A test cannot run a server without TLS beyond loopback; `target.rs` tests that rule.
    all.remove("host.tls");
    assert_eq!(planted, all);
}
