//! The settings of the audit log. They are read with and without the feature `audit`: without it,
//! a server with the variables of an audit log does not start.

use std::path::{Path, PathBuf};

use super::{
    Config, Environment, StateKey,
    admin_settings::AdminSettings,
    redacted_value::quoted_without_secrets,
    variable::{AUDIT_KEY, add_missing_feature},
};
use crate::start_error::SetupErrors;

pub(super) const AUDIT_FILE: &str = "TOOLGATE_AUDIT_FILE";
pub(super) const AUDIT_ON_FAILURE: &str = "TOOLGATE_AUDIT_ON_FAILURE";
pub(super) const AUDIT_SUBJECTS: &str = "TOOLGATE_AUDIT_SUBJECTS";

/// The values of the variables of the audit log.
#[derive(Debug, Clone, Default)]
pub(super) struct AuditSettings {
    file: Option<PathBuf>,
    key: Option<StateKey>,
    /// Whether the variable of the key is set, also if the key is invalid.
    has_key: bool,
    continues: bool,
    is_pseudonymous: bool,
    /// A variable that has no effect without a file.
    needs_file: Option<&'static str>,
}

/// A valid audit log.
#[derive(Debug, Clone, Copy)]
pub struct ValidAudit<'c> {
    /// The path, or `stdout`.
    pub file: &'c Path,
    /// The secret key of the log.
    pub key: [u8; 32],
    /// Whether a request runs if its decision cannot be written.
    pub continues: bool,
    /// Whether subjects are written as pseudonyms.
    pub is_pseudonymous: bool,
}

/// Reads the variables.
pub(super) fn read(config: &mut Config, environment: &Environment) {
    let mut audit = AuditSettings {
        file: environment.get(AUDIT_FILE).map(PathBuf::from),
        ..AuditSettings::default()
    };
    if let Some(key) = environment.get(AUDIT_KEY) {
        audit.has_key = true;
        let advice = "keep it where the log is verified";
        audit.key = config.checked_key(AUDIT_KEY, StateKey::parse(key), advice);
    }
    audit.continues = read_choice(
        config,
        environment,
        AUDIT_ON_FAILURE,
        ["refuse", "continue"],
    );
    audit.is_pseudonymous = read_choice(
        config,
        environment,
        AUDIT_SUBJECTS,
        ["plain", "pseudonymous"],
    );
    let others = [AUDIT_KEY, AUDIT_ON_FAILURE, AUDIT_SUBJECTS];
    audit.needs_file = others
        .into_iter()
        .find(|name| environment.get(name).is_some());
    config.audit = audit;
}

/// Returns whether a variable has its second value; the first is the default.
fn read_choice(
    config: &mut Config,
    environment: &Environment,
    name: &str,
    [first, second]: [&str; 2],
) -> bool {
    match environment.get(name) {
        None => false,
        Some(text) if text == first => false,
        Some(text) if text == second => true,
        Some(text) => {
            let shown = quoted_without_secrets(text);
            config.add_error(
                format!("{name} is {shown}, which is neither {first} nor {second}"),
                format!("write {first} or {second}, or remove the variable to get {first}"),
            );
            false
        }
    }
}

impl AuditSettings {
    /// Adds the errors in the combination of the variables.
    pub(super) fn check(&self, errors: &mut SetupErrors) {
        match (&self.file, self.needs_file) {
            (None, Some(name)) => errors.add(
                format!("{name} is set, and {AUDIT_FILE} is not: there is no audit log"),
                format!("set {AUDIT_FILE} to a path or to stdout, or remove {name}"),
            ),
            (Some(_), _) if !self.has_key => errors.add(
                format!("{AUDIT_FILE} is set, and {AUDIT_KEY} is not: anybody could recompute a chain without a key"),
                format!("generate a key with `openssl rand -base64 32` and set {AUDIT_KEY} or {AUDIT_KEY}_FILE"),
            ),
            _ => {}
        }
        if self.file.is_some() && !cfg!(feature = "audit") {
            add_missing_feature(AUDIT_FILE, "audit", errors);
        }
    }

    /// Returns the audit log, if there is one.
    pub(super) fn valid(&self) -> Option<ValidAudit<'_>> {
        Some(ValidAudit {
            file: self.file.as_deref()?,
            key: self.key?.bytes(),
            continues: self.continues,
            is_pseudonymous: self.is_pseudonymous,
        })
    }
}

impl Config {
    /// Returns the settings without the audit log, the metrics, the traces and the operator's listener, for a command that
    /// only prints. A running server uses the file and the port.
    #[doc(hidden)]
    pub fn unobserved(mut self) -> Self {
        self.audit = AuditSettings::default();
        self.metrics = None;
        self.admin = AdminSettings::default();
        #[cfg(feature = "traces")]
        {
            self.traces = None;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::start_errors;

    const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

    #[test]
    fn every_error_of_the_audit_log_is_reported_with_its_remedy_and_without_the_key() {
        for (variables, parts) in [
            (
                &[(AUDIT_FILE, "a.log")][..],
                &["TOOLGATE_AUDIT_KEY is not", "openssl rand"][..],
            ),
            (
                &[(AUDIT_KEY, KEY)],
                &["TOOLGATE_AUDIT_KEY is set, and TOOLGATE_AUDIT_FILE is not"],
            ),
            (
                &[(AUDIT_SUBJECTS, "plain")],
                &["TOOLGATE_AUDIT_SUBJECTS is set, and"],
            ),
            (
                &[
                    (AUDIT_FILE, "a.log"),
                    (AUDIT_KEY, "c2VjcmV0"),
                    (AUDIT_ON_FAILURE, "stop"),
                ],
                &[
                    "TOOLGATE_AUDIT_KEY is not the base64 of 32 bytes",
                    "TOOLGATE_AUDIT_ON_FAILURE is \"stop\", which is neither refuse nor continue",
                ],
            ),
        ] {
            let told = start_errors(variables);
            for part in parts {
                assert!(told.contains(part), "{part}: {told}");
            }
            assert!(!told.contains("c2VjcmV0") && !told.contains(KEY), "{told}");
        }
    }

    #[cfg(feature = "audit")]
    #[test]
    fn a_complete_audit_log_is_accepted() {
        let all = [
            (AUDIT_FILE, "a.log"),
            (AUDIT_KEY, KEY),
            (AUDIT_ON_FAILURE, "continue"),
            (AUDIT_SUBJECTS, "pseudonymous"),
        ];
        assert_eq!(start_errors(&all), "");
        let config = Config::from_environment(&all.into_iter().collect(), 9000).unwrap();
        let valid = config.audit.valid().unwrap();
        assert!(valid.continues && valid.is_pseudonymous);
        assert_eq!(valid.key, *b"0123456789abcdef0123456789abcdef");
    }

    #[cfg(not(feature = "audit"))]
    #[test]
    fn without_the_feature_a_server_with_an_audit_log_does_not_start() {
        let told = start_errors(&[(AUDIT_FILE, "a.log"), (AUDIT_KEY, KEY)]);
        assert!(told.contains("without the feature `audit`"), "{told}");
    }
}
