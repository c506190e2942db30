//! The table of log lines, compared with the sources.

use std::{collections::BTreeSet, fs, path::Path};

use crate::page::{Page, root};

/// The level, the target and the message of a log line. The target is empty if it is the module.
type Line = (String, String, String);

/// Returns the log lines of a source.
fn lines_of(source: &str) -> Vec<Line> {
    let source = source
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let calls = source.split("tracing::").skip(1).filter_map(|call| {
        let (level, rest) = call.split_once("!(")?;
        let levels = ["error", "warn", "info", "debug", "trace"];
        levels.contains(&level).then(|| (level.to_owned(), rest))
    });
    calls
        .map(|(level, rest)| {
            let (mut target, mut message) = (String::new(), String::new());
            for (before, text) in texts(rest) {
                if before.ends_with("target:") {
                    target = text;
                } else if before.is_empty() || before.ends_with(',') {
                    message = text;
                }
            }
            (level, target, message)
        })
        .collect()
}

/// Returns the texts that are arguments of a call, each with what is before it.
fn texts(call: &str) -> Vec<(String, String)> {
    let (mut found, mut depth, mut before) = (Vec::new(), 1, String::new());
    let mut chars = call.chars();
    while let Some(char) = chars.next() {
        match char {
            '"' => {
                let mut text = String::new();
                while let Some(char) = chars.next().filter(|&char| char != '"') {
                    text.push(char);
                    if char == '\\' {
                        text.extend(chars.next());
                    }
                }
                if depth == 1 {
                    found.push((before.trim().to_owned(), text));
                }
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        before.push(char);
    }
    found
}

/// Returns the log lines of the sources in a folder.
fn sources(folder: &Path) -> BTreeSet<Line> {
    let (mut found, mut open) = (BTreeSet::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            let is_tests = path.ends_with("tests") || path.ends_with("tests.rs");
            if path.is_dir() && !is_tests {
                open.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") && !is_tests {
                found.extend(lines_of(&fs::read_to_string(&path).expect("a source")));
            }
        }
    }
    found
}

#[test]
fn every_log_line_is_in_the_table_and_the_table_has_no_other() {
    let page = Page::read("operating/logs.md");
    let unquoted = |cell: &str| cell.trim_matches('`').trim().to_owned();
    let rows = page.rows("level").into_iter().map(|row| {
        let target = if row[1] == "module" {
            String::new()
        } else {
            unquoted(row[1])
        };
        assert!(row[3].len() > 5, "{row:?} does not say what to do");
        (row[0].to_owned(), target, unquoted(row[2]))
    });
    let told: BTreeSet<Line> = rows.collect();
    let mut logged = sources(&root().join("runtime/src"));
    for crate_folder in [
        "admin/src",
        "approval/src",
        "core/src",
        "config/src",
        "oauth/src",
        "development-issuer/src",
        "store/src",
        "store-redis/src",
        "cedar/src",
        "traces/src",
    ] {
        logged.extend(sources(&root().join(crate_folder)));
    }
    // The audit log has a section of its own.
    logged.retain(|(_, target, message)| !(target == "toolgate::audit" && message.is_empty()));
    let missing: Vec<_> = logged.difference(&told).collect();
    let stale: Vec<_> = told.difference(&logged).collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "missing: {missing:#?}\nstale: {stale:#?}"
    );
    assert!(logged.len() > 40, "only {} lines", logged.len());
}

/// Returns the texts in the body of a method.
fn texts_of(file: &str, method: &str) -> Vec<String> {
    let source = fs::read_to_string(root().join(file)).expect(file);
    let (_, body) = source.split_once(method).expect(method);
    let body = body.split("\n    }\n").next().unwrap_or_default();
    body.split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_decision_of_the_audit_log_is_in_the_table() {
    let page = Page::read("operating/logs.md");
    let rows = page.rows("decision");
    let told: BTreeSet<_> = rows
        .iter()
        .flat_map(|row| row[0].split('`').skip(1).step_by(2))
        .collect();
    let outcomes = texts_of("runtime/src/gate/refusal.rs", "fn outcome(&self)");
    let codes = texts_of("oauth/src/challenge.rs", "fn as_str(self)");
    let mut all: BTreeSet<_> = outcomes.iter().chain(&codes).map(String::as_str).collect();
    all.extend(["admitted", "not_found", "not_admitted"]);
    assert_eq!(told, all);
}

#[test]
fn a_log_line_is_read_with_its_target() {
    let source = r#"
        tracing::warn!(target: "a::b", tool, error = %text("x"), "it \"failed\": {why}");
        tracing::info!("started");
        tracing::info!(target: "audit", outcome, reason = clip("y"),);
    "#;
    let line = |level: &str, target: &str, message: &str| {
        (level.to_owned(), target.to_owned(), message.to_owned())
    };
    assert_eq!(
        lines_of(source),
        [
            line("warn", "a::b", "it \\\"failed\\\": {why}"),
            line("info", "", "started"),
            line("info", "audit", ""),
        ]
    );
}
