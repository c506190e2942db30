//! Programs with rmcp's own client: credentials of their own, and an enterprise that manages its
//! applications. No account is needed.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use reqwest::Url;
use rmcp::transport::auth::{
    ClientCredentialsConfig, JwtSigningAlgorithm, OAuthState, default_oauth_http_client,
    enterprise::{EmaAuthorizationServer, EmaClientAuthentication, EmaError, EmaExchangeRequest},
};
use serde_json::{Value, json};
use support::{
    client::{Client, Revision},
    running_server::RunningServer,
    simulated_browser::Browser,
};
use toolgate::{Caller, Server, mcp_tool, tools};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const CALLBACK: &str = "http://127.0.0.1:3118/callback";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Says who calls, and who acts for them.
#[mcp_tool(scope = "report:read")]
fn whoami(caller: Caller) -> String {
    let kind = if caller.acts_for_person() {
        "a person"
    } else {
        "a program"
    };
    let actors: Vec<_> = caller
        .actors()
        .iter()
        .map(|actor| actor.subject())
        .collect();
    format!("{kind} through [{}]", actors.join(", "))
}

/// Signs the report.
#[mcp_tool(scope = "report:read", person)]
fn sign(caller: Caller) -> String {
    caller.subject().unwrap_or_default().to_owned()
}

async fn start() -> RunningServer {
    let server = Server::new("reports").tools(tools![whoami, sign]);
    RunningServer::start(server.without_banner(), |config| config).await
}

async fn register(running: &RunningServer, metadata: Value) -> Value {
    let answer = reqwest::Client::new()
        .post(running.url("/development/register"))
        .json(&metadata)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 201);
    answer.json().await.expect("a registration")
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().expect(name).to_owned()
}

/// Calls both tools with a token: what `whoami` says, and the status of `sign`.
async fn calls(running: &RunningServer, token: &str) -> (String, u16) {
    let client = Client::new(running.resource(), Revision::Stateless).with_token(token);
    let said = client.call("whoami", json!({})).await.tool_text();
    (said, client.call("sign", json!({})).await.status)
}

async fn token_by(running: &RunningServer, config: ClientCredentialsConfig) -> String {
    let mut state = OAuthState::new(running.resource(), None)
        .await
        .expect("a URL");
    state
        .authenticate_client_credentials(config)
        .await
        .expect("a token");
    let manager = state.into_authorization_manager().expect("a token");
    manager.get_access_token().await.expect("a token")
}

#[tokio::test]
async fn rmcps_client_gets_a_token_for_a_program_by_its_secret() {
    let running = start().await;
    for method in ["client_secret_post", "client_secret_basic"] {
        let client = register(
            &running,
            json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": method}),
        )
        .await;
        // rmcp takes the method that the metadata names first. The header is tested by hand.
        if method == "client_secret_basic" {
            let answer = reqwest::Client::new()
                .post(running.url("/development/token"))
                .basic_auth(
                    text(&client, "client_id"),
                    Some(text(&client, "client_secret")),
                )
                .form(&[("grant_type", "client_credentials")])
                .send()
                .await
                .expect("an answer");
            assert_eq!(answer.status(), 200);
            continue;
        }
        let config = ClientCredentialsConfig::ClientSecret {
            client_id: text(&client, "client_id"),
            client_secret: text(&client, "client_secret"),
            scopes: vec!["report:read".to_owned()],
            resource: Some(running.resource()),
        };
        let token = token_by(&running, config).await;
        let expected = ("a program through []".to_owned(), 403);
        assert_eq!(calls(&running, &token).await, expected);
    }
}

#[tokio::test]
async fn rmcps_client_gets_a_token_for_a_program_by_its_key() {
    let running = start().await;
    let (pem, set) = signing_key();
    let client = register(
        &running,
        json!({
            "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": set,
        }),
    )
    .await;
    let config = ClientCredentialsConfig::PrivateKeyJwt {
        client_id: text(&client, "client_id"),
        signing_key: pem,
        signing_algorithm: JwtSigningAlgorithm::ES256,
        token_endpoint_audience: None,
        scopes: vec!["report:read".to_owned()],
        resource: Some(running.resource()),
    };
    let token = token_by(&running, config).await;
    assert_eq!(calls(&running, &token).await.1, 403);
}

/// Returns a private key in PEM, and the key set with its public key.
fn signing_key() -> (Vec<u8>, Value) {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let document = pair.to_pkcs8v1().expect("a document");
    let body = BASE64_STANDARD.encode(document.as_ref());
    let lines: Vec<_> = body
        .as_bytes()
        .chunks(64)
        .map(String::from_utf8_lossy)
        .collect();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        lines.join("\n")
    );
    let point = pair.public_key().as_ref();
    let part = |range| BASE64_URL_SAFE_NO_PAD.encode(&point[range]);
    let key = json!({"kty": "EC", "crv": "P-256", "x": part(1..33), "y": part(33..65)});
    (pem.into_bytes(), json!({"keys": [key]}))
}

/// Signs the person in once at the imitated identity provider. Returns the ID token.
async fn sign_in(running: &RunningServer, client: &Value) -> String {
    let query = [
        ("response_type", "code"),
        ("client_id", &text(client, "client_id")),
        ("redirect_uri", CALLBACK),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("scope", "openid"),
    ];
    let url = Url::parse_with_params(&running.url("/development/idp/authorize"), query);
    let browser = Browser::default();
    let page = browser.open(url.expect("a URL").as_str()).await;
    let answer = browser.press(&page, "allow").await;
    let location = Url::parse(answer.leads_to()).expect("a URL");
    let code = location.query_pairs().find(|(name, _)| name == "code");
    let (_, code) = code.expect("a code");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("code_verifier", VERIFIER),
        ("redirect_uri", CALLBACK),
        ("client_id", &text(client, "client_id")),
        ("client_secret", &text(client, "client_secret")),
    ];
    let answer = reqwest::Client::new()
        .post(running.url("/development/idp/token"))
        .form(&form)
        .send()
        .await
        .expect("an answer");
    let answer: Value = answer.json().await.expect("tokens");
    text(&answer, "id_token")
}

fn enterprise(running: &RunningServer, client: &Value) -> [EmaAuthorizationServer; 2] {
    let id = text(client, "client_id");
    let secret = text(client, "client_secret");
    [
        ("/development/idp", "/development/idp/token"),
        ("", "/development/token"),
    ]
    .map(|(issuer, endpoint)| {
        let issuer = format!("{}{issuer}", running.origin());
        EmaAuthorizationServer::new(issuer, running.url(endpoint), id.clone())
            .with_client_authentication(EmaClientAuthentication::ClientSecretPost(
                serde_json::from_value(json!(secret)).expect("a secret"),
            ))
    })
}

#[tokio::test]
async fn rmcps_client_gets_tokens_of_a_person_whom_the_enterprise_has_signed_in() {
    let running = start().await;
    let client = register(
        &running,
        json!({
            "client_name": "desk",
            "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", JWT_BEARER],
            "token_endpoint_auth_method": "client_secret_post",
        }),
    )
    .await;
    let id_token = sign_in(&running, &client).await;
    let http = default_oauth_http_client().expect("a client");
    let resource = running.resource();
    for _ in 0..2 {
        let [idp, issuer] = enterprise(&running, &client);
        let request = EmaExchangeRequest::new_with_id_token(idp, issuer, &resource, &id_token);
        let token = request
            .with_scopes(["report:read"])
            .exchange(&http, &http)
            .await;
        let token = token.expect("a token");
        let said = calls(&running, token.access_token.secret()).await;
        assert_eq!(said, ("a person through []".to_owned(), 200));
    }
    // The ID-JAG of another server is not issued.
    let [idp, issuer] = enterprise(&running, &client);
    let other = "http://127.0.0.1:9/mcp";
    let request = EmaExchangeRequest::new_with_id_token(idp, issuer, other, &id_token);
    let refused = request.exchange(&http, &http).await.expect_err("refused");
    assert!(matches!(
        refused,
        EmaError::OAuthRejected {
            code: "invalid_target",
            ..
        }
    ));
}
