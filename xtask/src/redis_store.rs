//! The shared store in a real Redis, with three replicas as processes.

use std::process::Command;

use crate::{Error, child_process, client_installer};

/// Installs Redis if it is missing, and runs the tests that need it.
pub(crate) fn run() -> Result<(), Error> {
    client_installer::with_apt(&["redis-server"], "redis-server")?;
    // The same selection of packages as in the tests, so that nothing is compiled twice.
    let tests = ["test", "--workspace", "--locked", "--test", "redis"];
    child_process::must(Command::new(env!("CARGO")).args(tests))
}
