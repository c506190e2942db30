//! Server authorization, as the pending scenarios of the official conformance suite describe it:
//! `toolgate check` against the example `everything`, which is open, verifies JWTs, or asks the
//! issuer about opaque tokens.
//!
//! `docs/interop.md` contains the counts. `UPDATE_SNAPSHOT=1` writes them.

mod server;

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;

use server::{Mode, check};

/// The families that the scenarios are about, with their title in the table.
const SCENARIOS: [(&str, &str); 8] = [
    ("operations", "step-up challenge for each operation"),
    ("stepup", "step-up of a tool, in both lifecycles"),
    ("audience", "audience of tokens"),
    ("dpop", "DPoP proofs"),
    ("isolation", "isolation of sessions"),
    ("batches", "no batches from 2025-06-18 on"),
    ("tokens", "invalid tokens"),
    ("grants", "announced grants"),
];

/// Returns whether a check may be skipped in a mode. All other checks must pass.
fn may_skip(mode: Mode, id: &str) -> bool {
    match mode {
        // Nothing needs a token, so only what every server must do is left.
        Mode::Open => !id.starts_with("batches.") && id != "isolation.ids",
        // The mock issuer announces no grants of programs; the next test checks them.
        Mode::Jwt => id.starts_with("grants."),
        // There is nothing to change in an opaque token, and no scope to read.
        Mode::Opaque => {
            id.starts_with("grants.") || matches!(id, "tokens.tampered" | "stepup.union")
        }
    }
}

#[tokio::test]
async fn the_scenarios_of_server_authorization_pass_in_every_mode() {
    let mut columns = Vec::new();
    for mode in Mode::ALL {
        let report = check(mode).await;
        let mut counts = BTreeMap::<String, (usize, usize)>::new();
        for finding in report["findings"].as_array().expect("findings") {
            let id = finding["id"].as_str().expect("an id");
            let family = id.split('.').next().expect("a family");
            if SCENARIOS.iter().all(|(own, _)| *own != family) {
                continue;
            }
            let verdict = finding["verdict"].as_str().expect("a verdict");
            let is_right = match may_skip(mode, id) {
                true => matches!(verdict, "pass" | "skipped"),
                false => verdict == "pass",
            };
            // Without `grant_types_supported` a client knows the default only.
            assert!(
                is_right || id == "grants.announced",
                "{mode:?}: {finding:#}"
            );
            let count = counts.entry(family.to_owned()).or_default();
            match verdict {
                "pass" => count.0 += 1,
                _ => count.1 += 1,
            }
        }
        columns.push(counts);
    }
    let mut table = "| scenario | open | JWT | opaque token |\n|---|---|---|---|\n".to_owned();
    for (family, title) in SCENARIOS.iter().filter(|(family, _)| *family != "grants") {
        let cells = columns.iter().map(|counts| match counts[*family] {
            (0, _) => "–".to_owned(),
            (passed, 0) => format!("{passed} pass"),
            (passed, skipped) => format!("{passed} pass, {skipped} skipped"),
        });
        let cells: Vec<_> = cells.collect();
        table += &format!("| `{family}`: {title} | {} |\n", cells.join(" | "));
    }
    assert_in_document(&table);
}

/// The development issuer registers a program, and issues its tokens, with and without a key.
#[tokio::test]
async fn the_grants_of_the_development_issuer_work() {
    let report = server::check_development_issuer().await;
    let findings = report["findings"].as_array().expect("findings");
    for family in ["grants", "dpop"] {
        let own = findings.iter().filter(|finding| {
            let id = finding["id"].as_str().expect("an id");
            id.starts_with(&format!("{family}."))
        });
        let own: Vec<&Value> = own.collect();
        assert!(!own.is_empty());
        for finding in own {
            assert_eq!(finding["verdict"], "pass", "{finding:#}");
        }
    }
}

/// Compares the table with the one in `docs/interop.md`.
fn assert_in_document(table: &str) {
    const BEGIN: &str = "## Server authorization\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/interop.md");
    let page = fs::read_to_string(&path).expect("docs/interop.md");
    let (before, rest) = page.split_once(BEGIN).expect("the section");
    let (text, rest) = rest.split_once("| scenario |").expect("its table");
    let (_, after) = rest.split_once("\n\n").expect("the next section");
    let expected = format!("{before}{BEGIN}{text}{table}\n{after}");
    if std::env::var_os("UPDATE_SNAPSHOT").is_some() {
        fs::write(&path, &expected).expect("docs/interop.md can be written");
    }
    assert!(
        page == expected || std::env::var_os("UPDATE_SNAPSHOT").is_some(),
        "docs/interop.md differs; run this test again with UPDATE_SNAPSHOT=1:\n{table}"
    );
}
