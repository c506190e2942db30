//! Errors before the first request, all reported together.

use std::{fmt, io, net::SocketAddr};

/// Why a server did not start, or why it stopped.
///
/// `Debug` prints the same text as `Display`, so that a `main` that returns this error
/// prints what to do.
#[non_exhaustive]
pub enum Error {
    /// The configuration or the tools have errors; nothing was started.
    Start(StartError),
    /// The server could not listen on the address.
    Bind {
        /// The configured address.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The listening socket failed after the start.
    Serve(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(faults) => faults.fmt(f),
            Self::Bind { address, source } => write!(
                f,
                "cannot listen on {address}: {source}; set TOOLGATE_BIND to an address that is free on this machine"
            ),
            Self::Serve(source) => write!(f, "the server stopped: {source}"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Start(faults) => Some(faults),
            Self::Bind { source, .. } | Self::Serve(source) => Some(source),
        }
    }
}

impl From<StartError> for Error {
    fn from(faults: StartError) -> Self {
        Self::Start(faults)
    }
}

/// Every error that prevents the start, each with its fix.
#[derive(Clone, PartialEq, Eq)]
pub struct StartError {
    faults: Vec<SetupError>,
}

impl StartError {
    /// Returns the errors in the order in which they were found; never empty.
    #[must_use]
    pub fn faults(&self) -> &[SetupError] {
        &self.faults
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.faults.as_slice() {
            [only] => write!(f, "the server cannot start: {only}"),
            many => {
                write!(f, "the server cannot start, for {} reasons:", many.len())?;
                for (number, fault) in many.iter().enumerate() {
                    write!(f, "\n  {}. {fault}", number + 1)?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for StartError {}

/// One error: what is wrong, named as the user wrote it, and how to fix it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupError {
    what: String,
    remedy: String,
}

impl SetupError {
    /// Returns what is wrong.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Returns how to fix it.
    #[must_use]
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.what, self.remedy)
    }
}

/// Collects errors, so that all of them can be fixed in one pass.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<SetupError>);

impl Faults {
    pub(crate) fn add(&mut self, what: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(SetupError {
            what: what.into(),
            remedy: remedy.into(),
        });
    }

    /// Adds the errors of an earlier step.
    pub(crate) fn extend(&mut self, earlier: StartError) {
        self.0.extend(earlier.faults);
    }

    /// Returns the errors of a step that cannot continue. There is at least one.
    pub(crate) fn into_error(self) -> StartError {
        debug_assert!(!self.0.is_empty());
        StartError { faults: self.0 }
    }

    /// Returns `value` if there are no errors.
    pub(crate) fn finish<T>(self, value: T) -> Result<T, StartError> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(StartError { faults: self.0 })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_told_with_its_remedy() {
        let mut faults = Faults::default();
        faults.add("TOOLGATE_BIND is \"x\"", "write an address");
        faults.add("two tools are named \"a\"", "rename one");
        let told = format!("{:?}", Error::from(faults.finish(()).unwrap_err()));
        for part in [
            "2 reasons",
            "1. TOOLGATE_BIND",
            "write an address",
            "2. two tools",
            "rename one",
        ] {
            assert!(told.contains(part), "{told}");
        }
    }

    #[test]
    fn no_fault_gives_the_value() {
        assert_eq!(Faults::default().finish(7), Ok(7));
    }
}
