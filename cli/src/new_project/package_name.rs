//! Names that a package can have.

/// The longest name, in bytes.
const LONGEST: usize = 64;

/// Keywords, which cannot name a crate.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Names that Cargo refuses, or that the package depends on.
const TAKEN: &[&str] = &[
    "alloc",
    "build",
    "core",
    "deps",
    "examples",
    "incremental",
    "proc-macro",
    "proc_macro",
    "serde_json",
    "std",
    "test",
    "tokio",
    "toolgate",
    "toolgate-testing",
    "tracing",
];

/// Names of devices, which Windows reserves.
const DEVICES: &[&str] = &["aux", "con", "nul", "prn"];

/// # Errors
///
/// Returns why a package cannot have this name.
pub(super) fn check(name: &str) -> Result<(), String> {
    let no_name = |why: &str, remedy: &str| {
        Err(format!(
            "`{name}` is no name of a package: {why}; {remedy}, such as my-server"
        ))
    };
    let misspelt = |why| no_name(why, "write letters, digits, `-` and `_`");
    let refused = |why| no_name(why, "choose another name");
    if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return misspelt("it does not begin with a letter from a to z");
    }
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !name.bytes().all(is_part) {
        return misspelt("it has a character that is not allowed");
    }
    if name.len() > LONGEST {
        return refused("it has more than 64 characters");
    }
    let lower = name.to_ascii_lowercase();
    let is_port = |prefix| {
        let rest: Option<&str> = lower.strip_prefix(prefix);
        rest.is_some_and(|rest| matches!(rest.as_bytes(), [b'1'..=b'9']))
    };
    if KEYWORDS.contains(&&*lower) {
        return refused("it is a keyword of Rust");
    }
    if DEVICES.contains(&&*lower) || is_port("com") || is_port("lpt") {
        return refused("Windows reserves it");
    }
    if TAKEN.contains(&&*lower) {
        return refused("another package or folder has this name");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_a_package_is_one() {
        for good in ["demo", "my-server", "a1_b", "X", "commander", "com10"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn a_name_that_is_a_path_a_keyword_or_taken_is_refused() {
        let long = "a".repeat(65);
        for (bad, why) in [
            ("", "does not begin"),
            ("1a", "does not begin"),
            ("-a", "does not begin"),
            ("../a", "does not begin"),
            ("a/b", "not allowed"),
            ("a b", "not allowed"),
            ("a\n", "not allowed"),
            ("ä", "does not begin"),
            ("aß", "not allowed"),
            ("fn", "keyword"),
            ("Self", "keyword"),
            ("com1", "Windows"),
            ("tokio", "has this name"),
            ("test", "has this name"),
            (&long, "more than 64"),
        ] {
            let error = check(bad).unwrap_err();
            assert!(error.contains(why), "{bad}: {error}");
            let is_misspelt = ["does not begin", "not allowed"].contains(&why);
            assert_eq!(error.contains("write letters"), is_misspelt, "{error}");
            assert_eq!(
                error.contains("choose another name"),
                !is_misspelt,
                "{error}"
            );
        }
    }
}
