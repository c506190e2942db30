//! The list of this command's checks: `docs/doctor.md`.

use std::io::{self, Write};

use crate::report::write_families;

use super::{OWN, mistakes::MISTAKES};

/// The text before the tables.
const HEAD: &str = "\
# What `toolgate doctor` checks

`toolgate doctor -- <program> [arguments]` finds mistakes in the settings of a server that is built
with Toolgate and uses `toolgate::cli`.

This file is the output of `toolgate doctor --list`; a test compares the two.

```text
toolgate doctor -- target/release/demo
TOOLGATE_RESOURCE=https://mcp.example.com/mcp toolgate doctor --json -- ./demo
```

It runs the program with `--print-config --json`, `--print-metadata` and `--print-scopes`, in this
folder and with this environment. The program reports the errors of its own settings. Then the
command looks from outside: at each authorization server, and at the public address of the
resource. It also asks the server directly, at the address that the program listens on, to tell a
proxy's mistake from the server's.

It does not start the server, sends only a token that cannot be valid, registers no client and
changes nothing. Secrets are not read: the program leaves them out of what it prints.

It also runs the families `issuer` (for each authorization server), `challenge`,
`metadata`, `cors` and `host` of [`toolgate check`](check.md), where the severities and the JSON
report are described; `url` is the program and its resource. The exit code is 0 if no check fails, 1
if one fails (with `--strict`, also if one warns), and 2 if the command line is wrong.
";

/// The text before the table of mistakes.
const MISTAKES_HEAD: &str = "\
Each of these was planted in a program, its authorization server, a proxy or the running server, and
is found by the named check.";

/// # Errors
///
/// If it cannot be written.
pub(super) fn write(out: &mut impl Write) -> io::Result<()> {
    out.write_all(HEAD.as_bytes())?;
    write_families(out, OWN)?;
    writeln!(out, "\n## Mistakes\n\n{MISTAKES_HEAD}\n")?;
    writeln!(out, "| mistake | check |\n|---|---|")?;
    for (id, mistake) in MISTAKES {
        let check = id.split('/').next().unwrap_or_default();
        writeln!(out, "| {mistake} | `{check}` |")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::MATRIX;

    #[test]
    fn the_published_check_list_matches_the_code() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/doctor.md");
        let published = std::fs::read_to_string(path).unwrap_or_default();
        let mut output = Vec::new();
        write(&mut output).unwrap();
        assert!(
            published.as_bytes() == output,
            "run `cargo run -p toolgate-cli -- doctor --list > docs/doctor.md`"
        );
    }

    #[test]
    fn ids_are_unique_and_named_after_their_family() {
        let checks = MATRIX.iter().chain(OWN).flat_map(|family| {
            let name = family.name;
            family.checks.iter().map(move |check| (name, check))
        });
        let mut ids = Vec::new();
        for (family, check) in checks {
            assert_eq!(check.family(), family);
            assert!(!ids.contains(&check.id), "{}", check.id);
            ids.push(check.id);
            for text in [check.requirement, check.source, check.remedy] {
                assert!(!text.is_empty(), "{}", check.id);
            }
        }
    }
}
