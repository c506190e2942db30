//! `toolgate audit verify`: verifies the files of an audit log.

use std::{
    fmt::Write as _,
    fs::File,
    io::{self, Read as _, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Subcommand};
use toolgate_audit::{AuditKey, Head, Verified, verify};

use crate::{exit, untrusted_text::printable};

/// The longest name of a file that is printed, in characters.
const LONGEST_NAME: usize = 200;

/// The largest file that is read as a key, in bytes.
const LARGEST_KEY: u64 = 4096;

/// The arguments of `toolgate audit`.
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Verify files, the oldest first
    Verify(VerifyArgs),
}

#[derive(Debug, Args)]
struct VerifyArgs {
    /// The files of the log, the oldest first.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The file with the key of the log in base64: the value of TOOLGATE_AUDIT_KEY_FILE.
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,

    /// A head of the log from another place, as in the line `audit log head`. Give one or more,
    /// such as the last head before each start: the log must have each of them.
    #[arg(long, value_name = "COUNT:MAC")]
    head: Vec<Head>,
}

/// Runs the command.
///
/// # Errors
///
/// Returns why a file or the key cannot be read.
pub(crate) fn run(args: &AuditArgs) -> Result<ExitCode, String> {
    let AuditCommand::Verify(args) = &args.command;
    let key = read_key(&args.key_file)?;
    let mut files = Vec::new();
    for path in &args.files {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|error| format!("{name:?} cannot be read: {error}"))?;
        files.push((name, file));
    }
    let verified = verify(files, &key, args.head.iter().copied())
        .map_err(|error| format!("the log cannot be read: {error}"))?;
    let code = match verified.findings.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(exit::REPORTED),
    };
    let text = report(&verified, args.head.len());
    exit::after_output(io::stdout().write_all(text.as_bytes()), code)
}

/// Reads the key. A file that is too long, such as a log or a device without an end, is not read to
/// its end.
fn read_key(path: &PathBuf) -> Result<AuditKey, String> {
    let name = path.display().to_string();
    let mut text = String::new();
    let read = File::open(path)
        .and_then(|file| file.take(LARGEST_KEY + 1).read_to_string(&mut text))
        .map_err(|error| format!("the key file {name:?} cannot be read: {error}"))?;
    if read as u64 > LARGEST_KEY {
        return Err(format!(
            "the key file {name:?} has more than {LARGEST_KEY} bytes, and a key in base64 has 44; name the file of the key"
        ));
    }
    AuditKey::parse(text.trim()).map_err(|error| {
        format!("the key in {name:?} {error}; name the file that TOOLGATE_AUDIT_KEY_FILE names")
    })
}

/// Writes the findings and the limits of the verification.
fn report(verified: &Verified, heads: usize) -> String {
    let mut text = String::new();
    for finding in &verified.findings {
        let file = printable(&finding.file, LONGEST_NAME);
        let _ = match finding.line {
            0 => writeln!(text, "{file}: {}", finding.kind),
            line => writeln!(text, "{file}:{line}: {}", finding.kind),
        };
    }
    if verified.has_more_findings {
        text += "there are more findings than these\n";
    }
    let Verified {
        records,
        starts,
        lost,
        cut_before,
        counted_refusals,
        ..
    } = verified;
    let _ = writeln!(text, "{records} records of {starts} starts are valid.");
    if *counted_refusals > 0 {
        let _ = writeln!(
            text,
            "They count {counted_refusals} refusals that have no record of their own."
        );
    }
    if *lost > 0 {
        let _ = writeln!(
            text,
            "The server could not write {lost} more, and recorded that."
        );
    }
    if *cut_before > 0 {
        let _ = writeln!(
            text,
            "{cut_before} times the last line was cut when a process was killed, and the next one removed it."
        );
    }
    if let Some(first) = verified.continues_from {
        let _ = writeln!(
            text,
            "The {first} records before the first file were not verified."
        );
    }
    if let Some(head) = verified.head {
        let _ = writeln!(text, "The head is {head}");
    }
    if heads == 0 {
        text += "Nothing shows that the last lines were not removed: compare with --head.\n";
    } else if heads == 1 && *starts > 1 {
        text += "One head does not show that no lines were removed before an earlier start: repeat --head with the last head before each.\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_without_a_head_states_that_the_end_is_not_verified() {
        let verified = Verified {
            records: 3,
            starts: 1,
            lost: 2,
            ..Verified::default()
        };
        let text = report(&verified, 0);
        assert!(text.contains("3 records of 1 starts are valid"), "{text}");
        assert!(text.contains("could not write 2 more"), "{text}");
        assert!(text.contains("compare with --head"), "{text}");
        assert!(!report(&verified, 1).contains("--head"));
    }
}
