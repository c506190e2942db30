//! Functions that only one file may call: their results are proofs, but other crates can see them.

use super::{CRATES, is_test, sources};

/// Returns the files whose code, without tests, contains this text.
fn files_with(text: &str) -> Vec<String> {
    let folders = CRATES.into_iter().chain(["approval/src"]);
    let files = folders.flat_map(sources);
    let files = files.filter(|(file, source)| {
        // Test-only items before the test module count as code.
        let code = source.split("#[cfg(test)]\nmod tests {").next();
        !is_test(file) && code.is_some_and(|code| code.contains(text))
    });
    files.map(|(file, _)| file).collect()
}

#[test]
fn only_a_verified_proof_makes_a_proved_key() {
    let makers = files_with("ProvedKey::from_verified_proof");
    assert_eq!(makers, ["oauth/src/verify/dpop.rs"]);
}

#[test]
fn only_the_server_of_standard_input_makes_a_caller_without_a_token() {
    let makers = files_with("LocalOrigin::stated_by_program");
    assert_eq!(makers, ["runtime/src/server/stdio/local_caller.rs"]);
}

#[test]
fn only_the_gate_and_a_sign_in_say_with_which_credentials_a_token_came() {
    // The page of an approval compares the user of its own sign-in, and drops the token.
    let page = "approval/src/pages.rs";
    let makers = files_with(".sent_with(");
    assert_eq!(makers, ["runtime/src/gate/authorize.rs", page]);
}

#[test]
fn only_the_answer_of_a_decision_point_makes_a_permit_of_what_it_has_to_allow() {
    let makers = files_with(".into_permit(");
    assert_eq!(makers, ["runtime/src/gate/decision_point.rs"]);
}
