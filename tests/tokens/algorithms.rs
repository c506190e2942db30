//! Every algorithm with its own kind of key, and with no other.

use serde_json::json;
use support::{MockIssuer, SigningKey};
use toolgate::issuer::Issuer;

use crate::{said, verifier};

#[tokio::test]
async fn every_algorithm_verifies_with_its_own_keys() {
    let issuer = MockIssuer::start().await;
    let p384 = SigningKey::p384("p384");
    issuer.publish(&[issuer.rsa(), issuer.p256(), issuer.ed25519(), &p384]);
    let verifier = verifier(Issuer::new(issuer.url()));
    for (key, algorithms) in [
        (issuer.rsa(), "RS256 RS384 RS512 PS256 PS384 PS512"),
        (issuer.p256(), "ES256"),
        (&p384, "ES384"),
        (issuer.ed25519(), "EdDSA Ed25519"),
    ] {
        for alg in algorithms.split(' ') {
            let token = issuer.token().signed_with(key).alg(alg);
            assert_eq!(said(&verifier, token.clone().build()).await, "ok", "{alg}");
            let token = token.header("kid", json!(null));
            assert_eq!(said(&verifier, token.build()).await, "ok", "{alg}, no kid");
        }
    }
}

#[tokio::test]
async fn another_algorithm_than_the_one_that_signed_is_refused() {
    let issuer = MockIssuer::start().await;
    let verifier = verifier(Issuer::new(issuer.url()));
    for key in [issuer.rsa(), issuer.p256(), issuer.ed25519()] {
        for alg in [
            "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA",
        ] {
            if alg == key.algorithm() {
                continue;
            }
            // The header names another algorithm than the signature uses.
            let token = issuer.token().signed_with(key).header("alg", json!(alg));
            let output = said(&verifier, token.build()).await;
            assert!(
                output.contains("signature") || output.contains("algorithm"),
                "{alg}: {output}"
            );
        }
    }
}

#[tokio::test]
async fn a_public_key_is_never_a_secret() {
    let issuer = MockIssuer::start().await;
    let public = issuer.rsa().jwk();
    let secret = SigningKey::secret("rsa", public["n"].as_str().unwrap_or_default().as_bytes());
    // CVE-2016-5431: signed with a public value.
    let verifier = verifier(Issuer::new(issuer.url()));
    for alg in ["HS256", "HS384", "HS512"] {
        let token = issuer.token().signed_with(&secret).alg(alg).build();
        assert!(said(&verifier, token).await.contains("alg"), "{alg}");
    }
    // Also if the issuer publishes a secret key.
    issuer.publish(&[issuer.p256(), &secret]);
    let token = issuer.token().signed_with(&secret).build();
    assert!(said(&verifier, token).await.contains("alg"));
    let token = issuer
        .token()
        .forged_with(&secret)
        .header("kid", json!("rsa"));
    assert_ne!(said(&verifier, token.build()).await, "ok");
}

#[tokio::test]
async fn a_key_inside_the_token_is_not_used() {
    let issuer = MockIssuer::start().await;
    let evil = MockIssuer::start().await;
    let verifier = verifier(Issuer::new(issuer.url()));
    for (name, value) in [
        ("jwk", evil.p256().jwk()),
        ("jku", json!(evil.jwks_uri())),
        ("x5u", json!(format!("{}/cert", evil.url()))),
        ("x5c", json!(["MIIB"])),
    ] {
        let token = issuer.token().signed_with(evil.p256()).header(name, value);
        assert!(said(&verifier, token.build()).await.contains(name));
    }
    let asked = evil.jwks_requests() + evil.metadata_requests() + evil.other_requests();
    assert_eq!(asked, 0);
}

#[tokio::test]
async fn an_untrusted_issuer_receives_no_request() {
    let issuer = MockIssuer::start().await;
    let evil = MockIssuer::start().await;
    let verifier = verifier(Issuer::new(issuer.url()));
    let output = said(&verifier, evil.token().build()).await;
    assert!(output.contains("not trusted"), "{output}");
    assert_eq!(evil.metadata_requests() + issuer.metadata_requests(), 0);
}
