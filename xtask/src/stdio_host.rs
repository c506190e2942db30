//! The Inspector as a host that starts `notes` and speaks to it on standard input.

use std::time::Duration;

use crate::{Error, child_process, client_installer::Tools, say};

/// The time limit for all calls: each starts the Inspector and the program.
const LIMIT: Duration = Duration::from_secs(180);

/// Lists, calls and reads in both lifecycles, with the configuration of the guide.
pub(crate) fn run(tools: &Tools) -> Result<(), Error> {
    let mut script = tools.script("stdio.mjs");
    script
        .arg(tools.program("notes").get_program())
        .arg(tools.work.join("stdio"));
    let finished = child_process::run(&mut script, LIMIT)?;
    if !finished.succeeded() {
        return Err(finished.report().into());
    }
    let version = finished.out();
    say(format!(
        "notes on standard input: the Inspector {} lists, calls and reads",
        version.trim()
    ));
    Ok(())
}
