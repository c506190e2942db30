//! Walks through the guide as a newcomer: on a fresh clone, with the commands and files that the
//! pages show, one after another. Each command must succeed with the output that the page states.
//!
//! They compile packages of their own, so they run only with `cargo xtask prove walks [NAME]`. The
//! tests that run always read the pages.
#![cfg(unix)]

mod output;
mod page_step;
mod scalekit;
mod terminal;

use std::{
    env,
    io::{self, Write},
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use support::server_process::Folder;

use page_step::{Kind, PageStep, read};
use scalekit::Scalekit;
use terminal::Terminal;

/// A walk, and the pages that it takes its steps from, in order.
struct Walk {
    name: &'static str,
    pages: &'static [&'static str],
}

/// The walks in the order in which they run. Those after the first use the installed `toolgate`.
const WALKS: [Walk; 4] = [
    Walk {
        name: "new",
        pages: &["tool.md"],
    },
    Walk {
        name: "write",
        pages: &["tool.md", "first-server.md"],
    },
    Walk {
        name: "rmcp",
        pages: &["tool.md", "migrating/rmcp.md"],
    },
    Walk {
        name: "scalekit",
        pages: &["tool.md", "providers/scalekit.md"],
    },
];

impl Walk {
    /// Returns its steps from the pages of a checkout.
    fn steps(&self, checkout: &Path) -> Vec<PageStep> {
        let pages = self.pages.iter();
        let steps = pages.flat_map(|page| read(&checkout.join("docs/src"), page));
        steps
            .filter(|step| step.walks.iter().any(|walk| walk == self.name))
            .collect()
    }
}

/// Returns the root folder of the repository.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[test]
fn each_walk_begins_with_the_installation_and_starts_a_server() {
    for walk in &WALKS {
        let steps = walk.steps(root());
        let kinds: Vec<_> = steps.iter().map(|step| &step.kind).collect();
        assert!(steps.len() > 2, "{}: {kinds:?}", walk.name);
        assert!(steps[0].text.starts_with("$ cargo install"), "{kinds:?}");
        let serves = |kind: &&&Kind| matches!(kind, Kind::Serve(_));
        assert!(kinds.iter().any(|kind| serves(&kind)), "{kinds:?}");
    }
}

#[test]
fn each_step_of_a_page_belongs_to_a_walk_that_reads_the_page() {
    for page in WALKS.iter().flat_map(|walk| walk.pages) {
        for step in read(&root().join("docs/src"), page) {
            for name in &step.walks {
                let walk = WALKS.iter().find(|walk| walk.name == name);
                assert!(
                    walk.is_some_and(|walk| walk.pages.contains(page)),
                    "{page}: {name}"
                );
            }
        }
    }
}

/// `TOOLGATE_WALK` selects one walk.
#[tokio::test]
#[ignore = "compiles packages of its own: `cargo xtask prove walks`"]
async fn every_walk_gets_where_the_guide_says() {
    let folder = Folder::new();
    let checkout = folder.path().join("toolgate");
    let cloned = Command::new("git")
        .args(["clone", "--quiet", "--local"])
        .args([root(), &checkout])
        .status();
    assert!(cloned.expect("git runs").success());
    let only = env::var("TOOLGATE_WALK").ok();
    let mut times = Vec::new();
    for walk in WALKS {
        if only.as_ref().is_some_and(|name| name != walk.name) {
            continue;
        }
        say(format!("\n# {}", walk.name));
        let started = Instant::now();
        // The others are walked if one fails.
        let walked = tokio::spawn(walked(
            walk.name,
            folder.path().into(),
            walk.steps(&checkout),
        ));
        let outcome = match walked.await {
            Ok(()) => "done",
            Err(_) => "FAILED",
        };
        let seconds = started.elapsed().as_secs();
        times.push(format!("{}: {outcome} after {seconds} s", walk.name));
    }
    let times = times.join("\n");
    say(format!("\n{times}"));
    assert!(!times.is_empty(), "there is no walk {only:?}");
    assert!(!times.contains("FAILED"), "{times}");
}

/// Prints a line at once, also if the test passes.
fn say(line: impl AsRef<str>) {
    let _ = writeln!(io::stdout(), "{}", line.as_ref());
}

/// Takes the steps of a walk in a folder with a clone.
async fn walked(name: &'static str, folder: PathBuf, steps: Vec<PageStep>) {
    let mut terminal = Terminal::new(&folder);
    let scalekit = Scalekit::start("http://127.0.0.1:8000/mcp").await;
    if name == "scalekit" {
        terminal.imitate(scalekit.addresses());
    }
    for step in &steps {
        terminal.take(step).await;
    }
    // One for each call of the page.
    let expected = if name == "scalekit" { 2 } else { 0 };
    assert!(scalekit.sign_ins() >= expected, "nobody signed in at it");
}
