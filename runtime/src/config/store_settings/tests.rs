use super::*;
use crate::config::tests::start_errors;

#[cfg(feature = "redis")]
#[test]
fn a_server_with_a_store_and_without_a_state_key_does_not_start() {
    let told = start_errors(&[(STORE_URL, "redis://127.0.0.1:6379/0")]);
    assert!(
        told.contains("TOOLGATE_STATE_KEY is not set") && told.contains("openssl rand"),
        "{told}"
    );
}

#[cfg(feature = "redis")]
#[test]
fn an_invalid_url_is_an_error_that_does_not_print_its_password() {
    let told = start_errors(&[(STORE_URL, "http://user:geheim@store")]);
    assert!(told.contains("is not the URL of a Redis"), "{told}");
    assert!(!told.contains("geheim"), "{told}");
}

#[cfg(not(feature = "redis"))]
#[test]
fn without_the_feature_a_server_with_the_url_of_a_store_does_not_start() {
    let told = start_errors(&[(STORE_URL, "redis://user:geheim@127.0.0.1")]);
    assert!(told.contains("without the feature `redis`"), "{told}");
    assert!(!told.contains("geheim"), "{told}");
}

#[test]
fn revocations_may_be_a_minute_old_and_no_older() {
    let config = |most| Config::new("https://a.example/mcp").with_revocation_age(most);
    assert!(config(Duration::from_secs(60)).errors.is_empty());
    for most in [Duration::ZERO, Duration::from_secs(61)] {
        assert_eq!(config(most).errors.len(), 1, "{most:?}");
    }
}
