//! The challenge grammar: what senders may and may not generate.

use super::*;

fn one(value: &str) -> Challenge {
    let mut all = Challenge::read_all(value.as_bytes()).expect(value);
    assert_eq!(all.len(), 1, "{value}");
    all.remove(0)
}

#[test]
fn valid_headers_are_parsed() {
    let challenge = one(r#"Bearer error="invalid_token", Scope="a b",realm=x , d="q\"\\ ä""#);
    assert!(challenge.is_bearer());
    assert_eq!(challenge.get("error"), Some("invalid_token"));
    assert_eq!(challenge.get("scope"), Some("a b"));
    assert_eq!(challenge.get("realm"), Some("x"));
    assert_eq!(challenge.get("d"), Some("q\"\\ ä"));
    assert_eq!(one("bearer").parameters, []);
    assert_eq!(one("Negotiate YWJj==").parameters, []);
}

#[test]
fn a_comma_ends_a_parameter_or_a_challenge() {
    let all = Challenge::read_all(br#"Bearer a="1", b=2, Basic realm="x", Negotiate, DPoP"#);
    let all = all.expect("four challenges");
    let schemes: Vec<_> = all.iter().map(|challenge| &*challenge.scheme).collect();
    assert_eq!(schemes, ["Bearer", "Basic", "Negotiate", "DPoP"]);
    assert_eq!(all[0].parameters.len(), 2);
    assert_eq!(all[1].get("realm"), Some("x"));
    assert_eq!(all[2].parameters, []);
}

#[test]
fn invalid_headers_are_errors() {
    for value in [
        "",
        ",",
        "Bearer,",
        "Bearer a=1,",
        "Bearer a=1,,b=2",
        "Bearer a=1 b=2",
        "Bearer a = 1",
        "Bearer a=\"1",
        "Bearer a=\"1\\",
        "Bearer a=\"1\"b=2",
        "Bearer a=1, A=2",
        "Bearer scope=news:read",
        "Bearer resource_metadata=https://a.example/x",
        "Bearer \"a\"",
        "Bearer a=\"\u{1}\"",
        "=x",
    ] {
        assert!(Challenge::read_all(value.as_bytes()).is_err(), "{value}");
    }
}

#[test]
fn scopes_are_split_at_the_space_alone() {
    assert_eq!(scope_tokens("a b:c"), Ok(vec!["a", "b:c"]));
    for scope in [
        "", " ", "a  b", "a ", "a\u{a0}b", "a\tb", "a\"b", "a\\b", "ä",
    ] {
        assert!(scope_tokens(scope).is_err(), "{scope:?}");
    }
}

#[test]
fn the_first_match_is_what_a_regular_expression_finds() {
    let raw = r#"Bearer error_description="needs scope=x now", scope="a b""#;
    assert_eq!(first_match(raw, "scope").as_deref(), Some("x"));
    assert_eq!(
        first_match(r#"Bearer scope="a b""#, "scope").as_deref(),
        Some("a b")
    );
    assert_eq!(
        first_match("Bearer scope=a, b=c", "scope").as_deref(),
        Some("a")
    );
    assert_eq!(first_match("Bearer", "scope"), None);
}
