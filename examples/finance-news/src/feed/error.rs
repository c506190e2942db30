//! Why there are no news: what a caller is told, and what only the log is.

use std::{error::Error, fmt};

/// Why a call has no news. `Display` is for the caller, `source()` for the log.
#[derive(Debug)]
pub(crate) enum FeedError {
    /// The argument is no ticker.
    Ticker(String),
    /// The provider did not answer.
    Unreachable(reqwest::Error),
    /// The provider answered with this status.
    Status(u16),
    /// The provider answered more than is read.
    TooLarge,
    /// The provider answered something else than it documents.
    NotUnderstood(serde_json::Error),
    /// The provider's answer has no articles, and does not say why.
    NoFeed,
    /// The provider told why there are none: a limit, a wrong key, an unknown ticker.
    Refused(String),
}

impl FeedError {
    /// Without the URL, which has the key in its query.
    pub(super) fn unreachable(error: reqwest::Error) -> Self {
        Self::Unreachable(error.without_url())
    }
}

impl fmt::Display for FeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ticker(text) => write!(
                f,
                "{text:?} is no ticker; write one symbol such as AAPL, BRK.B, CRYPTO:BTC or FOREX:USD"
            ),
            Self::Unreachable(error) if error.is_timeout() => {
                f.write_str("Alpha Vantage did not answer in time; try again later")
            }
            Self::Unreachable(_) => {
                f.write_str("Alpha Vantage cannot be reached now; try again later")
            }
            Self::Status(status) => write!(f, "Alpha Vantage answered with status {status}"),
            Self::TooLarge => f.write_str("Alpha Vantage answered more than is read"),
            Self::NotUnderstood(_) | Self::NoFeed => {
                f.write_str("Alpha Vantage answered something that is no news feed")
            }
            Self::Refused(message) => {
                let end = message
                    .char_indices()
                    .nth(600)
                    .map_or(message.len(), |(at, _)| at);
                write!(
                    f,
                    "Alpha Vantage sent no news, but this message: {}",
                    &message[..end]
                )
            }
        }
    }
}

impl Error for FeedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreachable(error) => Some(error),
            Self::NotUnderstood(error) => Some(error),
            _ => None,
        }
    }
}

/// Why the feed cannot be set up. `Debug` tells what `Display` tells, for `main`.
pub(crate) enum SetupError {
    /// The provider's address is none that a key may be sent to.
    Address,
    /// The client for https cannot be made.
    Client(reqwest::Error),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address => f.write_str(
                "ALPHA_VANTAGE_BASE_URL is no address that a key may be sent to; use https, or http on loopback, and no query",
            ),
            Self::Client(_) => f.write_str("the client for https cannot be made"),
        }
    }
}

impl fmt::Debug for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for SetupError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Client(error) => Some(error),
            Self::Address => None,
        }
    }
}
