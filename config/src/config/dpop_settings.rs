//! How old a DPoP proof may be, and how far its time may be ahead of the clock.

use std::time::Duration;

use super::{Config, Environment, redacted_value::quoted_without_secrets};
use crate::verify::{Dpop, LONGEST_PROOF_AGE};

pub(super) const PROOF_AGE: &str = "TOOLGATE_DPOP_PROOF_AGE_SECONDS";

pub(super) const PROOF_AHEAD: &str = "TOOLGATE_DPOP_PROOF_AHEAD_SECONDS";

/// Reads the variables.
pub(super) fn read(config: &mut Config, environment: &Environment) {
    let age = (
        PROOF_AGE,
        1,
        Dpop::with_proof_age as fn(Dpop, Duration) -> Dpop,
    );
    let ahead = (
        PROOF_AHEAD,
        0,
        Dpop::with_proof_ahead as fn(Dpop, Duration) -> Dpop,
    );
    let remedies = [
        "write 60, or 300 for clients that sign proofs ahead of their requests",
        "write 0, or 300 for clients whose clocks are wrong",
    ];
    for ((name, shortest, set), remedy) in [age, ahead].into_iter().zip(remedies) {
        let Some(text) = environment.get(name) else {
            continue;
        };
        let longest = LONGEST_PROOF_AGE.as_secs();
        match text.parse() {
            Ok(seconds) if (shortest..=longest).contains(&seconds) => {
                config.dpop = set(config.dpop.clone(), Duration::from_secs(seconds));
            }
            _ => config.add_error(
                format!(
                    "{name} is {}, which is not a number of seconds from {shortest} to {longest}",
                    quoted_without_secrets(text)
                ),
                remedy,
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::start_errors;

    #[test]
    fn an_age_beyond_five_minutes_is_an_error() {
        for (name, texts) in [
            (PROOF_AGE, ["301", "0", "-1", "5m"]),
            (PROOF_AHEAD, ["301", "-1", "5m", "1.5"]),
        ] {
            for text in texts {
                let told = start_errors(&[(name, text)]);
                assert!(told.contains("is not a number of seconds"), "{told}");
            }
        }
    }
}
