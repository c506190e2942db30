//! The list of the checks of `toolgate check`: `docs/check.md`, and the same as JSON.

use std::io::{self, Write};

use serde_json::json;

use crate::checks::{Family, MATRIX};

/// The text before the tables.
const HEAD: &str = "\
# What `toolgate check` checks

`toolgate check <url>` checks the authorization of an MCP server from outside, in any
language. It shares no code with Toolgate's runtime.

This file is the output of `toolgate check --list`; a test compares the two.

```text
toolgate check https://mcp.example.com/mcp
toolgate check https://mcp.example.com/mcp --login
TOOLGATE_CHECK_TOKEN=\"$FEW $MORE\" toolgate check https://mcp.example.com/mcp --tool delete_file --json
```

- **fail**: a MUST is not met, an operation is open, or clients in use break. The exit code
  is 1.
- **warn**: a SHOULD is not met, or some clients work less well than they could. `--strict`
  makes the exit code 1.
- **note**: information; no action needed.

A file of `--credentials` has the tokens that some checks need, as one JSON object. Every member
is optional:

| member | meaning |
|---|---|
| `other_user` | a token of another user of the server |
| `other_resource` | a valid token of the same issuer, for another server |
| `bound`, `bound_key` | a token that is bound to a key, and that private P-256 key: PKCS #8 in PEM |
| `client_id`, `client_secret` | a client of the issuer that may use `client_credentials`, for `--grants` |

With `--grants`, a client is registered at the authorization server, unless that file names one.

A check that cannot be made is skipped, and the report says why. The exit code is 2 if the
server cannot be reached or the command line is wrong, otherwise 0.

Without a token, no tool is called and nothing is changed. `--tool` is called with each
token, so name a tool that may be called. With `--login` and without `--tool`, tools that
declare `readOnlyHint` are called until one is refused.

Use tokens that you can revoke: the first one is also sent in the query string, where the
server must refuse it and where logs of the server and of proxies may record it.

The text report ends with the checks to fix. With `--json`, the report is one object:

| member | meaning |
|---|---|
| `url` | the URL on the command line |
| `ok` | `true` if no check fails, otherwise `false`; the exit code without `--strict` |
| `summary` | the number of findings with each verdict: `fail`, `warn`, `note`, `pass`, `skipped` |
| `findings` | a list with one entry for each check of this document, in the same order |

Each finding has `id`, `verdict` (one of those five), `severity` (`fail`, `warn` or `note`:
the verdict if the check is violated), `requirement`, `source`, `seen` (what the server did,
or why the check was skipped) and `remedy`. Ids and members keep their names and meaning;
others may be added, so compare reports by `id` and `verdict`. Texts are for people and may
change.

\"Clients\" as a source means behaviour that was measured with clients in use, or read in
their code.
";

/// # Errors
///
/// If it cannot be written.
pub(crate) fn list_markdown(out: &mut impl Write) -> io::Result<()> {
    out.write_all(HEAD.as_bytes())?;
    write_families(out, MATRIX)
}

/// Writes a table for each family.
///
/// # Errors
///
/// If it cannot be written.
pub(crate) fn write_families(out: &mut impl Write, families: &[Family]) -> io::Result<()> {
    for family in families {
        writeln!(out, "\n## {}\n\n{}\n", family.name, family.about)?;
        writeln!(
            out,
            "| check | severity | what must hold | source | what to do |"
        )?;
        writeln!(out, "|---|---|---|---|---|")?;
        for check in family.checks {
            let cells = [
                &format!("`{}`", check.id),
                check.severity.name(),
                check.requirement,
                check.source,
                check.remedy,
            ];
            writeln!(
                out,
                "| {} |",
                cells.map(|cell| cell.replace('|', "\\|")).join(" | ")
            )?;
        }
    }
    Ok(())
}

/// # Errors
///
/// If it cannot be written.
pub(crate) fn list_json(out: &mut impl Write) -> io::Result<()> {
    let families = MATRIX
        .iter()
        .map(|family| json!({"name": family.name, "about": family.about, "checks": family.checks}));
    let families: Vec<_> = families.collect();
    serde_json::to_writer_pretty(&mut *out, &families)?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_check_list_matches_the_code() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/check.md");
        let published = std::fs::read_to_string(path).expect("docs/check.md");
        let mut output = Vec::new();
        list_markdown(&mut output).unwrap();
        assert!(
            published.as_bytes() == output,
            "run `cargo run -p toolgate-cli -- check --list > docs/check.md`"
        );
    }
}
