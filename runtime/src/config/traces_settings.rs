//! The variables of OpenTelemetry, with the feature `traces`. Without it they belong to the
//! application, which can have an OpenTelemetry of its own.

use super::{Config, Environment};

/// Reads the variables.
#[cfg(feature = "traces")]
pub(super) fn read(config: &mut Config, environment: &Environment) {
    match toolgate_traces::TraceSettings::read(|name| environment.get(name)) {
        Ok(settings) => {
            let warning = settings.as_ref().and_then(|settings| settings.warning());
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
    #[cfg(feature = "traces")]
    let is_read = toolgate_traces::NAMES.contains(&name) || is_secret(name);
    #[cfg(not(feature = "traces"))]
    let is_read = name.is_empty();
    is_read
}

/// Returns the variables whose value can be in the file that `<name>_FILE` names.
pub(super) fn secrets() -> &'static [&'static str] {
    #[cfg(feature = "traces")]
    return &toolgate_traces::SECRET_NAMES;
    #[cfg(not(feature = "traces"))]
    &[]
}

/// Returns whether the value of a variable may be a secret.
#[cfg(feature = "traces")]
fn is_secret(name: &str) -> bool {
    let name = name.strip_suffix("_FILE").unwrap_or(name);
    secrets().contains(&name)
}
