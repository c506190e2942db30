//! Logs to standard error, for a program that has no `tracing` subscriber of its own.
//!
//! Needs the feature `logging`. Two variables control it:
//!
//! - `RUST_LOG`: what is logged, as a comma-separated list of a level or `target=level`. The
//!   default is `warn,toolgate=info`.
//! - `TOOLGATE_LOG_FORMAT`: `text`, the default, or `json` for one JSON object per line.

use std::io::{self, IsTerminal};

use tracing_subscriber::{
    Layer, Registry, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::{
    config::Environment,
    error::{SetupErrors, StartError},
    line_limit_writer::LineLimitWriter,
    log_text::QuotedText,
};

const FILTER: &str = "RUST_LOG";
const FORMAT: &str = "TOOLGATE_LOG_FORMAT";

/// Logs what is useful to an operator, and nothing of the libraries below a warning.
const DEFAULT_FILTER: &str = "warn,toolgate=info";

/// Starts logging, with the settings of the process and of `.env`. Call it first in `main`.
///
/// ```no_run
/// use toolgate::{Config, Error, Server};
///
/// #[tokio::main]
/// async fn main() -> Result<(), Error> {
///     toolgate::logging::init()?;
///     Server::new("hello").serve(Config::from_env()?).await
/// }
/// ```
///
/// # Errors
///
/// [`StartError`] if a setting is not valid, `.env` cannot be read, or the program already has
/// a subscriber.
pub fn init() -> Result<(), StartError> {
    init_from(&Environment::load()?)
}

/// Like [`init`], with the settings of an [`Environment`] that is already loaded.
///
/// # Errors
///
/// As [`init`].
pub fn init_from(environment: &Environment) -> Result<(), StartError> {
    let mut errors = SetupErrors::default();
    let (filter, is_json) = settings(environment, &mut errors);
    let (filter, is_json) = errors.finish((filter, is_json))?;
    let lines = fmt::layer().with_writer(|| LineLimitWriter::new(io::stderr()));
    let layer: Box<dyn Layer<Registry> + Send + Sync> = match is_json {
        true => lines.json().flatten_event(true).boxed(),
        false => lines.with_ansi(io::stderr().is_terminal()).boxed(),
    };
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter));
    let mut errors = SetupErrors::default();
    if subscriber.try_init().is_err() {
        errors.add(
            "the program already has a tracing subscriber",
            "remove it, or do not call `logging::init`",
        );
    }
    errors.finish(())
}

/// Reads the filter, and whether the format is JSON.
fn settings(environment: &Environment, errors: &mut SetupErrors) -> (Targets, bool) {
    let filter = environment.get(FILTER).unwrap_or(DEFAULT_FILTER);
    let targets = filter.parse().unwrap_or_else(|_| {
        errors.add(
            format!("{FILTER} is {}, which is not a list of levels", QuotedText(filter, 160)),
            format!("write error, warn, info, debug or trace, alone or behind a target, such as {DEFAULT_FILTER}"),
        );
        Targets::new()
    });
    let is_json = match environment.get(FORMAT) {
        None | Some("text") => false,
        Some("json") => true,
        Some(format) => {
            errors.add(
                format!(
                    "{FORMAT} is {}, which is not a format",
                    QuotedText(format, 160)
                ),
                "write text or json",
            );
            false
        }
    };
    (targets, is_json)
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<(Targets, bool), StartError> {
        let mut errors = SetupErrors::default();
        let settings = settings(&variables.iter().copied().collect(), &mut errors);
        errors.finish(settings)
    }

    #[test]
    fn the_default_shows_our_lines_and_the_warnings_of_others() {
        let (filter, is_json) = read(&[]).unwrap();
        assert!(filter.would_enable("toolgate::audit", &Level::INFO));
        assert!(!filter.would_enable("rmcp::service", &Level::INFO));
        assert!(filter.would_enable("rmcp::service", &Level::WARN));
        assert!(!is_json);
    }

    #[test]
    fn filter_and_format_are_settings_and_their_errors_are_reported_together() {
        let (filter, is_json) =
            read(&[("RUST_LOG", "rmcp=debug"), ("TOOLGATE_LOG_FORMAT", "json")]).unwrap();
        assert!(filter.would_enable("rmcp::service", &Level::DEBUG));
        assert!(is_json);
        let errors = read(&[("RUST_LOG", "a=loud"), ("TOOLGATE_LOG_FORMAT", "xml")]).unwrap_err();
        let told = errors.to_string();
        for part in [
            "RUST_LOG is \"a=loud\"",
            "TOOLGATE_LOG_FORMAT is \"xml\"",
            "text or json",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }
}
