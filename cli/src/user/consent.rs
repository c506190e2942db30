//! Asks before further scopes are requested.

use std::io::{self, BufRead, Write};

use crate::{
    check_context::LONGEST_SCOPE,
    exit::{Failure, LACKS_SCOPE},
    untrusted_text::printable,
};

/// The longest part of a question, in characters. A list of scopes has at most [`LONGEST_SCOPE`]
/// bytes, so the question shows every scope to which the user agrees.
const LONGEST: usize = 2000 + LONGEST_SCOPE;

/// Whether further scopes may be requested.
#[derive(Debug)]
pub(super) struct Consent {
    /// `--yes`.
    pub(super) is_given: bool,
    /// Whether a person can answer.
    pub(super) can_ask: bool,
}

impl Consent {
    /// Asks whether to sign in again for these scopes, of which `missing` are new.
    ///
    /// # Errors
    ///
    /// If the person does not agree, or cannot be asked.
    pub(super) fn request(&self, tool: &str, missing: &str, all: &str) -> Result<(), Failure> {
        let stdin = io::stdin();
        self.request_from(tool, missing, all, &mut stdin.lock(), &mut io::stderr())
    }

    fn request_from(
        &self,
        tool: &str,
        missing: &str,
        all: &str,
        input: &mut dyn BufRead,
        output: &mut dyn Write,
    ) -> Result<(), Failure> {
        let needs = printable(
            &format!("{tool} needs the scope {missing}, which the token lacks."),
            LONGEST,
        );
        if self.is_given {
            // If stderr is closed, nobody can sign in, and the wait times out.
            let _ = writeln!(output, "{needs}");
            return Ok(());
        }
        let refused = |remedy: &str| Err(Failure::new(LACKS_SCOPE, format!("{needs} {remedy}")));
        if !self.can_ask {
            return refused(
                "Repeat the command with --yes to request it, or pass a token that has it.",
            );
        }
        let all = printable(all, LONGEST);
        let _ = write!(output, "{needs}\nSign in again for {all}? [y/N] ");
        let _ = output.flush();
        let mut answer = String::new();
        let read = input.read_line(&mut answer);
        match read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes") {
            true => Ok(()),
            false => refused("Nothing was requested."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(consent: &Consent, answer: &str) -> (Result<(), Failure>, String) {
        let mut output = Vec::new();
        let done = consent.request_from(
            "write_note",
            "note:write",
            "note:read note:write",
            &mut answer.as_bytes(),
            &mut output,
        );
        (done, String::from_utf8(output).unwrap())
    }

    #[test]
    fn only_a_yes_is_consent_and_the_scopes_are_named() {
        let person = Consent {
            is_given: false,
            can_ask: true,
        };
        for (answer, agrees) in [
            ("y\n", true),
            ("yes\n", true),
            ("\n", false),
            ("n\n", false),
            ("", false),
            ("yesterday\n", false),
        ] {
            let (done, output) = asked(&person, answer);
            assert_eq!(done.is_ok(), agrees, "{answer}");
            assert!(output.contains("note:read note:write?"), "{output}");
        }
    }

    #[test]
    fn a_script_must_agree_beforehand() {
        let script = Consent {
            is_given: false,
            can_ask: false,
        };
        // Standard input may contain a token, so it is not read as an answer.
        let (done, _) = asked(&script, "y\n");
        let failure = done.unwrap_err();
        assert!(failure.message().contains("--yes"), "{failure:?}");
        assert!(failure.message().contains("note:write"), "{failure:?}");
        let agreed = Consent {
            is_given: true,
            can_ask: false,
        };
        let (done, output) = asked(&agreed, "");
        assert!(done.is_ok() && output.contains("note:write"), "{output}");
    }

    #[test]
    fn every_scope_of_the_longest_list_is_shown() {
        let agreed = Consent {
            is_given: true,
            can_ask: false,
        };
        let person = Consent {
            is_given: false,
            can_ask: true,
        };
        let filler = "a ".repeat((LONGEST_SCOPE - "admin".len()) / 2);
        let all = filler + "admin";
        for consent in [agreed, person] {
            let mut output = Vec::new();
            let _ = consent.request_from("t", &all, &all, &mut &b"y\n"[..], &mut output);
            let output = String::from_utf8(output).unwrap();
            let shown = output.matches("admin").count();
            assert_eq!(shown, output.lines().count(), "{consent:?}");
            assert!(!output.contains('…'), "{consent:?}");
        }
    }

    #[test]
    fn a_scope_cannot_write_to_the_terminal() {
        let agreed = Consent {
            is_given: true,
            can_ask: false,
        };
        let mut output = Vec::new();
        let evil = "a\x1b[2J";
        let _ = agreed.request_from("t", evil, evil, &mut &b""[..], &mut output);
        assert!(!output.contains(&0x1b));
    }
}
