//! The steps of the command, in order, and the page with the results.

use std::{env, fs};

use crate::{
    Error, cli_checks, client_installer::Tools, client_matrix, conformance_suite, denial_matrix,
    machine_clients, proxy, redis_store, say, stdio_host,
};

/// The selected parts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts<'a> {
    clients: bool,
    denials: bool,
    only: Option<&'a str>,
    suite: bool,
    check: bool,
    proxy: bool,
    stdio: bool,
    machines: bool,
    redis: bool,
}

impl<'a> Parts<'a> {
    const NONE: Self = Self {
        clients: false,
        denials: false,
        only: None,
        suite: false,
        check: false,
        proxy: false,
        stdio: false,
        machines: false,
        redis: false,
    };

    pub(crate) fn all() -> Self {
        Self {
            clients: true,
            denials: true,
            only: None,
            suite: true,
            check: true,
            proxy: true,
            stdio: true,
            machines: true,
            redis: true,
        }
    }

    /// Whether the page can be written.
    fn is_all(self) -> bool {
        self.clients
            && self.denials
            && self.only.is_none()
            && self.suite
            && self.proxy
            && self.machines
    }

    pub(crate) fn clients(only: Option<&'a str>) -> Self {
        Self {
            clients: true,
            only,
            ..Self::NONE
        }
    }

    pub(crate) fn denials(only: Option<&'a str>) -> Self {
        Self {
            denials: true,
            only,
            ..Self::NONE
        }
    }

    pub(crate) fn machines() -> Self {
        Self {
            machines: true,
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

    pub(crate) fn stdio() -> Self {
        Self {
            stdio: true,
            ..Self::NONE
        }
    }

    pub(crate) fn proxy() -> Self {
        Self {
            proxy: true,
            ..Self::NONE
        }
    }
}

/// Runs all selected parts, and reports all failures at the end.
pub(crate) fn run(parts: Parts<'_>) -> Result<(), Error> {
    let tools = Tools::install()?;
    let mut errors = Vec::new();
    if parts.check {
        say("== toolgate check, against every example");
        errors.extend(describe("check", cli_checks::run(&tools)));
    }
    if parts.proxy {
        say("== a server behind nginx");
        errors.extend(describe("proxy", proxy::run(&tools)));
    }
    if parts.stdio {
        say("== a host that starts a program");
        errors.extend(describe("stdio", stdio_host::run(&tools)));
    }
    if parts.redis {
        say("== replicas with a Redis");
        errors.extend(describe("redis", redis_store::run()));
    }
    if parts.suite {
        say("== the official conformance suite");
        errors.extend(describe("suite", conformance_suite::run(&tools)));
    }
    if parts.machines {
        say("== clients without a person");
        errors.extend(describe("machines", machine_clients::run(&tools)));
    }
    if parts.clients {
        say("== clients");
        errors.extend(describe("clients", client_matrix::run(&tools, parts.only)));
    }
    if parts.denials {
        say("== denials");
        errors.extend(describe("denials", denial_matrix::run(&tools, parts.only)));
    }
    if errors.is_empty() && parts.is_all() {
        errors.extend(describe("docs/interop.md", page(&tools)));
    }
    match errors.is_empty() {
        true => Ok(()),
        false => Err(errors.join("\n").into()),
    }
}

/// Formats the failure of a part.
fn describe(part: &str, done: Result<(), Error>) -> Option<String> {
    done.err().map(|error| format!("{part}: {error}"))
}

const HEAD: &str = "\
# Interoperability

`cargo xtask interop` generates this page. It runs real clients against
`examples/everything` and `examples/todo`, which has a public tool. A proxy records their requests,
and the results come from that record. No client is given a token. It also runs the official
conformance suite against `everything`, open and protected.

";

const DENIALS: &str = "\
What each client does with each kind of denial of
`tests/examples/denying_server.rs`. *repaired*: it gets what it
lacks, by itself or from its user, and the call succeeds. *reported*: it prints the reason, for a person
or a model. *neither*: it prints a failure without the reason. –: it was not denied, because it requests
every scope at the first login. A client that does not ask for progress reports gets the 403 of a late
denial in both columns. [denials.md](denials.md) lists the reasons.

The columns of approvals call an item with `approve` (`not_approved`). A client that can open pages opens
the page of the server, and its user approves there, declines, or does not decide within five minutes.
The run gives each library a function that opens the page. A client that does not declare that it
can open pages gets the 403 with this reason in all three columns. The rate limit answers 429 with
`Retry-After` (`rate_limited`), and *repaired* would be a client that waits and calls again. The
limit of concurrent requests answers in the same form (`too_many_running`). A timeout is not a
denial: the item has begun to run.

";

const MACHINES: &str = "\
Official clients as programs with credentials of their own, against the development issuer of
`everything`. *client cannot*: the package does not implement it. With ID-JAG a person has signed in once at
the imitated identity provider; with Python the run itself exchanges the ID token, because the package
leaves that to the application. The tests of `tests/development/machines.rs` run rmcp's client, which has
both kinds of credentials and ID-JAG.

";

const PROXY: &str = "\
`todo` runs behind nginx with the locations of the guide, a certificate and a third-party
issuer. nginx keeps the prefix of the path, or removes it.

";

/// Compares `docs/interop.md` with the results of this run, and rewrites it if they differ.
fn page(tools: &Tools) -> Result<(), Error> {
    let path = tools.scripts.with_file_name("docs").join("interop.md");
    let part = |name| fs::read_to_string(tools.work.join(name));
    let (clients, denials) = (part("matrix.md")?, part("denials.md")?);
    let (suite, proxy, machines) = (part("suite.md")?, part("proxy.md")?, part("machines.md")?);
    // A test of `toolgate-cli` compares and writes this section.
    let published = fs::read_to_string(&path).unwrap_or_default();
    let authorization = section(&published, "## Server authorization\n");
    let page = format!(
        "{HEAD}## Clients\n\n{clients}\n## Denials\n\n{DENIALS}{denials}\n## Machine identities\n\n{MACHINES}{machines}\n## Conformance\n\n{suite}\n{authorization}## Behind a proxy\n\n{PROXY}{proxy}"
    );
    if published == page {
        return Ok(());
    }
    fs::write(&path, page)?;
    say("docs/interop.md was out of date and has been rewritten");
    match env::var_os("CI") {
        Some(_) => Err("it did not match this run: commit the new version".into()),
        None => Ok(()),
    }
}

/// Returns the section with this heading, up to the next one.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let Some(start) = page.find(heading) else {
        return "";
    };
    let rest = &page[start..];
    let end = rest[heading.len()..].find("\n## ");
    &rest[..end.map_or(rest.len(), |end| heading.len() + end + 1)]
}

#[cfg(test)]
mod tests {
    use super::section;

    #[test]
    fn a_section_ends_at_the_next_heading() {
        let page = "# A\n\n## B\n\ntext\n\n## C\n\nmore\n";
        assert_eq!(section(page, "## B\n"), "## B\n\ntext\n\n");
        assert_eq!(section(page, "## C\n"), "## C\n\nmore\n");
        assert_eq!(section(page, "## D\n"), "");
    }
}
