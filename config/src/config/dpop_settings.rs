//! How old the proof of a key may be.

use std::time::Duration;

use super::{Config, Environment, redacted_value::quoted_without_secrets};
use crate::verify::LONGEST_PROOF_AGE;

pub(super) const PROOF_AGE: &str = "TOOLGATE_DPOP_PROOF_AGE_SECONDS";

/// Reads the variable.
pub(super) fn read(config: &mut Config, environment: &Environment) {
    let Some(text) = environment.get(PROOF_AGE) else {
        return;
    };
    let longest = LONGEST_PROOF_AGE.as_secs();
    match text.parse() {
        Ok(seconds) if (1..=longest).contains(&seconds) => {
            let age = Duration::from_secs(seconds);
            config.dpop = config.dpop.clone().with_proof_age(age);
        }
        _ => config.add_error(
            format!(
                "{PROOF_AGE} is {}, which is not a number of seconds from 1 to {longest}",
                quoted_without_secrets(text)
            ),
            "write 60, or 300 for clients that sign proofs ahead of their requests",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::start_errors;

    #[test]
    fn an_age_beyond_five_minutes_is_an_error() {
        for text in ["301", "0", "-1", "5m"] {
            let told = start_errors(&[(PROOF_AGE, text)]);
            assert!(told.contains("is not a number of seconds"), "{told}");
        }
    }
}
