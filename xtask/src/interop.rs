//! What the command does, in order, and the page that tells of it.

use std::{env, fs};

use crate::{Fault, cells, checks, say, suite, tools::Tools};

/// Which parts of it are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts<'a> {
    clients: bool,
    only: Option<&'a str>,
    suite: bool,
    check: bool,
}

impl<'a> Parts<'a> {
    const NONE: Self = Self {
        clients: false,
        only: None,
        suite: false,
        check: false,
    };

    pub(crate) fn all() -> Self {
        Self {
            clients: true,
            only: None,
            suite: true,
            check: true,
        }
    }

    pub(crate) fn clients(only: Option<&'a str>) -> Self {
        Self {
            clients: true,
            only,
            ..Self::NONE
        }
    }

    pub(crate) fn suite() -> Self {
        Self {
            suite: true,
            ..Self::NONE
        }
    }

    pub(crate) fn check() -> Self {
        Self {
            check: true,
            ..Self::NONE
        }
    }
}

/// Runs them all, and tells of every failure at the end.
pub(crate) fn run(parts: Parts<'_>) -> Result<(), Fault> {
    let tools = Tools::install()?;
    let mut faults = Vec::new();
    if parts.check {
        say("== toolgate check, against every example");
        faults.extend(told("check", checks::run(&tools)));
    }
    if parts.suite {
        say("== the official conformance suite");
        faults.extend(told("suite", suite::run(&tools)));
    }
    if parts.clients {
        say("== clients");
        faults.extend(told("clients", cells::run(&tools, parts.only)));
    }
    if faults.is_empty() && parts.suite && parts.clients && parts.only.is_none() {
        faults.extend(told("docs/interop.md", page(&tools)));
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(faults.join("\n").into()),
    }
}

/// What to tell of a part that failed.
fn told(part: &str, done: Result<(), Fault>) -> Option<String> {
    done.err().map(|fault| format!("{part}: {fault}"))
}

const HEAD: &str = "\
# Interoperability

`cargo xtask interop` wrote this. It lets real clients at [`examples/everything`](../examples/everything)
and [`examples/todo`](../examples/todo), which has a public tool, through a proxy that writes
down what is said, and judges them by that. No client is given a token. It lets the official
conformance suite at `everything`, open and protected.

";

/// Compares `docs/interop.md` with this run, and writes it anew where they differ.
fn page(tools: &Tools) -> Result<(), Fault> {
    let path = tools.scripts.with_file_name("docs").join("interop.md");
    let part = |name| fs::read_to_string(tools.work.join(name));
    let (clients, suite) = (part("matrix.md")?, part("suite.md")?);
    let told = format!("{HEAD}## Clients\n\n{clients}\n## Conformance\n\n{suite}");
    if fs::read_to_string(&path).is_ok_and(|there| there == told) {
        return Ok(());
    }
    fs::write(&path, told)?;
    say("docs/interop.md told something else, and was written anew");
    match env::var_os("CI") {
        Some(_) => Err("it does not tell what this run has shown: commit it".into()),
        None => Ok(()),
    }
}
