//! Walks through the guide as a newcomer: on a fresh clone, with the commands and files that the
//! pages show, one after another. Each command must succeed with the output that the page states.
//!
//! They compile packages of their own, so only `cargo xtask prove walks [NAME]` runs them. `tests/guide`
//! reads the pages.
#![cfg(unix)]

mod scalekit;
mod terminal;

use std::{
    env,
    io::{self, Write},
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use support::{
    server_process::Folder,
    walk::{PageStep, WALKS},
};

use scalekit::Scalekit;
use terminal::Terminal;

/// Returns the root folder of the repository.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// `TOOLGATE_WALK` selects one walk.
#[tokio::test]
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

/// Prints a line immediately, also if the test passes.
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
