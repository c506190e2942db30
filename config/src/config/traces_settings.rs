//! The settings of traces, with the feature `traces`: the variables of OpenTelemetry.

use super::{Config, Environment};

#[cfg(test)]
mod tests;

/// Reads the variables.
#[cfg(feature = "traces")]
pub(super) fn read(config: &mut Config, environment: &Environment) {
    use toolgate_traces::TraceSettings;

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
