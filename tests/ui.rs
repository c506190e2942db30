//! Compile errors and accepted uses of the attributes.
//!
//! Each program in `ui/fail` has the expected output of one compiler, [`COMPILER`], next to it.
//! After a change, review the difference and accept it with `TRYBUILD=overwrite cargo test
//! -p toolgate-tests --test ui`. The first line of each program counts its errors, so that one
//! mistake stays one error.

use std::{
    env, fs,
    io::{Write, stderr},
    path::Path,
    process::Command,
};

/// The compiler whose words the `.stderr` files contain. Change it together with them.
const COMPILER: &str = "rustc 1.95.";

/// Returns whether the output of this compiler can be compared with the `.stderr` files.
///
/// Contributors may use any newer compiler, whose words differ: there, the comparison is
/// skipped. In CI (`.ci/run` sets `CI`) a skipped comparison would hide a wrong message forever,
/// so another compiler is a failure that says what to do.
fn is_compiler_of_the_texts() -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().unwrap();
    let version = String::from_utf8_lossy(&output.stdout);
    let version = version.trim();
    if version.starts_with(COMPILER) {
        return true;
    }
    let message = format!(
        "the .stderr files in tests/ui/fail are the output of {COMPILER}x, and this is {version}: use that compiler, or set COMPILER in tests/ui.rs to this one, run `TRYBUILD=overwrite cargo test -p toolgate-tests --test ui` and review the difference"
    );
    assert!(env::var_os("CI").is_none(), "{message}");
    // Not `eprintln!`: the harness hides its output if the test passes.
    let _ = writeln!(stderr(), "skipped: {message}");
    false
}

#[test]
fn mistakes_are_reported_with_their_fix() {
    let cases = trybuild::TestCases::new();
    if is_compiler_of_the_texts() {
        cases.compile_fail("ui/fail/*/*.rs");
    }
    // With every compiler.
    cases.pass("ui/pass/*.rs");
}

#[test]
fn one_mistake_is_one_error() {
    let mut counted = 0;
    for theme in fs::read_dir(Path::new("ui/fail")).unwrap() {
        for program in fs::read_dir(theme.unwrap().path()).unwrap() {
            let program = program.unwrap().path();
            if program
                .extension()
                .is_none_or(|extension| extension != "rs")
            {
                continue;
            }
            let text = fs::read_to_string(&program).unwrap();
            let expected = text
                .lines()
                .next()
                .and_then(|line| line.strip_prefix("// errors: "));
            let expected: usize = expected
                .unwrap_or_else(|| {
                    panic!(
                        "{} does not begin with `// errors: <number>`",
                        program.display()
                    )
                })
                .parse()
                .unwrap();
            let reported = fs::read_to_string(program.with_extension("stderr")).unwrap();
            let found = reported
                .lines()
                .filter(|line| line.starts_with("error"))
                .count();
            assert_eq!(found, expected, "{}\n{reported}", program.display());
            counted += found;
        }
    }
    assert!(counted > 60, "only {counted} errors are looked at");
}
