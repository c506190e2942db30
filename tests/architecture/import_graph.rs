//! Which source file imports which, and the circles in that graph.
//!
//! Reads `use` declarations and paths that begin with `crate::`, `super::` or `self::`. A name
//! that a module re-exports counts as an import of the file that defines it, so a circle cannot
//! hide behind the parent of two siblings.

use std::collections::{BTreeMap, BTreeSet};

/// The path of a module within its crate.
type Module = Vec<String>;

/// A path in a source file: its segments, and the name that a `use` gives to it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Import {
    segments: Vec<String>,
    name: Option<String>,
}

/// Returns the circles of a crate, each as a list of its files, sorted. `files` are the paths
/// below the crate's `src`, with their text. A module and one of its descendants may import
/// each other.
pub(crate) fn circles(files: &[(String, String)]) -> Vec<Vec<String>> {
    let modules: BTreeMap<Module, Vec<Import>> = files
        .iter()
        .map(|(file, text)| (module_of(file), imports(&code_of(text))))
        .collect();
    let mut edges: BTreeMap<&Module, BTreeSet<&Module>> = BTreeMap::new();
    for (module, imports) in &modules {
        let targets = imports
            .iter()
            .filter_map(|import| resolve(&modules, module, &import.segments, 0))
            .filter(|target| !target.starts_with(module) && !module.starts_with(target));
        edges.insert(module, targets.collect());
    }
    let mut circles = Vec::new();
    let mut seen = BTreeSet::new();
    for &module in edges.keys() {
        if seen.contains(module) {
            continue;
        }
        let reached = reachable(&edges, module);
        let circle: Vec<_> = reached
            .iter()
            .copied()
            .filter(|other| reachable(&edges, other).contains(module))
            .collect();
        if reached.contains(module) {
            seen.extend(circle.iter().copied());
            circles.push(circle.into_iter().map(|module| module.join("/")).collect());
        }
    }
    circles
}

/// Returns the modules that a module reaches over one edge or more.
fn reachable<'m>(
    edges: &BTreeMap<&'m Module, BTreeSet<&'m Module>>,
    start: &Module,
) -> BTreeSet<&'m Module> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&'m Module> = edges.get(start).into_iter().flatten().copied().collect();
    while let Some(module) = open.pop() {
        if reached.insert(module) {
            open.extend(edges.get(module).into_iter().flatten());
        }
    }
    reached
}

/// Returns the module of a file: `gate/body.rs` is `gate::body`, `lib.rs` the root.
fn module_of(file: &str) -> Module {
    let path = file.trim_end_matches(".rs");
    match path {
        "lib" | "main" => Module::new(),
        _ => path.split('/').map(str::to_owned).collect(),
    }
}

/// Returns the module that defines what a path in `module` names, or `None` for another crate.
fn resolve<'m>(
    modules: &'m BTreeMap<Module, Vec<Import>>,
    module: &[String],
    segments: &[String],
    depth: usize,
) -> Option<&'m Module> {
    let mut rest = segments;
    let mut at: Module = match rest.first()?.as_str() {
        "crate" => Module::new(),
        _ => module.to_vec(),
    };
    while let Some(("crate" | "self" | "super", after)) = rest
        .split_first()
        .map(|(first, after)| (first.as_str(), after))
    {
        if rest[0] == "super" {
            at.pop()?;
        }
        rest = after;
    }
    // A path without such a prefix names a child module, or another crate.
    if rest.len() == segments.len() && !modules.contains_key(&joined(&at, rest.first()?)) {
        return None;
    }
    while let Some((name, after)) = rest.split_first() {
        let child = joined(&at, name);
        if !modules.contains_key(&child) {
            let reexport = modules.get(&at)?.iter();
            let mut reexport = reexport.filter(|one| one.name.as_ref() == Some(name));
            // Names can re-export each other through globs that are not read here.
            if depth < 8
                && let Some(import) = reexport.next()
                && let Some(target) = resolve(modules, &at, &import.segments, depth + 1)
            {
                return resolve_below(modules, target, after, depth);
            }
            break;
        }
        at = child;
        rest = after;
    }
    modules.get_key_value(&at).map(|(module, _)| module)
}

/// Resolves the rest of a path whose beginning is a re-exported module.
fn resolve_below<'m>(
    modules: &'m BTreeMap<Module, Vec<Import>>,
    module: &'m Module,
    rest: &[String],
    depth: usize,
) -> Option<&'m Module> {
    let mut segments = vec!["self".to_owned()];
    segments.extend_from_slice(rest);
    match rest {
        [] => Some(module),
        _ => resolve(modules, module, &segments, depth + 1),
    }
}

fn joined(module: &[String], name: &str) -> Module {
    let mut child = module.to_vec();
    child.push(name.to_owned());
    child
}

/// Returns a file's text without comments, string literals and its test module.
fn code_of(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next();
    let mut code = String::new();
    for line in text.unwrap_or_default().lines() {
        let mut parts = line.split('"');
        let head = parts.next().unwrap_or_default();
        match head.find("//") {
            Some(comment) => code.push_str(&head[..comment]),
            None => {
                code.push_str(head);
                // Every second part is inside quotation marks. A literal of several lines may
                // remain, which only matters if a line of it looks like a path.
                for part in parts.skip(1).step_by(2) {
                    code.push(' ');
                    code.push_str(part.split("//").next().unwrap_or_default());
                }
            }
        }
        code.push('\n');
    }
    code
}

/// Returns the imports of a text: `use` declarations, and paths in other code.
fn imports(code: &str) -> Vec<Import> {
    let tokens = tokens(code);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let follows = |offset: usize| tokens.get(at + offset).map(String::as_str);
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let is_start = !before.is_some_and(|before| before == "::" || before == "$");
        match tokens[at].as_str() {
            "use" if is_start => at = tree(&tokens, at + 1, &[], &mut found),
            "crate" | "super" | "self" if is_start && follows(1) == Some("::") => {
                let mut segments = vec![tokens[at].clone()];
                at += 1;
                while tokens.get(at).is_some_and(|token| token == "::") {
                    match tokens.get(at + 1) {
                        Some(name) if is_name(name) => segments.push(name.clone()),
                        _ => break,
                    }
                    at += 2;
                }
                found.push(Import {
                    segments,
                    name: None,
                });
            }
            _ => at += 1,
        }
    }
    found
}

/// Reads one tree of a `use` declaration from `at`. Returns the place after it.
fn tree(tokens: &[String], mut at: usize, prefix: &[String], found: &mut Vec<Import>) -> usize {
    let mut segments = prefix.to_vec();
    while let Some(token) = tokens.get(at) {
        match token.as_str() {
            "::" => at += 1,
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|token| token != "}") {
                    at = tree(tokens, at, &segments, found);
                    if tokens.get(at).is_some_and(|token| token == ",") {
                        at += 1;
                    }
                }
                return at + 1;
            }
            "*" => {
                let name = None;
                found.push(Import { segments, name });
                return at + 1;
            }
            name if is_name(name) => {
                // `a::{self}` names `a`.
                if name != "self" || segments.is_empty() {
                    segments.push(name.to_owned());
                }
                at += 1;
                if tokens.get(at).is_some_and(|token| token == "::") {
                    continue;
                }
                let alias = tokens.get(at).filter(|token| *token == "as");
                let alias = alias.and_then(|_| tokens.get(at + 1));
                at += if alias.is_some() { 2 } else { 0 };
                let name = alias.or(segments.last()).cloned();
                found.push(Import { segments, name });
                return at;
            }
            _ => return at + 1,
        }
    }
    at
}

/// Splits code into names, `::` and single characters.
fn tokens(code: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            ':' if rest.starts_with("::") => 2,
            _ if is_name_part(first) => rest.find(|c| !is_name_part(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        tokens.push(rest[..end].to_owned());
        rest = rest[end..].trim_start();
    }
    tokens
}

fn is_name_part(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn is_name(token: &str) -> bool {
    token.starts_with(is_name_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let files = files
            .iter()
            .map(|(file, text)| ((*file).to_owned(), (*text).to_owned()));
        circles(&files.collect::<Vec<_>>())
    }

    #[test]
    fn a_circle_is_found_however_it_is_written() {
        let root = ("lib.rs", "mod a;\nmod b;\nmod c;\npub use a::A;\n");
        for (a, b) in [
            ("use crate::b::B;", "use crate::a::A;"),
            (
                "use crate::{b::{self, B}, c};",
                "use super::{a::{A, X as Y}};",
            ),
            ("fn f() { crate::b::g() }", "fn g() { super::a::f() }"),
            // Through the re-export of the root.
            ("use crate::b::B;", "use crate::A;"),
            ("pub(crate) use self::super::b;", "type T = crate::a::A;"),
        ] {
            let files = [root, ("a.rs", a), ("b.rs", b), ("c.rs", "use crate::a;")];
            let circles = found(&files);
            assert!(
                circles
                    .iter()
                    .any(|one| one.starts_with(&["a".to_owned(), "b".to_owned()])),
                "{a} {b}: {circles:?}"
            );
        }
    }

    #[test]
    fn a_circle_of_three_files_in_a_folder_is_one_circle() {
        let circles = found(&[
            ("lib.rs", "mod gate;"),
            (
                "gate.rs",
                "mod one;\nmod two;\nmod three;\npub(crate) use two::Two;",
            ),
            ("gate/one.rs", "use super::Two;"),
            ("gate/two.rs", "use super::three;"),
            ("gate/three.rs", "use super::one::One;"),
        ]);
        assert_eq!(circles, [["gate/one", "gate/three", "gate/two"]]);
    }

    #[test]
    fn a_parent_and_its_child_may_import_each_other() {
        let files = [
            ("lib.rs", "mod a;\nmod b;"),
            ("a.rs", "mod child;\nuse child::C;\nuse crate::b::B;"),
            ("a/child.rs", "use super::A;\nuse crate::Root;"),
            (
                "b.rs",
                "//! use crate::a::A;\nfn f() { g(\"crate::a::A\") }\n#[cfg(test)]\nmod tests {\n use crate::a::A;\n}",
            ),
        ];
        assert_eq!(found(&files), Vec::<Vec<String>>::new());
    }
}
