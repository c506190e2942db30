use super::*;
use serde_json::json;

fn read(change: Value) -> Result<Claims, ClaimsError> {
    let mut all = json!({"iss": "https://i", "sub": "s", "aud": "a", "exp": 2_000});
    for (name, value) in change.as_object().unwrap() {
        match value {
            Value::Null => all.as_object_mut().unwrap().remove(name),
            _ => all
                .as_object_mut()
                .unwrap()
                .insert(name.clone(), value.clone()),
        };
    }
    Claims::from_json(all.to_string().as_bytes())
}

#[test]
fn a_claim_of_the_wrong_type_is_refused_not_skipped() {
    for (name, values) in [
        ("iss", json!([1, true, ["https://i"], {"a": 1}, ""])),
        ("sub", json!([1, false, ["s"], ""])),
        ("aud", json!([1, true, {"a": 1}, ["a", 1], [["a"]]])),
        (
            "exp",
            json!(["2000", true, [2000], -1, 1e300, -0.5, 253_402_300_800_u64]),
        ),
        ("nbf", json!(["2000", true, -1])),
        ("iat", json!(["2000", {}, -1])),
        ("client_id", json!([1, ["c"], ""])),
        ("azp", json!([1, ["c"]])),
        ("scope", json!([1, true, {"a": 1}, [1], ["a", null]])),
        ("scp", json!([1, {"a": 1}, [true]])),
        ("scopes", json!([1, [{}]])),
    ] {
        for value in values.as_array().unwrap() {
            let error = read(json!({name: value})).unwrap_err();
            assert_eq!(
                error,
                ClaimsError::WrongType(name.into()),
                "{name}: {value}"
            );
        }
    }
}

#[test]
fn null_is_a_wrong_type_and_not_absent() {
    for name in [
        "iss",
        "sub",
        "aud",
        "exp",
        "nbf",
        "iat",
        "client_id",
        "scope",
    ] {
        let text = format!(r#"{{"iss":"i","exp":1,"{name}":null}}"#)
            .replace(r#""iss":"i","exp":1,"iss""#, r#""exp":1,"iss""#)
            .replace(r#""exp":1,"exp""#, r#""exp""#);
        assert_eq!(
            Claims::from_json(text.as_bytes()).unwrap_err(),
            ClaimsError::WrongType(name.into()),
            "{text}"
        );
    }
}

#[test]
fn issuer_and_expiry_must_be_there() {
    assert_eq!(
        read(json!({"iss": null})).unwrap_err(),
        ClaimsError::Missing("iss")
    );
    assert_eq!(
        read(json!({"exp": null})).unwrap_err(),
        ClaimsError::Missing("exp")
    );
}

#[test]
fn a_fraction_of_a_second_is_dropped_to_the_tokens_disadvantage() {
    let claims = read(json!({"exp": 1999.9, "nbf": 1000.1})).unwrap();
    assert_eq!(claims.expires_at(), UnixTime::from_seconds(1999));
    assert_eq!(claims.not_before(), Some(UnixTime::from_seconds(1001)));
}

#[test]
fn scopes_are_separated_by_spaces_alone() {
    let claims = read(json!({"scope": "a  b\u{a0}c\td "})).unwrap();
    assert_eq!(claims.scopes().collect::<Vec<_>>(), ["a", "b\u{a0}c\td"]);
}

#[test]
fn the_first_scope_claim_that_is_there_decides_alone() {
    for (claims, expected) in [
        (json!({"scope": "a", "scp": ["b"], "scopes": ["c"]}), "a"),
        (json!({"scp": ["b"], "scopes": ["c"]}), "b"),
        (json!({"scopes": ["c"]}), "c"),
        (json!({"scope": ["d"]}), "d"),
    ] {
        assert_eq!(
            read(claims).unwrap().scopes().collect::<Vec<_>>(),
            [expected]
        );
    }
    assert_eq!(read(json!({})).unwrap().scopes().count(), 0);
    assert_eq!(
        read(json!({"scope": "", "scp": ["b"]}))
            .unwrap()
            .scopes()
            .count(),
        0
    );
}

#[test]
fn a_claim_that_is_named_twice_is_refused() {
    let text = br#"{"iss":"i","exp":1,"scope":"a","scope":"b"}"#;
    assert_eq!(
        Claims::from_json(text).unwrap_err(),
        ClaimsError::NotAnObject
    );
}

#[test]
fn claims_print_without_what_we_do_not_know() {
    let claims = read(json!({"email": "a@b.example"})).unwrap();
    assert!(!format!("{claims:?}").contains("b.example"));
    assert_eq!(claims.get("email"), Some(&json!("a@b.example")));
}

fn read_as(claims: Value, reading: &ClaimMapping) -> Result<Claims, ClaimsError> {
    let mut all = json!({"iss": "https://i", "exp": 2_000});
    let all = all.as_object_mut().unwrap();
    all.extend(claims.as_object().unwrap().clone());
    Claims::from_members(all.clone(), reading)
}

#[test]
fn an_issuers_own_claims_are_read_in_its_order_and_no_others() {
    let reading = ClaimMapping {
        scopes: vec!["permissions".into(), "scope".into()],
        ..ClaimMapping::default()
    };
    for (claims, expected) in [
        (json!({"permissions": ["p"], "scope": "s"}), Some("p")),
        (json!({"scope": "s"}), Some("s")),
        (json!({"scp": ["s"]}), None),
    ] {
        let claims = read_as(claims, &reading).unwrap();
        assert_eq!(claims.scopes().next(), expected);
    }
    let error = read_as(json!({"permissions": 1}), &reading).unwrap_err();
    assert_eq!(error, ClaimsError::WrongType("permissions".into()));
}

#[test]
fn a_prefix_is_taken_off_once_and_only_where_a_name_is_left() {
    let reading = ClaimMapping {
        scope_prefixes: vec!["api://x/".into(), "api://x/y/".into()],
        ..ClaimMapping::default()
    };
    let claims = json!({"scope": "api://x/a api://x/api://x/b api://x/ api://z/c d"});
    let claims = read_as(claims, &reading).unwrap();
    let scopes: Vec<_> = claims.scopes().collect();
    assert_eq!(scopes, ["a", "api://x/b", "api://x/", "api://z/c", "d"]);
}

#[test]
fn another_claim_is_the_audience_only_where_there_is_no_aud() {
    let reading = ClaimMapping {
        audience: vec!["aud".into(), "client_id".into()],
        ..ClaimMapping::default()
    };
    let audience = |claims| read_as(claims, &reading).map(|claims| claims.audience().to_vec());
    assert_eq!(audience(json!({"client_id": "c"})).unwrap(), ["c"]);
    let both = json!({"aud": [], "client_id": "c"});
    assert_eq!(audience(both).unwrap(), [""; 0]);
    let wrong = audience(json!({"aud": null, "client_id": "c"})).unwrap_err();
    assert_eq!(wrong, ClaimsError::WrongType("aud".into()));
}
