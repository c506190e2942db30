//! The variables of OpenTelemetry, with the feature `traces`. Without it they belong to the
//! application, which can have an OpenTelemetry of its own.

use super::{Config, Environment};

#[cfg(feature = "traces")]
use toolgate_traces::{NAMES, SECRET_NAMES, TraceSettings};

#[cfg(not(feature = "traces"))]
const NAMES: [&str; 0] = [];
#[cfg(not(feature = "traces"))]
const SECRET_NAMES: [&str; 0] = [];

#[cfg(test)]
mod tests;

/// Reads the variables.
#[cfg(feature = "traces")]
pub(super) fn read(config: &mut Config, environment: &Environment) {
    match TraceSettings::read(|name| environment.get(name)) {
        Ok(settings) => {
            let warning = settings.as_ref().and_then(TraceSettings::warning);
            config.warnings.extend(warning);
            config.traces = settings;
        }
        Err(errors) => config.errors.extend(errors),
    }
}

#[cfg(not(feature = "traces"))]
pub(super) fn read(_: &mut Config, _: &Environment) {}

/// Returns whether a variable is read here.
pub(super) fn reads(name: &str) -> bool {
    let bare = name.strip_suffix("_FILE").unwrap_or(name);
    NAMES.contains(&name) || is_secret(bare)
}

/// Returns the variables whose value can be in the file that `<name>_FILE` names.
pub(super) fn secrets() -> &'static [&'static str] {
    &SECRET_NAMES
}

/// Returns whether the value of a variable may be a secret: headers can hold the key of a collector.
pub(super) fn is_secret(name: &str) -> bool {
    SECRET_NAMES.contains(&name)
}
