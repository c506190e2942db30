use serde_json::json;

use super::*;

fn octets(length: usize, first: u8, last: u8) -> String {
    let mut octets = vec![0x5a; length];
    octets[0] = first;
    octets[length - 1] = last;
    URL_SAFE_NO_PAD.encode(octets)
}

fn rsa(bits: usize) -> Value {
    json!({"kty": "RSA", "kid": "r", "n": octets(bits / 8, 0x80, 1), "e": "AQAB"})
}

fn p256() -> Value {
    json!({"kty": "EC", "crv": "P-256", "x": octets(32, 1, 1), "y": octets(32, 1, 1)})
}

fn ed25519() -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "x": octets(32, 1, 1)})
}

fn with(mut key: Value, change: Value) -> Result<PublicKey, Unused> {
    let members = key.as_object_mut().unwrap();
    members.extend(change.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    PublicKey::parse(&key)
}

fn refused(key: Value, change: Value) -> &'static str {
    with(key, change).unwrap_err().reason
}

#[test]
fn a_key_fits_the_algorithms_of_its_type_alone() {
    for (key, fitting) in [
        (rsa(2048), "RS256 RS384 RS512 PS256 PS384 PS512"),
        (p256(), "ES256"),
        (
            json!({"kty": "EC", "crv": "P-384", "x": octets(48, 1, 1), "y": octets(48, 1, 1)}),
            "ES384",
        ),
        (ed25519(), "EdDSA"),
    ] {
        let key = PublicKey::parse(&key).unwrap();
        let fits: Vec<_> = Algorithm::ALL
            .into_iter()
            .filter(|algorithm| key.fits(*algorithm))
            .map(Algorithm::name)
            .collect();
        assert_eq!(fits.join(" "), fitting);
    }
}

#[test]
fn the_keys_own_alg_narrows_it_to_one() {
    let key = with(rsa(2048), json!({"alg": "PS256"})).unwrap();
    assert!(key.fits(Algorithm::Ps256));
    assert!(!key.fits(Algorithm::Rs256));
    assert!(!key.fits(Algorithm::Ps384));
    for (key, alg) in [(rsa(2048), "ES256"), (p256(), "RS256"), (p256(), "ES384")] {
        assert!(refused(key, json!({"alg": alg})).contains("does not fit"));
    }
    assert!(refused(rsa(2048), json!({"alg": "RSA-OAEP"})).contains("not known"));
    assert!(refused(rsa(2048), json!({"alg": "HS256"})).contains("not known"));
}

#[test]
fn symmetric_and_private_keys_are_not_used() {
    let secret = json!({"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"});
    assert!(PublicKey::parse(&secret).unwrap_err().warn);
    assert!(refused(rsa(2048), json!({"k": "c2VjcmV0"})).contains("symmetric"));
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth"] {
        for key in [rsa(2048), p256(), ed25519()] {
            assert!(refused(key, json!({member: "AQAB"})).contains("private"));
        }
    }
}

#[test]
fn a_key_for_something_else_is_not_used_and_nobody_is_warned() {
    for change in [
        json!({"use": "enc"}),
        json!({"use": "SIG"}),
        json!({"key_ops": ["encrypt"]}),
        json!({"key_ops": []}),
        json!({"kty": "unheard"}),
    ] {
        assert!(!with(p256(), change.clone()).unwrap_err().warn, "{change}");
    }
    assert!(with(p256(), json!({"use": "sig", "key_ops": ["sign", "verify"]})).is_ok());
}

#[test]
fn an_rsa_key_has_2048_to_8192_bits_and_a_sound_exponent() {
    for (bits, usable) in [
        (1024, false),
        (2040, false),
        (2048, true),
        (8192, true),
        (8200, false),
    ] {
        assert_eq!(PublicKey::parse(&rsa(bits)).is_ok(), usable, "{bits}");
    }
    // 2047 bits in 256 octets.
    assert!(with(rsa(2048), json!({"n": octets(256, 0x7f, 1)})).is_err());
    // 2048 bits after a zero octet.
    let mut padded = vec![0, 0x80];
    padded.extend([1; 255]);
    assert!(with(rsa(2048), json!({"n": URL_SAFE_NO_PAD.encode(&padded)})).is_ok());
    for exponent in [&[][..], &[3], &[0, 3], &[1, 0, 0], &[1; 6]] {
        let e = URL_SAFE_NO_PAD.encode(exponent);
        assert!(
            refused(rsa(2048), json!({"e": e})).contains("exponent"),
            "{exponent:?}"
        );
    }
}

#[test]
fn a_coordinate_of_the_wrong_length_is_refused() {
    for length in [31, 33, 48] {
        assert!(with(p256(), json!({"x": octets(length, 1, 1)})).is_err());
        assert!(with(p256(), json!({"y": octets(length, 1, 1)})).is_err());
        assert!(with(ed25519(), json!({"x": octets(length, 1, 1)})).is_err());
    }
}

#[test]
fn what_is_missing_or_of_the_wrong_type_is_refused_without_a_panic() {
    for name in ["kty", "n", "e"] {
        assert!(with(rsa(2048), json!({name: null})).is_err(), "{name}");
        assert!(with(rsa(2048), json!({name: 1})).is_err(), "{name}");
        assert!(with(rsa(2048), json!({name: ""})).is_err(), "{name}");
    }
    for name in ["crv", "x", "y"] {
        assert!(with(p256(), json!({name: null})).is_err(), "{name}");
        assert!(with(p256(), json!({name: ["P-256"]})).is_err(), "{name}");
    }
    for name in ["kid", "use", "key_ops", "alg"] {
        assert!(with(p256(), json!({name: 1})).is_err(), "{name}");
    }
    for entry in [json!(null), json!([]), json!("x"), json!({})] {
        assert!(PublicKey::parse(&entry).is_err(), "{entry}");
    }
    // Padding and the standard base64 alphabet are a different encoding (RFC 7515 §2).
    assert!(with(rsa(2048), json!({"e": "AQAB=="})).is_err());
    assert!(
        with(
            ed25519(),
            json!({"x": format!("{}+", &octets(32, 1, 1)[1..])})
        )
        .is_err()
    );
}
