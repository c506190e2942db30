//! A package that `toolgate new` writes: its tests, a 401, a sign-in, two calls and a diagnosis.

use std::{env, process::Command};

use crate::{Error, child_process};

/// Runs the test that compiles and starts the package.
pub(crate) fn run() -> Result<(), Error> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = "test -p toolgate-cli --test user -- --ignored a_new_package_passes";
    child_process::must(Command::new(cargo).args(arguments.split(' ')))
}
