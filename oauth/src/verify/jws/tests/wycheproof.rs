//! Project Wycheproof's vectors, from the folder that `WYCHEPROOF_DIR` names. They are not
//! part of this project; without the variable the tests do nothing. This file is compiled only for
//! tests, where a panic fails the test.

use super::super::*;

fn check(file: &str) {
    let Some(folder) = std::env::var_os("WYCHEPROOF_DIR") else {
        return;
    };
    let text = std::fs::read(std::path::Path::new(&folder).join(file)).unwrap();
    let vectors: Value = serde_json::from_slice(&text).unwrap();
    let mut checked = 0;
    for group in vectors["testGroups"].as_array().unwrap() {
        let mut keys = group
            .get("public")
            .or(group.get("private"))
            .unwrap()
            .clone();
        if keys.get("keys").is_none() {
            keys = serde_json::json!({"keys": [keys]});
        }
        let set = Jwks::parse(keys.to_string().as_bytes()).unwrap();
        for test in group["tests"].as_array().unwrap() {
            let id = test["tcId"].as_u64().unwrap();
            // A JSON serialization is an object, not a text that could be a bearer token.
            let token = test["jws"].as_str().unwrap_or_default();
            let accepted = Jws::parse(token)
                .is_ok_and(|jws| jws.check_signature(&set) == SignatureCheck::Genuine);
            let valid = test["result"] == "valid" && exception(&keys["keys"][0], id).is_none();
            assert_eq!(accepted, valid, "{file} {id} {}", test["comment"]);
            checked += 1;
        }
    }
    assert_eq!(checked, vectors["numberOfTests"].as_u64().unwrap());
}

/// Why a valid vector is refused here.
fn exception(key: &Value, id: u64) -> Option<&'static str> {
    match (key["kty"].as_str()?, id) {
        ("oct", _) => Some("HMAC is never accepted"),
        ("EC", 347 | 351) => Some("ES512 is not in the list, and the key's alg is misspelt"),
        ("RSA", 346 | 350) => Some("the key is for PS256 and the token says PS384"),
        _ => None,
    }
}

#[test]
fn signatures_are_validated_as_published() {
    check("json_web_signature_test.json");
}

#[test]
fn key_sets_are_validated_as_published() {
    check("json_web_key_test.json");
}
