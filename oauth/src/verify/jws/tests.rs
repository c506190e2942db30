mod wycheproof;

use serde_json::json;

use super::{super::tests::tokens::Mint, *};

fn refused(token: &str) -> String {
    match Jws::parse(token) {
        Ok(_) => panic!("accepted: {token}"),
        Err(JwsError::Malformed(error)) => format!("malformed: {error}"),
        Err(JwsError::Refused(error)) => format!("unacceptable: {error}"),
    }
}

#[test]
fn a_token_has_three_parts_of_canonical_base64url() {
    let mint = Mint::new("k");
    let token = mint.token(json!({}), json!({}));
    assert!(Jws::parse(&token).is_ok());
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = message.split_once('.').unwrap();
    for broken in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        "a".to_owned(),
        message.to_owned(),
        format!("{token}."),
        format!("{token}.{signature}"),
        format!("{token}.{signature}.{signature}"),
        format!(".{token}"),
        format!(".{payload}.{signature}"),
        format!("{token}="),
        format!("{token}=="),
        format!("{header}=.{payload}.{signature}"),
        format!("{header}.{payload}=.{signature}"),
        format!("{header}.{payload}+.{signature}"),
        format!("{header}.{payload}/.{signature}"),
        format!("{header}.{payload}\n.{signature}"),
        format!(" {token}"),
    ] {
        assert!(refused(&broken).starts_with("malformed"), "{broken}");
    }
}

#[test]
fn what_is_a_jwt_by_its_form_is_seen_through_careless_spelling() {
    for header in [
        "eyJhbGciOiJub25lIn0",
        "eyJhbGciOiJub25lIn0=",
        "eyJhbGciOiJub25lIn1",
        "eyJh~bGci=OiJub25lIn0",
        "eyJhbGciOiJub25lIn0A",
        "eyJhbGciOiJub25lIn0AA",
        "~-e_y+J/hbGciOiJub25lIn0AA",
        "ICB7fQ",
        "eyI_",
        "eyI/Pz8-",
        "e30",
    ] {
        for rest in [".e30.", ".e30.AA", "...", "....", ".a.b.c.d"] {
            assert!(is_jwt_like(&format!("{header}{rest}")), "{header}{rest}");
        }
        for rest in ["", ".e30"] {
            assert!(!is_jwt_like(&format!("{header}{rest}")), "{header}{rest}");
        }
    }
    for token in [
        "",
        "..",
        "a.b.c",
        "ya29.a0AfB_by.C",
        "W10.e30.AA",
        "Int9.e30.AA",
        "e.e30.AA",
    ] {
        assert!(!is_jwt_like(token), "{token}");
    }
}

#[test]
fn stray_bits_behind_the_last_byte_are_refused_in_every_part() {
    let mint = Mint::new("k");
    // 64 bytes of signature leave four bits of the last character unused.
    let token = mint.token(json!({}), json!({}));
    let mut spoiled = token.clone();
    let last = spoiled.pop().unwrap();
    for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".chars() {
        // A, Q, g and w have no stray bits.
        let canonical = "AQgw".contains(other);
        let read = Jws::parse(&format!("{spoiled}{other}")).is_ok();
        assert_eq!(read, canonical, "{last} became {other}");
    }
    // `{}` is `e30`; `e31` has a bit too many.
    for part in ["e31.e30.AA", "e30.e31.AA"] {
        assert!(refused(part).starts_with("malformed"), "{part}");
    }
}

#[test]
fn a_header_names_each_parameter_once_and_with_its_type() {
    let mint = Mint::new("k");
    for header in [
        "",
        "x",
        "[]",
        "null",
        r#""alg""#,
        "{}",
        r#"{"alg":"ES256","alg":"ES256"}"#,
        r#"{"alg":"ES256","\u0061lg":"none"}"#,
        r#"{"alg":"ES256","kid":"a","kid":"b"}"#,
        r#"{"alg":"ES256","x":{"a":1,"a":2}}"#,
        r#"{"alg":"ES256"}x"#,
        r#"{"alg":"ES256",}"#,
        "{\"alg\":\"ES256\"}\0",
        "\u{feff}{\"alg\":\"ES256\"}",
        r#"{"alg":null}"#,
        r#"{"alg":1}"#,
        r#"{"alg":["ES256"]}"#,
        r#"{"Alg":"ES256"}"#,
        r#"{"alg":"ES256","kid":1}"#,
        r#"{"alg":"ES256","kid":null}"#,
        r#"{"alg":"ES256","kid":["k"]}"#,
        r#"{"alg":"ES256","typ":true}"#,
    ] {
        let error = refused(&mint.sign(header, "{}"));
        assert!(error.starts_with("malformed"), "{header}: {error}");
    }
}

#[test]
fn algorithms_outside_the_list_are_refused() {
    let mint = Mint::new("k");
    for alg in [
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        "HS256",
        "HS384",
        "HS512",
        "es256",
        "ES256 ",
        "ES256K",
        "ES512",
        "RS1",
        "RSA-OAEP",
        "dir",
        "A128KW",
        "PBES2-HS256+A128KW",
    ] {
        let error = refused(&mint.token(json!({"alg": alg}), json!({})));
        assert!(error.starts_with("unacceptable"), "{alg}: {error}");
    }
}

#[test]
fn what_a_header_would_have_us_obey_or_fetch_is_refused() {
    let mint = Mint::new("k");
    for name in REFUSED {
        for value in [
            json!(["exp"]),
            json!("https://evil.example/keys"),
            mint.jwk(),
            json!(false),
        ] {
            let mut header = json!({});
            header[name] = value;
            let error = refused(&mint.token(header, json!({})));
            assert!(error.contains(name), "{name}: {error}");
        }
    }
    // Unknown parameters that are not critical are ignored (RFC 7515 §4).
    let harmless =
        json!({"x5t": "abc", "x5t#S256": "abc", "iss": "https://evil.example", "x": [1]});
    assert!(Jws::parse(&mint.token(harmless, json!({}))).is_ok());
}

#[test]
fn a_token_longer_than_any_real_one_is_not_looked_at() {
    let mint = Mint::new("k");
    let token = mint.token(json!({}), json!({"x": "y".repeat(MAX_TOKEN)}));
    assert!(refused(&token).contains("too long"));
    let parts = "eyJhbGciOiJFUzI1NiJ9.AAAA.";
    let longest = format!("{parts}{}", "A".repeat(MAX_TOKEN - parts.len()));
    assert!(Jws::parse(&longest).is_ok());
    assert!(refused(&format!("{longest}A")).contains("too long"));
}

fn check(token: &str, keys: Value) -> SignatureCheck {
    let keys = Jwks::parse(json!({"keys": keys}).to_string().as_bytes()).unwrap();
    Jws::parse(token).unwrap().check_signature(&keys)
}

#[test]
fn the_signature_is_that_of_the_named_key_over_the_exact_bytes() {
    let (ours, other) = (Mint::new("k"), Mint::new("k"));
    let token = ours.token(json!({}), json!({}));
    assert_eq!(check(&token, json!([ours.jwk()])), SignatureCheck::Genuine);
    assert!(matches!(
        check(&token, json!([other.jwk()])),
        SignatureCheck::Forged(_)
    ));
    assert_eq!(
        check(&token, json!([other.jwk(), ours.jwk()])),
        SignatureCheck::Genuine
    );
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = message.split_once('.').unwrap();
    for forged in [
        format!("{header}.e30.{signature}"),
        format!("{message}."),
        format!("{message}.{}", "A".repeat(86)),
        format!("{message}.{}", &signature[..84]),
        format!("{message}.{signature}AAAA"),
    ] {
        let keys = json!([ours.jwk()]);
        assert!(
            matches!(check(&forged, keys), SignatureCheck::Forged(_)),
            "{forged}"
        );
    }
}

#[test]
fn a_key_that_is_not_there_may_be_new_but_one_for_another_algorithm_is_not() {
    let mint = Mint::new("k");
    let token = mint.token(json!({"kid": "new"}), json!({}));
    assert_eq!(
        check(&token, json!([mint.jwk()])),
        SignatureCheck::UnknownKey
    );
    // Key confusion (CVE-2016-5431): an EC key and a header that says RSA.
    let token = mint.token(json!({"alg": "RS256"}), json!({}));
    assert!(matches!(
        check(&token, json!([mint.jwk()])),
        SignatureCheck::Forged(_)
    ));
    let mut narrowed = mint.jwk();
    narrowed["alg"] = json!("ES384");
    let token = mint.token(json!({}), json!({}));
    assert_eq!(check(&token, json!([narrowed])), SignatureCheck::UnknownKey);
}

#[test]
fn without_a_key_id_every_key_that_fits_is_tried() {
    let (a, b, c) = (Mint::new("a"), Mint::new("b"), Mint::new("c"));
    let token = b.token(json!({"kid": null}), json!({}));
    assert_eq!(
        check(&token, json!([a.jwk(), b.jwk()])),
        SignatureCheck::Genuine
    );
    assert_eq!(
        check(&token, json!([a.jwk(), c.jwk()])),
        SignatureCheck::UnknownKey
    );
}
