//! The command line.

use clap::{Parser, Subcommand};

use crate::{
    admin::AdminArgs,
    audit::AuditArgs,
    check::CheckArgs,
    doctor::DoctorArgs,
    new_project::NewArgs,
    user::{CallArgs, LoginArgs},
};

/// Tools for MCP servers behind OAuth.
#[derive(Debug, Parser)]
#[command(name = "toolgate", version, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
From nothing to a server:
  toolgate new demo --path ../toolgate            a package with two tools and its tests
  toolgate call http://127.0.0.1:8000/mcp read_board
  toolgate doctor -- target/debug/demo            before it serves others
  toolgate check https://mcp.example.com/mcp      any server, in any language

`toolgate <command> --help` describes the options and exit codes of a command.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a new server: two tools, their tests, a Dockerfile and a CI workflow.
    ///
    /// Creates a folder with the name of the package. One tool reads, one writes and needs a
    /// step-up; the tests show who may use what. The exit code is 0, or 2 if nothing was written.
    New(NewArgs),

    /// Sign in to an MCP server as a client does, and print who signed in
    ///
    /// Finds the authorization server, registers a client, and prints a URL to open in a browser.
    /// Nothing is stored. The token is printed with `--print-token` only:
    ///
    ///   TOKEN=$(toolgate login http://127.0.0.1:8000/mcp --print-token)
    ///
    /// The exit code is 0 after a sign-in, 2 if the server cannot be reached or the command line
    /// is wrong, and 3 if the sign-in fails.
    #[command(verbatim_doc_comment)]
    Login(LoginArgs),

    /// Call a tool of an MCP server, and print its result
    ///
    /// Signs in if the server needs a token and none is given. If the token lacks a scope, it asks
    /// you before it requests more scopes; with `--yes` it does not ask. A token comes from standard
    /// input (`--token -`), from a file (`--token-file`) or from TOOLGATE_TOKEN, never from the
    /// command line, and nothing is stored.
    ///
    ///   toolgate call http://127.0.0.1:8000/mcp post_note --arg text='Buy milk'
    ///
    /// Exit codes:
    ///   0  the tool ran
    ///   1  the tool or the server reports an error
    ///   2  the server cannot be reached, or the command line is wrong
    ///   3  the sign-in failed, or the token is refused
    ///   4  the token lacks a scope, and nobody agreed to request it
    #[command(verbatim_doc_comment)]
    Call(CallArgs),

    /// Check the authorization of an MCP server from outside, in any language.
    ///
    /// Without a token, no tool is called and nothing is changed. With a token, only `--tool`
    /// is called. With `--login` and without `--tool`, tools that declare `readOnlyHint` are
    /// called until one is refused. Use tokens that you can revoke: the first one is also sent
    /// in the query string, where the server must refuse it and where logs may record it.
    ///
    /// The exit code is 0 if no check fails, 1 if one fails, 2 if the server cannot be reached or the
    /// command line is wrong. `--list` and docs/check.md describe every check, the severities
    /// and the JSON.
    Check(CheckArgs),

    /// Find mistakes in the settings of a server built with Toolgate, from its program
    ///
    /// Runs the program with `--print-config --json`, `--print-metadata` and `--print-scopes`, and
    /// then looks from outside: at the authorization server and, if the server runs, at its public
    /// address. It does not start the server, needs no token and changes nothing.
    ///
    ///   toolgate doctor -- target/release/demo
    ///
    /// The exit code is 0 if no check fails, 1 if one fails, and 2 if the command line is wrong.
    /// `--list` and docs/doctor.md describe every check.
    #[command(verbatim_doc_comment)]
    Doctor(DoctorArgs),

    /// Verify the audit log of a server built with Toolgate
    ///
    /// Compares every line with its keyed hash and with the line before it:
    ///
    ///   toolgate audit verify audit.log.1 audit.log --key-file audit.key --head 4711:9f86...
    ///
    /// It finds lines that were changed, removed, moved, repeated or inserted, and lines of another
    /// key. Only `--head` shows that the end is complete: the server writes COUNT:MAC to its log
    /// each minute (`audit log head`), so store that log elsewhere. A holder of the key can forge a log.
    ///
    /// The exit code is 0 without a finding, 1 with findings, and 2 if a file or the key cannot be
    /// read.
    #[command(verbatim_doc_comment)]
    Audit(AuditArgs),

    /// Switch off items and revoke tokens while a server built with Toolgate runs
    ///
    /// Needs a server with the feature `admin` and TOOLGATE_ADMIN_BIND, and its secret:
    ///
    ///   toolgate admin --secret-file admin.secret off --tool delete_file
    ///   toolgate admin --secret-file admin.secret revoke --issuer https://login.example.com --subject mallory
    ///
    /// It lifts only what it set itself. The exit code is 0 if the server has done it, 1 if it
    /// refuses, and 2 if it cannot be reached or the command line is wrong.
    #[command(verbatim_doc_comment)]
    Admin(AdminArgs),
}

impl Command {
    /// Returns its name on the command line.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::New(_) => "new",
            Self::Login(_) => "login",
            Self::Call(_) => "call",
            Self::Check(_) => "check",
            Self::Doctor(_) => "doctor",
            Self::Audit(_) => "audit",
            Self::Admin(_) => "admin",
        }
    }
}
