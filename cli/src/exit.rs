//! How a command ends.

use std::{io, process::ExitCode};

/// The tool or the server reports an error.
pub(crate) const REPORTED: u8 = 1;

/// The command line is wrong, or a server cannot be used.
pub(crate) const UNUSABLE: u8 = 2;

/// A sign-in is needed, or failed.
pub(crate) const NOT_SIGNED_IN: u8 = 3;

/// The token lacks a scope, and nobody agreed to request it.
pub(crate) const LACKS_SCOPE: u8 = 4;

/// Why a command ends early: its exit code, and a message for stderr.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    pub(crate) fn new(code: u8, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }
}

/// Returns the exit code after output was written. A reader that closes the pipe (`… | head`) is
/// not an error.
///
/// # Errors
///
/// Returns why the output could not be written.
pub(crate) fn after_output(written: io::Result<()>, code: ExitCode) -> Result<ExitCode, String> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(code),
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::new(UNUSABLE, message)
    }
}
