//! Why a server did not start, or why it stopped.

use std::{fmt, io, net::SocketAddr};

pub(crate) use toolgate_core::start_error::SetupErrors;
pub use toolgate_core::start_error::{SetupError, StartError};

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
            Self::Start(errors) => errors.fmt(f),
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
            Self::Start(errors) => Some(errors),
            Self::Bind { source, .. } | Self::Serve(source) => Some(source),
        }
    }
}

impl From<StartError> for Error {
    fn from(errors: StartError) -> Self {
        Self::Start(errors)
    }
}
