//! `everything` as a process, with an issuer that this program imitates.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use aws_lc_rs::{
    digest,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use support::{
    MockIssuer,
    server_process::{Folder, Program, Serving, free_address},
};

/// How the server authorizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Every item is public.
    Open,
    /// It verifies JWTs.
    Jwt,
    /// It asks the issuer about each token (RFC 7662).
    Opaque,
}

impl Mode {
    pub(crate) const ALL: [Self; 3] = [Self::Open, Self::Jwt, Self::Opaque];
}

const FEW: &str = "everything:use";
const MORE: &str = "everything:use everything:write";

/// Runs the checks against a server of this kind, and returns the report.
pub(crate) async fn check(mode: Mode) -> Value {
    let (issuer, folder) = (MockIssuer::start().await, Folder::new());
    let program = Program::new(&binary("everything"), &folder);
    if mode == Mode::Open {
        let server = program.args(&["--open"]).serve().await;
        return run(&server, &folder, &[]).await;
    }
    let address = free_address();
    let mut program = program
        .var("TOOLGATE_BIND", address.to_string())
        .var("TOOLGATE_AUTHORIZATION_SERVERS", issuer.url());
    if mode == Mode::Opaque {
        program = program
            .var("TOOLGATE_INTROSPECTION_CLIENT_ID", "everything")
            .var("TOOLGATE_INTROSPECTION_CLIENT_SECRET", "of the server");
    }
    let server = program.start().listens_on(address).await;
    let tokens = Tokens {
        issuer: &issuer,
        mode,
        resource: server.resource(),
    };
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let credentials = json!({
        "other_user": tokens.token("bob", FEW, None, &[]),
        "other_resource": tokens.token("alice", MORE, Some("https://other.example/mcp"), &[]),
        "bound": tokens.token("carol", FEW, None, &[("cnf", json!({"jkt": thumbprint(&pair)}))]),
        "bound_key": pem(&pair),
    });
    folder.write_secret("credentials.json", &credentials.to_string());
    folder.write_secret(
        "tokens",
        &format!(
            "{} {}",
            tokens.token("alice", FEW, None, &[]),
            tokens.token("alice", MORE, None, &[])
        ),
    );
    let operations = [
        "--tool",
        "two_scopes",
        "--resource",
        "test://two-scopes",
        "--template",
        "test://two-scopes/123/data",
        "--prompt",
        "two_scopes_prompt",
        "--credentials",
        "credentials.json",
    ];
    run(&server, &folder, &operations).await
}

/// Runs the checks against a server with the development issuer.
pub(crate) async fn check_development_issuer() -> Value {
    let folder = Folder::new();
    let server = Program::new(&binary("everything"), &folder).serve().await;
    run(&server, &folder, &["--grants"]).await
}

async fn run(server: &Serving, folder: &Folder, arguments: &[&str]) -> Value {
    let tokens = std::fs::read_to_string(folder.path().join("tokens")).unwrap_or_default();
    let resource = server.resource();
    let ended = Program::new(env!("CARGO_BIN_EXE_toolgate"), folder)
        .var("TOOLGATE_CHECK_TOKEN", &tokens)
        .args(&["check", &resource, "--json"])
        .args(arguments)
        .run()
        .await;
    for token in tokens.split(' ').filter(|token| !token.is_empty()) {
        assert!(!ended.stdout.contains(token) && !server.has_said(token));
    }
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

/// Issues tokens in the form that the server expects.
struct Tokens<'a> {
    issuer: &'a MockIssuer,
    mode: Mode,
    resource: String,
}

impl Tokens<'_> {
    fn token(
        &self,
        subject: &str,
        scope: &str,
        audience: Option<&str>,
        claims: &[(&str, Value)],
    ) -> String {
        let audience = audience.unwrap_or(&self.resource);
        let mut token = self
            .issuer
            .token()
            .audience(audience)
            .scope(scope)
            .claim("sub", json!(subject));
        for (name, value) in claims {
            token = token.claim(name, value.clone());
        }
        if self.mode == Mode::Jwt {
            return token.build();
        }
        let mut answer = self.issuer.active(audience, scope);
        answer["sub"] = subject.into();
        for (name, value) in claims {
            answer[*name] = value.clone();
        }
        // Nobody can read anything in it.
        let opaque = hash(token.build().as_bytes());
        self.issuer.know(&opaque, answer);
        opaque
    }
}

/// Returns the path of a program of this workspace. `cargo test --workspace` builds it; without
/// that, it is built here.
fn binary(name: &str) -> String {
    let sibling = Path::new(env!("CARGO_BIN_EXE_toolgate"))
        .with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !sibling.exists() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--locked", "--workspace", "--bin", name])
            .current_dir(folder)
            .status();
        assert!(built.is_ok_and(|status| status.success()), "{name}");
    }
    sibling.to_str().expect("UTF-8").to_owned()
}

fn hash(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// Returns the thumbprint of a key (RFC 7638 §3).
fn thumbprint(pair: &EcdsaKeyPair) -> String {
    let point = pair.public_key().as_ref();
    let part = |bytes| BASE64_URL_SAFE_NO_PAD.encode::<&[u8]>(bytes);
    let (x, y) = (part(&point[1..33]), part(&point[33..]));
    hash(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#).as_bytes())
}

/// Returns a private key: PKCS #8 in PEM.
fn pem(pair: &EcdsaKeyPair) -> String {
    let document = pair.to_pkcs8v1().expect("a document");
    let text = BASE64_STANDARD.encode(document.as_ref());
    format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
}
