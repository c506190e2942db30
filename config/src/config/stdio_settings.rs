//! The variables of recording, metrics and rates, which only an HTTP server reads. A program on
//! standard input and output must not ignore them silently.

use super::{
    Environment,
    admin_settings::ADMIN_BIND,
    audit_settings::{AUDIT_FILE, AUDIT_ON_FAILURE, AUDIT_SUBJECTS},
    metrics_settings::METRICS_BIND,
    rates::{CALLER_RATE, FAILED_RATE, UNAUTHENTICATED_RATE},
    variable::AUDIT_KEY,
};
use crate::start_error::{SetupErrors, StartError};

/// The variables that record, measure or limit requests over HTTP.
const WITHOUT_EFFECT: [&str; 9] = [
    AUDIT_FILE,
    AUDIT_KEY,
    AUDIT_ON_FAILURE,
    AUDIT_SUBJECTS,
    METRICS_BIND,
    ADMIN_BIND,
    CALLER_RATE,
    UNAUTHENTICATED_RATE,
    FAILED_RATE,
];

impl Environment {
    /// Checks that no variable is set that has no effect on standard input and output.
    ///
    /// # Errors
    ///
    /// Returns an error for each such variable.
    #[doc(hidden)]
    pub fn check_for_stdio(&self) -> Result<(), StartError> {
        let mut errors = SetupErrors::default();
        let of_file = format!("{AUDIT_KEY}_FILE");
        for name in WITHOUT_EFFECT.into_iter().chain([&*of_file]) {
            if self.get(name).is_some() {
                errors.add(
                    format!("{name} is set, and it has no effect on standard input and output: nothing would be recorded, measured or limited by it"),
                    format!("start the program with an environment without {name}, or serve HTTP; the log of the program has a line for each decision"),
                );
            }
        }
        errors.finish(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_variable_that_would_be_dropped_is_an_error_with_a_remedy() {
        let key_file = "TOOLGATE_AUDIT_KEY_FILE";
        for name in WITHOUT_EFFECT.into_iter().chain([key_file]) {
            let environment = Environment::from_iter([(name, "secret"), ("RUST_LOG", "info")]);
            let told = environment.check_for_stdio().unwrap_err().to_string();
            assert!(told.contains(&format!("{name} is set")), "{told}");
            assert!(told.contains(&format!("without {name}")), "{told}");
            assert!(!told.contains("secret"), "{told}");
        }
        let all = WITHOUT_EFFECT.map(|name| (name, "1"));
        let told = Environment::from_iter(all).check_for_stdio().unwrap_err();
        let told = told.to_string();
        assert!(
            WITHOUT_EFFECT.iter().all(|name| told.contains(name)),
            "{told}"
        );
        let harmless = [("RUST_LOG", "info"), ("TOOLGATE_BIND", "127.0.0.1:1")];
        assert!(Environment::from_iter(harmless).check_for_stdio().is_ok());
    }
}
