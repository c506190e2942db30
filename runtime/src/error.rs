//! What can go wrong before the first request, all of it told at once.

use std::{fmt, io, net::SocketAddr};

/// Why a server did not start, or stopped.
///
/// `Debug` prints what `Display` prints, so that a `main` that returns this error
/// tells a person what to do.
#[non_exhaustive]
pub enum Error {
    /// The configuration or the tools have faults; nothing was started.
    Start(StartError),
    /// The address could not be listened on.
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The listening socket failed later.
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

/// Every fault that keeps a server from starting, each with its remedy.
#[derive(Clone, PartialEq, Eq)]
pub struct StartError {
    faults: Vec<StartFault>,
}

impl StartError {
    /// The faults, in the order in which they were found; never empty.
    #[must_use]
    pub fn faults(&self) -> &[StartFault] {
        &self.faults
    }

    /// The one fault of a step that has no other.
    #[cfg(feature = "development-issuer")]
    pub(crate) fn single(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        let (what, remedy) = (what.into(), remedy.into());
        Self {
            faults: vec![StartFault { what, remedy }],
        }
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

/// One fault: what is wrong, named as the user wrote it, and what mends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartFault {
    what: String,
    remedy: String,
}

impl StartFault {
    /// What is wrong.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What mends it.
    #[must_use]
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}

impl fmt::Display for StartFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.what, self.remedy)
    }
}

/// Collects faults, so that a person mends them in one go.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<StartFault>);

impl Faults {
    pub(crate) fn add(&mut self, what: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(StartFault {
            what: what.into(),
            remedy: remedy.into(),
        });
    }

    /// Takes over the faults of an earlier step.
    pub(crate) fn extend(&mut self, earlier: StartError) {
        self.0.extend(earlier.faults);
    }

    /// The faults, for a step that cannot go on. There is at least one.
    pub(crate) fn into_error(self) -> StartError {
        debug_assert!(!self.0.is_empty());
        StartError { faults: self.0 }
    }

    /// The value, when nothing is wrong.
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
