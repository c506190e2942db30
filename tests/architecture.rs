//! Checks the architecture that ARCHITECTURE.md describes: layers, sizes, and which modules may
//! read the clock.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

#[path = "architecture/import_graph.rs"]
mod import_graph;
#[path = "architecture/layers.rs"]
mod layers;
#[path = "architecture/sole_makers.rs"]
mod sole_makers;

use layers::{APART, LAYERS};

/// The crates of a server. None depends on a later one; Cargo refuses such a cycle.
const CRATES: [&str; 4] = ["core/src", "oauth/src", "config/src", "runtime/src"];

/// The core makes all decisions. It has no I/O and no async, and only one of its files knows HTTP.
/// It does not depend on rmcp: `READS_OPERATIONS` reads the operation of a message.
const CORE: &str = "core/src";
const READS_OPERATIONS: &str = "runtime/src/operation.rs";

/// Files of the core that decide nothing about a token, a caller or an operation. The module
/// `denial` is one of them.
const UNDECIDING: &[&str] = &[
    "lib",
    "fuzzing",
    "clock",
    "start_error",
    "log_text",
    "log_text/redaction",
    "loopback",
    "access/conditions",
    "access/conditions/text",
    "access/requested_scopes",
    "authorization/accessors",
    "authorization/authorized_parameters",
    "authorization/denial",
    "authorization/requested_scopes",
    "credentials/bearer_error",
    "caller/accessors",
    "caller/test_caller",
    "caller/token_rejection",
    "claims/accessors",
    "claims/actor",
    "claims/claims_error",
    "scope/declared_scopes",
    "scope/scope_error",
];

/// The most lines of a file, documentation and tests included.
const CEILING: usize = 400;

/// The most lines of code, without documentation, in the modules that decide, so that one
/// person can review them in one sitting. About 120 of them keep a bound token from being used
/// as a bearer token.
const CORE_CEILING: usize = 1_850;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests are a folder of the workspace")
        .to_owned()
}

/// Returns every Rust file below a folder of the workspace, with its text.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the workspace can be read") {
            let path = entry.expect("its entries as well").path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let name = path.strip_prefix(root()).expect("it is below the root");
                let text = fs::read_to_string(&path).expect("source is text");
                found.push((name.display().to_string().replace('\\', "/"), text));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{folder} has no source");
    found
}

/// Returns the path of a file within its crate: `runtime/src/gate/body.rs` is `gate/body.rs`.
fn inside(file: &str) -> &str {
    file.split_once("/src/").map_or(file, |(_, inside)| inside)
}

/// Returns the crate module that a file belongs to: `runtime/src/gate/body.rs` to `gate`.
fn module(file: &str) -> &str {
    let inside = inside(file);
    let end = inside.find(['/', '.']).unwrap_or(inside.len());
    &inside[..end]
}

/// Whether a file is compiled only for tests or for a fuzzer.
fn is_test(file: &str) -> bool {
    file.contains("/tests/") || file.ends_with("/tests.rs") || file.ends_with("/fuzzed.rs")
}

fn is_code(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with("//")
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Splits a group `a::{b, c}, d}` into its parts, up to the closing brace.
fn parts(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_usize, 0, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                parts.push(&group[start..at]);
                parts.retain(|part| !part.trim().is_empty());
                return parts;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    vec![group]
}

/// Returns the modules that a text names with `crate::…`, with their lines.
fn named(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let code: Vec<&str> = text
        .lines()
        .map(|line| {
            if line.trim_start().starts_with("//") {
                ""
            } else {
                line
            }
        })
        .collect();
    let joined = code.join("\n");
    for (at, _) in joined.match_indices("crate::") {
        let line = joined[..at].lines().count();
        let rest = &joined[at + "crate::".len()..];
        let group = match rest.strip_prefix('{') {
            Some(group) => group,
            None => rest.split(|c: char| !is_name(c)).next().unwrap_or_default(),
        };
        for part in parts(group) {
            let name: String = part.trim().chars().take_while(|&c| is_name(c)).collect();
            found.push((line, name));
        }
    }
    found
}

/// Files of public modules that re-export items of a higher layer for users. Their `pub use`
/// of that layer is no import: nothing in the crate names an item by that path.
const FACADES: &[(&str, &str)] = &[("runtime/src/gate.rs", "pub use crate::server::{")];

/// The text of a file without the `pub use` that makes it a facade.
fn without_facade(file: &str, text: String) -> String {
    let Some((_, start)) = FACADES.iter().find(|(facade, _)| *facade == file) else {
        return text;
    };
    let (before, rest) = text.split_once(start).expect("a facade has its `pub use`");
    let (_, after) = rest.split_once("};").expect("a `pub use` ends");
    format!("{before}{after}")
}

#[test]
fn a_module_names_lower_layers_only() {
    let layers: BTreeMap<_, _> = LAYERS.iter().copied().collect();
    let mut faults = Vec::new();
    for (file, text) in CRATES.into_iter().flat_map(sources) {
        let text = without_facade(&file, text);
        let own = module(&file);
        // The root, the modules for expansions and fuzz targets, and the public modules that
        // only re-export are above all layers.
        if matches!(
            own,
            "lib" | "private" | "fuzzing" | "auth" | "guide" | "interaction" | "store" | "tests"
        ) {
            continue;
        }
        let Some(&layer) = layers.get(own) else {
            faults.push(format!(
                "{file}: the module `{own}` has no layer in {}",
                file!()
            ));
            continue;
        };
        // A test may use higher layers to build what it needs.
        let code = text
            .split("#[cfg(test)]\nmod tests {")
            .next()
            .unwrap_or(&text);
        if file.ends_with("/tests.rs") || file.contains("/tests/") {
            continue;
        }
        for (line, name) in named(code) {
            let is_above = layers
                .get(name.as_str())
                .is_some_and(|&named| named > layer);
            if is_above || APART.contains(&(own, name.as_str())) {
                faults.push(format!("{file}:{line}: `{own}` must not name `{name}`"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn files_do_not_import_each_other_in_circles() {
    let mut found = Vec::new();
    for folder in CRATES.into_iter().chain(["macros/src"]) {
        let inside = |file: String| inside(&file).to_owned();
        let files = sources(folder).into_iter();
        let files = files.filter(|(file, _)| !is_test(file));
        let plain = |(file, text): (String, String)| {
            let text = without_facade(&file, text);
            (inside(file), text)
        };
        let files: Vec<_> = files.map(plain).collect();
        for circle in import_graph::circles(&files) {
            found.push(format!("{folder}: {}", circle.join(", ")));
        }
    }
    assert!(
        found.is_empty(),
        "files that import each other; move what they share to a file of its own:\n{}",
        found.join("\n")
    );
}

#[test]
fn the_trusted_core_is_pure_and_small() {
    let mut lines = 0;
    let files = CRATES.into_iter().flat_map(sources);
    let files = files.filter(|(file, _)| !is_test(file));
    for (file, text) in files {
        let is_reader = file == READS_OPERATIONS;
        if !file.starts_with(CORE) && !is_reader {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or(&text);
        let inside = inside(&file).trim_end_matches(".rs");
        if !UNDECIDING.contains(&inside) && module(&file) != "denial" {
            lines += code.lines().filter(|line| is_code(line)).count();
        }
        for forbidden in [
            "async fn",
            "async move",
            ".await",
            "tokio::",
            "std::net::Tcp",
            "std::fs",
            "std::env",
        ] {
            assert!(!code.contains(forbidden), "{file} has `{forbidden}`");
        }
        assert!(
            is_reader || !code.contains("rmcp::"),
            "{file} knows rmcp; only {READS_OPERATIONS} may"
        );
        if module(&file) != "credentials" {
            assert!(
                !code.contains("http::"),
                "{file} knows HTTP; only credentials.rs may"
            );
        }
    }
    assert!(
        lines <= CORE_CEILING,
        "the trusted core has {lines} lines of code"
    );
}

#[test]
fn a_file_owns_one_noun_and_fits_on_a_few_screens() {
    let mut sizes = Vec::new();
    for folder in [
        "approval/src",
        "audit",
        "authzen",
        "cedar",
        "config/src",
        "core/src",
        "development-issuer/src",
        "docs-page/src",
        "json-schema/src",
        "macros/src",
        "metrics/src",
        "traces/src",
        "oauth/src",
        "runtime/src",
        "testing",
        "examples",
        "fuzz/checks",
        "tests",
    ] {
        for (file, text) in sources(folder) {
            let lines = text.lines().count();
            assert!(
                lines <= CEILING,
                "{file} has {lines} lines, and {CEILING} are the ceiling"
            );
            assert!(!file.ends_with("/mod.rs"), "{file}: name it by its noun");
            sizes.push(lines);
        }
    }
    sizes.sort_unstable();
    let median = sizes[sizes.len() / 2];
    assert!(median <= 200, "the median file has {median} lines");
}

#[test]
fn only_the_clock_asks_what_time_it_is() {
    let others = [
        "approval/src",
        "audit/src",
        "authzen/src",
        "cedar/src",
        "development-issuer/src",
        "docs-page/src",
        "json-schema/src",
        "metrics/src",
        "traces/src",
    ];
    let others = others.into_iter().flat_map(sources);
    let files = CRATES.into_iter().flat_map(sources);
    for (file, text) in files.chain(others) {
        if file == "core/src/clock.rs" {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            assert!(
                !line.contains("SystemTime::now") && !line.contains("std::time::Instant"),
                "{file}:{} asks what time it is",
                number + 1
            );
        }
    }
}

#[test]
fn the_reading_of_imports_finds_what_is_imported() {
    // Checks the parser itself: one that finds nothing would pass every test.
    assert_eq!(
        named("use crate::{\n    a::{b, c},\n    d,\n    e::f,\n};\nfn g() { crate::h::i() }"),
        [
            (1, "a".to_owned()),
            (1, "d".to_owned()),
            (1, "e".to_owned()),
            (6, "h".to_owned())
        ]
    );
}
