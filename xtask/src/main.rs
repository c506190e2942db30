//! Tasks of this repository that need more than Rust: `cargo xtask interop`.
//!
//! - [`interop`]: the steps of the command, in order
//! - [`client_installer`]: installs what it needs
//! - [`child_process`]: starts programs, and always ends them
//! - [`client_matrix`]: the matrix of clients, issuers and lifecycles
//! - [`denial_matrix`]: what each client does with each kind of denial
//! - [`example_servers`]: the example servers for client tests
//! - [`client_transcript_check`]: checks a client's behaviour from its recorded requests
//! - [`conformance_suite`]: the official conformance suite
//! - [`machine_clients`]: official clients without a person
//! - [`agent_libraries`]: agent libraries that are given a token
//! - [`cli_checks`]: `toolgate check` against every example
//! - [`proxy`]: a server behind nginx with TLS
//! - [`stdio_host`]: a host that starts a program
//! - [`redis_store`]: replicas that share a Redis
//! - [`prove`]: tests that are too long for CI

use std::{
    env,
    io::{self, Write},
    process::ExitCode,
};

mod agent_libraries;
mod child_process;
mod cli_checks;
mod client_installer;
mod client_matrix;
mod client_transcript_check;
mod conformance_suite;
mod denial_matrix;
mod example_servers;
mod interop;
mod machine_clients;
mod prove;
mod proxy;
mod recorded_server;
mod redis_store;
mod stdio_host;

/// An error, for a person.
type Error = Box<dyn std::error::Error>;

const HELP: &str = "\
cargo xtask interop            runs real clients and the official suite against the examples
cargo xtask interop clients    runs only the clients; also: suite, check, proxy
cargo xtask interop clients NAME   runs only one client
cargo xtask interop denials [NAME]   runs every client, or one, against every kind of denial
cargo xtask interop proxy      runs todo behind nginx with TLS, a path prefix that nginx keeps or
                               removes, and the locations of the guide
cargo xtask interop machines   runs official clients as programs, with credentials of their own
cargo xtask interop stdio      lets the Inspector start notes and speak to it on standard input
cargo xtask interop redis      runs three replicas with a real Redis, and kills and restarts them
cargo xtask interop libraries  runs agent libraries that are given a token; needs 600 MB of
                               Python packages, so neither the first command nor CI runs it
cargo xtask prove              runs tests that are too long for CI, as follows
cargo xtask prove attributes   changes each attribute of each example; a test has to notice it
cargo xtask prove items        compares 2,000 random items with what a server registers
cargo xtask prove audit        kills todo a hundred times while it writes its audit log, and fills
                               the disk of the log; every call must have its record
cargo xtask prove soak [--minutes N]   lets three replicas, their Redis and their issuer fail
                               every minute under load, for half an hour; not a part of `prove`
cargo xtask prove walks [NAME] follows the guide on a fresh clone, command by command; the walks
                               are new, write, rmcp and scalekit
cargo xtask prove flood [BINARY]   floods the release binary of todo, or the given binary, with
                               unauthenticated requests

Needs node, npm and python3. Installs the rest into interop/node_modules and target/interop,
and Chromium, nginx, Redis, curl and openssl with apt. Logs of failures stay in target/interop.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["interop"] => interop::run(interop::Parts::all()),
        ["interop", "clients"] => interop::run(interop::Parts::clients(None)),
        ["interop", "clients", name] => interop::run(interop::Parts::clients(Some(name))),
        ["interop", "denials"] => interop::run(interop::Parts::denials(None)),
        ["interop", "denials", name] => interop::run(interop::Parts::denials(Some(name))),
        ["interop", "machines"] => interop::run(interop::Parts::machines()),
        ["interop", "suite"] => interop::run(interop::Parts::suite()),
        ["interop", "libraries"] => {
            client_installer::Tools::install().and_then(|tools| agent_libraries::run(&tools))
        }
        ["interop", "proxy"] => interop::run(interop::Parts::proxy()),
        ["interop", "redis"] => redis_store::run(),
        ["interop", "stdio"] => interop::run(interop::Parts::stdio()),
        ["interop", "check"] => interop::run(interop::Parts::check()),
        ["prove"] => prove::attributes::attributes()
            .and_then(|()| prove::items())
            .and_then(|()| prove::audit())
            .and_then(|()| prove::walks(None))
            .and_then(|()| prove::flood(None)),
        ["prove", "attributes"] => prove::attributes::attributes(),
        ["prove", "items"] => prove::items(),
        ["prove", "audit"] => prove::audit(),
        ["prove", "soak"] => prove::soak("30"),
        ["prove", "soak", "--minutes", minutes] => prove::soak(minutes),
        ["prove", "walks"] => prove::walks(None),
        ["prove", "walks", name] => prove::walks(Some(name)),
        ["prove", "flood"] => prove::flood(None),
        ["prove", "flood", binary] => prove::flood(Some(binary)),
        // For internal use: started by `prove flood`.
        ["flood-worker", ref arguments @ ..] => {
            prove::flood::flood_worker(arguments).map(|sent| say(sent.to_string()))
        }
        ["--help" | "-h"] => {
            say(HELP);
            return ExitCode::SUCCESS;
        }
        _ => Err(HELP.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints a line.
fn say(line: impl AsRef<str>) {
    let _ = writeln!(io::stdout(), "{}", line.as_ref());
}
