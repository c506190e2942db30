//! The command `toolgate`: tools for MCP servers behind OAuth.
//!
//! Shares no code with the runtime, so that the two do not share bugs, except in [`audit`], which
//! verifies audit logs with the crate that writes them. For [`check`], [`check_context`] holds what
//! the server publishes, [`checks`] run family by family, and a [`report`] lists the findings and
//! their fixes. [`user`] is a client for a terminal, [`doctor`] checks the settings of a program,
//! [`admin`] controls a running server, and [`new_project`] writes a new package.

mod admin;
mod args;
mod audit;
mod bound_token;
mod challenge;
mod check;
mod check_context;
mod checks;
mod credentials;
mod doctor;
mod dpop_proof;
mod exit;
mod finding;
mod forged_tokens;
mod http;
mod issuer_metadata;
mod json_memory_limit;
mod login;
mod mcp_client;
mod new_project;
mod report;
mod report_args;
mod target;
mod untrusted_text;
mod user;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;

use args::{Cli, Command};
use check_context::LONGEST_SCOPE;
use exit::{Failure, UNUSABLE};

/// The longest error message that is printed, in characters: it may contain user input, and the
/// names of all scopes that `--yes` would request.
const LONGEST_ERROR: usize = 4000 + LONGEST_SCOPE;

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let name = command.name();
    match run(command) {
        Ok(code) => code,
        Err(failure) => {
            // One line: the text of a server must not look like a line of this program.
            let text = untrusted_text::printable(failure.message(), LONGEST_ERROR);
            // If stderr is closed, there is nowhere to report that.
            let _ = writeln!(io::stderr(), "toolgate {name}: {text}");
            failure.code()
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(UNUSABLE, error.to_string()))?;
    match command {
        Command::New(args) => {
            let done = new_project::run(&args)?;
            // If stdout is closed, the package is still there.
            let _ = io::stdout().write_all(done.as_bytes());
            Ok(ExitCode::SUCCESS)
        }
        Command::Login(args) => runtime.block_on(user::log_in(args)),
        Command::Call(args) => runtime.block_on(user::call(args)),
        Command::Check(args) => Ok(runtime.block_on(check::run(args))?),
        Command::Doctor(args) => Ok(runtime.block_on(doctor::run(args))?),
        Command::Audit(args) => Ok(audit::run(&args)?),
        Command::Admin(args) => runtime.block_on(admin::run(args)),
    }
}
