use serde_json::{Map, Value, json};

use super::*;
use crate::issuer::{ClientAuthentication, egress_policy::EgressPolicy};

mod replaced_client;

fn registration() -> ClientRegistration {
    ClientRegistration {
        redirect_uri: "https://mcp.example/approvals/callback".to_owned(),
        client_name: "notes".to_owned(),
        client: Some(ClientAuthentication::public("approvals")),
    }
}

fn members(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn metadata() -> Value {
    json!({
        "issuer": "https://as.example",
        "authorization_endpoint": "https://as.example/authorize?tenant=a",
        "token_endpoint": "https://as.example/token",
    })
}

/// Returns a client of an issuer with this metadata, which is not fetched.
fn client(metadata: Value) -> AuthorizationCodeClient {
    let issuer = Issuer::new("https://as.example");
    let client =
        AuthorizationCodeClient::new(&issuer, "https://mcp.example/mcp", registration()).unwrap();
    let endpoints = Endpoints::read(&members(metadata)).unwrap().unwrap();
    let registered = Arc::clone(client.configured.as_ref().unwrap());
    *client.state() = Some(Preparation {
        result: Ok(Arc::new(Prepared {
            endpoints,
            client: registered,
        })),
        since: Instant::now(),
    });
    client
}

#[tokio::test]
async fn the_authorization_url_has_pkce_state_resource_and_scopes() {
    let scopes = ["notes:write".to_owned(), "a b&c".to_owned()];
    let request = AuthorizationRequest {
        state: "s",
        code_challenge: "c",
        scopes: &scopes,
    };
    let url = client(metadata())
        .authorization(&request)
        .await
        .unwrap()
        .url;
    assert_eq!(
        url,
        "https://as.example/authorize?tenant=a&response_type=code&client_id=approvals\
         &redirect_uri=https%3A%2F%2Fmcp.example%2Fapprovals%2Fcallback&state=s\
         &code_challenge=c&code_challenge_method=S256&resource=https%3A%2F%2Fmcp.example%2Fmcp\
         &scope=notes%3Awrite+a+b%26c"
    );
    let request = AuthorizationRequest {
        scopes: &[],
        ..request
    };
    let url = client(metadata())
        .authorization(&request)
        .await
        .unwrap()
        .url;
    assert!(!url.contains("scope="), "{url}");
}

#[tokio::test]
async fn a_response_of_another_issuer_is_not_accepted() {
    let mut promising = metadata();
    promising["authorization_response_iss_parameter_supported"] = json!(true);
    let ours = Some("https://as.example");
    for (metadata, iss, expected) in [
        (metadata(), ours, true),
        (metadata(), None, true),
        (metadata(), Some("https://as.example/"), false),
        (metadata(), Some("https://evil.example"), false),
        (promising.clone(), ours, true),
        (promising, None, false),
    ] {
        let accepted = client(metadata.clone()).accepts_response_of(iss).await;
        assert_eq!(accepted, Ok(expected), "{metadata} {iss:?}");
    }
}

#[tokio::test]
async fn with_several_issuers_a_response_names_its_issuer() {
    let client = client(metadata()).requiring_issuer();
    assert_eq!(client.accepts_response_of(None).await, Ok(false));
    let ours = Some("https://as.example");
    assert_eq!(client.accepts_response_of(ours).await, Ok(true));
}

#[test]
fn an_unsafe_endpoint_of_a_manipulated_document_is_refused() {
    let issuer = Url::parse("https://as.example").unwrap();
    for (member, url) in [
        ("authorization_endpoint", "javascript:alert(1)"),
        ("authorization_endpoint", "data:text/html,x"),
        ("authorization_endpoint", "http://as.example/authorize"),
        ("authorization_endpoint", "http://127.0.0.1/authorize"),
        ("authorization_endpoint", "https://as.example/authorize#x"),
        ("token_endpoint", "http://169.254.169.254/token"),
        ("registration_endpoint", "https://10.0.0.1/register"),
    ] {
        let mut metadata = metadata();
        metadata[member] = json!(url);
        let endpoints = Endpoints::read(&members(metadata)).unwrap().unwrap();
        let checked = endpoints.check(&issuer, &EgressPolicy::default());
        assert!(checked.is_err(), "{member} {url}");
    }
    let endpoints = Endpoints::read(&members(metadata())).unwrap().unwrap();
    assert!(endpoints.check(&issuer, &EgressPolicy::default()).is_ok());
}

#[test]
fn an_issuer_without_pkce_is_not_used() {
    let mut metadata = metadata();
    metadata["code_challenge_methods_supported"] = json!(["plain"]);
    assert!(Endpoints::read(&members(metadata.clone())).is_err());
    metadata["code_challenge_methods_supported"] = json!(["plain", "S256"]);
    assert!(Endpoints::read(&members(metadata)).is_ok());
}

#[test]
fn no_error_contains_the_description_of_the_issuer() {
    let body = br#"{"error":"invalid_grant","error_description":"no such code: c0de"}"#;
    let error = AuthorizationCodeError::answered(400, body).to_string();
    assert_eq!(error, "it answered 400 with \"invalid_grant\"");
    let hostile = json!({"error": "a\nfake log line"}).to_string();
    let error = AuthorizationCodeError::answered(400, hostile.as_bytes()).to_string();
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn an_empty_client_id_or_secret_is_an_error_of_the_settings() {
    for registration in [
        ClientRegistration {
            client: Some(ClientAuthentication::public(" ")),
            ..registration()
        },
        ClientRegistration {
            client: Some(ClientAuthentication::basic("id", "")),
            ..registration()
        },
    ] {
        let issuer = Issuer::new("https://as.example");
        let client = AuthorizationCodeClient::new(&issuer, "r", registration);
        assert!(client.unwrap_err().0.contains("empty"));
    }
}
