//! Compile errors and accepted uses of the attributes.
//!
//! Each program in `ui/fail` has the expected compiler output of the pinned toolchain beside
//! it. After a change, review the difference and accept it with `TRYBUILD=overwrite cargo test
//! -p toolgate-tests --test ui`. The first line of each program counts its errors, so that one
//! mistake stays one error.

use std::{fs, path::Path};

#[test]
fn mistakes_are_reported_with_their_fix() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/fail/*/*.rs");
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
