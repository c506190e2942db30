//! Tasks of this repository that need more than Rust: `cargo xtask interop`.
//!
//! - [`interop`]: what the command does, in order
//! - [`tools`]: what it needs, installed where it is missing
//! - [`running`]: programs that are started, and ended whatever happens
//! - [`cells`]: which client meets which issuer in which life
//! - [`example`]: the examples that clients are let at
//! - [`story`]: whether a client did what it should, judged by what was said on the wire
//! - [`suite`]: the official conformance suite
//! - [`libraries`]: libraries for agents that are given a token by hand
//! - [`checks`]: `toolgate check`, against every example
//! - [`prove`]: what takes longer than CI

use std::{
    env,
    io::{self, Write},
    process::ExitCode,
};

mod cells;
mod checks;
mod example;
mod interop;
mod libraries;
mod prove;
mod running;
mod story;
mod suite;
mod tools;

/// What went wrong, for a person.
type Fault = Box<dyn std::error::Error>;

const HELP: &str = "\
cargo xtask interop            lets real clients and the official suite at the examples
cargo xtask interop clients    the clients alone; so with suite and check
cargo xtask interop clients NAME   one client alone
cargo xtask interop libraries  libraries for agents with a token by hand; 600 MB of Python
                               packages, so neither the first command nor CI has them
cargo xtask prove              what takes longer than CI; today the flood alone
cargo xtask prove flood [BINARY]   strangers at full speed against the release binary of todo,
                               or against this one

It needs node, npm and python3, and installs the rest: into interop/node_modules,
target/interop, and Chromium by apt. What goes wrong is kept in target/interop.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["interop"] => interop::run(interop::Parts::all()),
        ["interop", "clients"] => interop::run(interop::Parts::clients(None)),
        ["interop", "clients", name] => interop::run(interop::Parts::clients(Some(name))),
        ["interop", "suite"] => interop::run(interop::Parts::suite()),
        ["interop", "libraries"] => {
            tools::Tools::install().and_then(|tools| libraries::run(&tools))
        }
        ["interop", "check"] => interop::run(interop::Parts::check()),
        ["prove"] | ["prove", "flood"] => prove::flood(None),
        ["prove", "flood", binary] => prove::flood(Some(binary)),
        // What `prove flood` starts for itself.
        ["strangers", ref arguments @ ..] => {
            prove::flood::strangers(arguments).map(|sent| say(sent.to_string()))
        }
        ["--help" | "-h"] => {
            say(HELP);
            return ExitCode::SUCCESS;
        }
        _ => Err(HELP.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            let _ = writeln!(io::stderr(), "{fault}");
            ExitCode::FAILURE
        }
    }
}

/// Tells the person a line.
fn say(line: impl AsRef<str>) {
    let _ = writeln!(io::stdout(), "{}", line.as_ref());
}
