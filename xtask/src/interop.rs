//! What the command does, in order.

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
    let mut part = |name: &str, done: Result<(), Fault>| {
        if let Err(fault) = done {
            faults.push(format!("{name}: {fault}"));
        }
    };
    if parts.check {
        say("== toolgate check, against every example");
        part("check", checks::run(&tools));
    }
    if parts.suite {
        say("== the official conformance suite");
        part("suite", suite::run(&tools));
    }
    if parts.clients {
        say("== clients");
        part("clients", cells::run(&tools, parts.only));
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(faults.join("\n").into()),
    }
}
