//! How many calls a second a protected server answers, next to what it is compared with,
//! in one run and on one machine.
//!
//! ```text
//! cargo run --release -p toolgate-load
//! ```
//!
//! Each server is a process of its own on loopback. Before anything is measured, their
//! answers are compared: what does not do the same is not compared. Then they take turns
//! in short slices, so that a machine that is busy with other work is as busy for one as
//! for the other, and the median of the ratios of neighbours counts.

use std::{
    env,
    io::{self, Write},
    process::ExitCode,
};

mod connection;
mod frame;
mod latency;
mod load;
mod options;
mod pace;
mod process;
mod request;
mod rows;
mod servers;
mod stage;
mod table;
mod target;

use options::{Options, Wish};

/// What went wrong: there is nobody to tell it to but the person at the terminal.
type Fault = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let done = match Options::read(&arguments) {
        Ok(Wish::Serve(arguments)) => servers::serve(&arguments),
        Ok(Wish::Help) => say(options::HELP),
        Ok(Wish::Stand) => rows::stand(),
        Ok(Wish::Measure(options)) => rows::measure(&options),
        Err(fault) => Err(fault),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            let _ = writeln!(io::stderr(), "{fault}");
            ExitCode::FAILURE
        }
    }
}

/// Writes to stdout, at once.
fn say(text: &str) -> Result<(), Fault> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
