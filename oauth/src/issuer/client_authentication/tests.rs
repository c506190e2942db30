use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
        KeyPair, UnparsedPublicKey,
    },
};
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::*;

const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);

fn pem(label: &str, der: &[u8]) -> String {
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        STANDARD.encode(der)
    )
}

fn shown(authentication: &ClientAuthentication) -> (Vec<(String, String)>, Option<HeaderValue>) {
    let client = authentication.validate("https://as.example").unwrap();
    let mut form = Serializer::new(String::new());
    let header = client.authenticate(&mut form, NOW).unwrap();
    let form = form.finish();
    let pairs = url::form_urlencoded::parse(form.as_bytes());
    (pairs.into_owned().collect(), header)
}

#[test]
fn basic_is_form_encoded_and_then_in_base64() {
    let (form, header) = shown(&ClientAuthentication::basic("a:b", "s %/ä"));
    assert!(form.is_empty());
    let header = header.unwrap();
    assert!(header.is_sensitive());
    let pair = header.to_str().unwrap().strip_prefix("Basic ").unwrap();
    let pair = STANDARD.decode(pair).unwrap();
    assert_eq!(pair, b"a%3Ab:s+%25%2F%C3%A4");
}

#[test]
fn post_stands_in_the_form_alone() {
    let (form, header) = shown(&ClientAuthentication::post("id", "s&c=1"));
    assert!(header.is_none());
    let expected = [("client_id", "id"), ("client_secret", "s&c=1")];
    assert_eq!(form, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
}

#[test]
fn a_statement_is_signed_anew_for_each_question() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let der = pair.to_pkcs8v1().unwrap();
    let authentication =
        ClientAuthentication::private_key_jwt("me", pem("PRIVATE KEY", der.as_ref()))
            .with_key_id("k1");
    let read = || {
        let (form, header) = shown(&authentication);
        assert!(header.is_none());
        assert_eq!(
            form[1],
            (
                "client_assertion_type".to_owned(),
                client_assertion::TYPE.to_owned()
            )
        );
        let assertion = form[2].1.clone();
        let (message, signature) = assertion.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref())
            .verify(message.as_bytes(), &signature)
            .unwrap();
        let parts = message.split('.').map(|part| {
            let bytes = URL_SAFE_NO_PAD.decode(part).unwrap();
            serde_json::from_slice::<Value>(&bytes).unwrap()
        });
        parts.collect::<Vec<_>>()
    };
    let (one, two) = (read(), read());
    assert_eq!(one[0]["alg"], "ES256");
    assert_eq!(one[0]["kid"], "k1");
    assert_eq!(one[1]["iss"], "me");
    assert_eq!(one[1]["sub"], "me");
    assert_eq!(one[1]["aud"], "https://as.example");
    assert_eq!(one[1]["exp"], 1_800_000_060_u64);
    assert_ne!(one[1]["jti"], two[1]["jti"]);
}

#[test]
fn every_kind_of_key_is_read_and_garbage_is_reported_without_being_repeated() {
    let ed = Ed25519KeyPair::generate().unwrap();
    let rsa = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
    let ed = ed.to_pkcs8().unwrap();
    let rsa = AsDer::<Pkcs8V1Der<'_>>::as_der(&rsa).unwrap();
    for der in [ed.as_ref(), rsa.as_ref()] {
        let authentication = ClientAuthentication::private_key_jwt("me", pem("PRIVATE KEY", der));
        assert_eq!(shown(&authentication).0.len(), 3);
    }
    for bad in [
        "",
        "secret",
        &pem("PRIVATE KEY", b"secret"),
        &pem("PUBLIC KEY", b"x"),
    ] {
        let authentication = ClientAuthentication::private_key_jwt("me", bad);
        let told = authentication.validate("i").err().unwrap();
        assert!(!told.contains("secret"), "{told}");
    }
    for empty in [
        ClientAuthentication::basic("", "s"),
        ClientAuthentication::post("i", " "),
        ClientAuthentication::private_key_jwt("", "s"),
    ] {
        assert!(empty.validate("i").is_err());
    }
}

#[test]
fn credentials_do_not_print() {
    for authentication in [
        ClientAuthentication::basic("me", "s3cr3t"),
        ClientAuthentication::post("me", "s3cr3t"),
        ClientAuthentication::private_key_jwt("me", "s3cr3t"),
    ] {
        let told = format!("{authentication:?}");
        assert!(told.contains("me") && !told.contains("s3cr3t"), "{told}");
    }
}
