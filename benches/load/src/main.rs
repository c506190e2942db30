//! Measures calls per second of a protected server and of its baselines, in one run on one
//! machine.
//!
//! ```text
//! cargo run --release -p toolgate-load
//! ```
//!
//! Each server is a separate process on loopback. Before measuring, the program compares their
//! responses: servers that do different work are not compared. Then they take turns in short
//! slices, so that other load on the machine affects all of them equally. The result is the
//! median of the ratios of neighbouring slices.

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

/// An error, printed to the terminal.
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

/// Writes to stdout and flushes.
fn say(text: &str) -> Result<(), Fault> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
