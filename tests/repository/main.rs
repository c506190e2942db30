//! What a reader, a packager and a user's build rely on: the map in ARCHITECTURE.md, the
//! dependencies of a small server, and the oldest compiler.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

mod compiler;
mod dependencies;
mod features;
mod map;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests are a folder of the workspace")
        .to_owned()
}

/// The platform whose dependencies are listed.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// What cargo prints for this command, with the dependencies of the lock file. On another
/// platform cargo downloads the manifests that are missing.
fn cargo(arguments: &[&str]) -> String {
    let program = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(program)
        .args(arguments)
        .arg("--locked")
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "cargo {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}
