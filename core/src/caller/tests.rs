use super::*;
use crate::clock::UnixTime;
use crate::scope::Scope;
use serde_json::json;
use std::time::Duration;

const NOW: u64 = 1_800_000_000;

fn accept(change: serde_json::Value, now: u64) -> Result<Caller, TokenRejection> {
    let mut all =
        json!({"iss": "https://i", "sub": "s", "aud": ["x", "https://r/mcp"], "exp": NOW + 60});
    all.as_object_mut()
        .unwrap()
        .extend(change.as_object().unwrap().clone());
    let claims = Claims::from_json(all.to_string().as_bytes()).unwrap();
    let token = VerifiedToken::new(claims, &ScopeTable::default());
    TokenPolicy::new(["https://i"], ["https://r/mcp", "res_1"])
        .accept(token, UnixTime::from_seconds(now))
        .map(Accepted::into_caller)
        .map_err(|(reason, _)| reason)
}

#[test]
fn issuer_and_audience_are_compared_character_for_character() {
    for issuer in ["https://i/", "https://I", "http://i", "https://ii"] {
        assert_eq!(
            accept(json!({"iss": issuer}), NOW).unwrap_err(),
            TokenRejection::Issuer
        );
    }
    for audience in [
        json!("https://r/mcp/"),
        json!("https://r/MCP"),
        json!(["https://r"]),
    ] {
        assert_eq!(
            accept(json!({"aud": audience}), NOW).unwrap_err(),
            TokenRejection::Audience
        );
    }
    let nobody = accept(json!({"aud": []}), NOW).unwrap_err();
    assert_eq!(nobody, TokenRejection::NoAudience);
    assert!(accept(json!({"aud": "res_1"}), NOW).is_ok());
}

#[test]
fn a_token_without_audience_is_for_nobody() {
    let claims = Claims::new("https://i", UnixTime::from_seconds(NOW + 9)).with_subject("s");
    let token = VerifiedToken::new(claims, &ScopeTable::default());
    let result = TokenPolicy::new(["https://i"], ["a"]).accept(token, UnixTime::from_seconds(NOW));
    assert_eq!(result.unwrap_err().0, TokenRejection::NoAudience);
}

#[test]
fn the_hour_is_validated_to_the_second() {
    assert!(accept(json!({}), NOW + 60 + 29).is_ok());
    assert_eq!(
        accept(json!({}), NOW + 60 + 30).unwrap_err(),
        TokenRejection::Expired
    );
    assert!(accept(json!({"nbf": NOW + 30}), NOW).is_ok());
    assert_eq!(
        accept(json!({"nbf": NOW + 31}), NOW).unwrap_err(),
        TokenRejection::NotYetValid
    );
    assert!(accept(json!({"iat": NOW + 30}), NOW).is_ok());
    assert_eq!(
        accept(json!({"iat": NOW + 31}), NOW).unwrap_err(),
        TokenRejection::IssuedInFuture
    );
}

#[test]
fn leeway_has_a_ceiling() {
    let claims = Claims::new("https://i", UnixTime::from_seconds(NOW))
        .with_subject("s")
        .with_audience("a");
    let token = VerifiedToken::new(claims, &ScopeTable::default());
    let lax = TokenPolicy::new(["https://i"], ["a"]).with_leeway(Duration::MAX);
    let accept = |now| lax.accept(Arc::clone(&token), UnixTime::from_seconds(now));
    assert!(accept(NOW + 299).is_ok());
    assert!(accept(NOW + 300).is_err());
}

#[test]
fn identity_is_issuer_and_subject_and_not_the_token() {
    let one = accept(json!({"jti": "1"}), NOW).unwrap().identity();
    assert_eq!(
        one,
        accept(json!({"jti": "2", "client_id": "c"}), NOW)
            .unwrap()
            .identity()
    );
    assert_ne!(one, accept(json!({"sub": "t"}), NOW).unwrap().identity());
}

#[test]
fn a_scope_is_had_by_name_or_by_what_implies_it() {
    let (admin, read) = (Scope::new("todo:admin"), Scope::new("todo:read"));
    let table = ScopeTable::with_hierarchy([read], &[(admin, vec![read])]).unwrap();
    let has = |scopes: &str, asked: &str| {
        let claims =
            json!({"iss": "https://i", "sub": "s", "aud": "a", "exp": NOW, "scope": scopes});
        let claims = Claims::from_json(claims.to_string().as_bytes()).unwrap();
        let token = AcceptedToken(VerifiedToken::new(claims, &table));
        Accepted::Bearer(token).into_caller().has(asked)
    };
    assert!(has("todo:admin", "todo:read"));
    assert!(!has("todo:read", "todo:admin"));
    assert!(has("elsewhere", "elsewhere"));
    assert!(!has("todo:admin", "todo:"));
}

#[test]
fn a_client_is_never_taken_for_a_subject_of_the_same_name() {
    let claims = Claims::new("https://i", UnixTime::from_seconds(NOW + 9))
        .with_client_id("s")
        .with_audience("https://r/mcp");
    let token = VerifiedToken::new(claims, &ScopeTable::default());
    let token_policy = TokenPolicy::new(["https://i"], ["https://r/mcp"]);
    let client = token_policy
        .accept(token, UnixTime::from_seconds(NOW))
        .unwrap()
        .into_caller();
    assert_ne!(
        client.identity(),
        accept(json!({}), NOW).unwrap().identity()
    );
}

#[test]
fn a_token_of_nobody_is_refused() {
    let claims = Claims::new("https://i", UnixTime::from_seconds(NOW + 9)).with_audience("a");
    let token = VerifiedToken::new(claims, &ScopeTable::default());
    let result = TokenPolicy::new(["https://i"], ["a"]).accept(token, UnixTime::from_seconds(NOW));
    assert_eq!(result.unwrap_err().0, TokenRejection::NoIdentity);
}
