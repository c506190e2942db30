//! Shows that a change of access in an example turns a test of that example red.
//!
//! It works on a copy of the tracked files. Each attribute of each example is changed, one at a
//! time, to more access and to other access; then the example's own tests run, and one of them has
//! to fail. Last, the gate's comparison of scopes is taken out, and the access check of every
//! example has to fail.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::access_attribute::{self, AccessAttribute};
use crate::{Error, say};

/// The examples whose items have attributes, with the features of their tests.
const EXAMPLES: &[&str] = &[
    "todo",
    "finance-news",
    "notes",
    "everything",
    "documents",
    "adopt",
];

/// The comparison of scopes in the gate, and what replaces it.
const COMPARISON: (&str, &str, &str) = (
    "core/src/access.rs",
    "sets.iter().any(|&needed| granted.contains(needed))",
    "sets.iter().any(|&needed| granted.contains(needed) || true)",
);

/// Changes each attribute, and fails if no test notices one.
pub(crate) fn attributes() -> Result<(), Error> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = root.parent().ok_or("no workspace")?;
    let work = env::current_exe()?;
    let work = work.ancestors().nth(2).ok_or("no target folder")?;
    let copy = Copy::of(root, &work.join("prove/attributes"))?;
    let (mut changed, mut unnoticed) = (0, Vec::new());
    for example in EXAMPLES {
        if !copy.passes(example)? {
            return Err(format!("{example}: its tests fail without a change").into());
        }
        for file in copy.sources(example)? {
            let text = fs::read_to_string(&file)?;
            let attributes = access_attribute::find_all(&text);
            for attribute in &attributes {
                for replacement in replacements(attribute, &attributes) {
                    fs::write(&file, attribute.replaced(&text, &replacement))?;
                    let is_noticed = !copy.passes(example)?;
                    changed += 1;
                    let what = format!(
                        "{example}, line {}: `{}` → `{replacement}`",
                        attribute.line(&text),
                        attribute.text(&text)
                    );
                    say(format!(
                        "{} {what}",
                        if is_noticed { "noticed  " } else { "UNNOTICED" }
                    ));
                    if !is_noticed {
                        unnoticed.push(what);
                    }
                }
            }
            fs::write(&file, text)?;
        }
    }
    let (file, from, to) = COMPARISON;
    copy.replace(file, from, to)?;
    for example in EXAMPLES {
        changed += 1;
        if copy.passes(&format!("{example} as_accessible_as_it_declares"))? {
            unnoticed.push(format!(
                "{example}: the gate without its comparison of scopes"
            ));
        }
    }
    say(format!(
        "{changed} changes, {} of them unnoticed",
        unnoticed.len()
    ));
    match unnoticed.is_empty() {
        true => Ok(()),
        false => Err(unnoticed.join("\n").into()),
    }
}

/// Returns other access for an attribute: none, any token, and one that another item of the file
/// needs, alone and as an alternative.
fn replacements(attribute: &AccessAttribute, all: &[AccessAttribute]) -> Vec<String> {
    let mut replacements = vec!["public".to_owned(), "authenticated".to_owned()];
    if let Some(scope) = &attribute.scope {
        let other = all.iter().filter_map(|one| one.scope.as_ref());
        let other = other.filter(|other| *other != scope).min();
        if let Some(other) = other {
            replacements.push(format!("scope = {other}"));
            replacements.push(format!("any_scope = [{scope}, {other}]"));
        }
    }
    replacements.retain(|one| *one != attribute.key);
    replacements
}

/// A copy of the tracked files, with a target folder of its own.
struct Copy {
    root: PathBuf,
    target: PathBuf,
}

impl Copy {
    fn of(root: &Path, work: &Path) -> Result<Self, Error> {
        let copy = Self {
            root: work.join("copy"),
            target: work.join("target"),
        };
        let _ = fs::remove_dir_all(&copy.root);
        let listed = Command::new("git")
            .current_dir(root)
            .args(["ls-files", "-z"])
            .output()?;
        if !listed.status.success() {
            return Err(String::from_utf8_lossy(&listed.stderr).into());
        }
        for file in String::from_utf8(listed.stdout)?.split_terminator('\0') {
            let (from, to) = (root.join(file), copy.root.join(file));
            // A file that is deleted but not committed is listed too.
            if from.exists() {
                fs::create_dir_all(to.parent().ok_or("no folder")?)?;
                fs::copy(from, to)?;
            }
        }
        Ok(copy)
    }

    /// Returns whether the tests of an example pass. `tests` is its name, and a filter if any.
    fn passes(&self, tests: &str) -> Result<bool, Error> {
        let (package, filter) = tests.split_once(' ').unwrap_or((tests, "access_tests"));
        let status = Command::new(env!("CARGO"))
            .current_dir(&self.root)
            .args(["test", "--quiet", "--package", package, "--bins", filter])
            .env("CARGO_TARGET_DIR", &self.target)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        Ok(status.success())
    }

    fn sources(&self, example: &str) -> Result<Vec<PathBuf>, Error> {
        let mut folders = vec![self.root.join("examples").join(example).join("src")];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.ends_with("tests") {
                    // Items of a test are not the example's.
                } else if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|kind| kind == "rs")
                    && !path.ends_with("tests.rs")
                {
                    files.push(path);
                }
            }
        }
        files.sort();
        Ok(files)
    }

    fn replace(&self, file: &str, from: &str, to: &str) -> Result<(), Error> {
        let path = self.root.join(file);
        let text = fs::read_to_string(&path)?;
        if !text.contains(from) {
            return Err(format!("{file} does not contain `{from}`").into());
        }
        Ok(fs::write(path, text.replacen(from, to, 1))?)
    }
}
