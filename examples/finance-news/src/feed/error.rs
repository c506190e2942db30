//! Why there is no news: the message for the caller, and the source for the log.

use std::{error::Error, fmt};

use toolgate::StartError;

/// Why a call returns no news. `Display` is for the caller, `source()` for the log.
#[derive(Debug)]
pub(crate) enum FeedError {
    /// The argument is not a ticker.
    Ticker(String),
    /// The provider did not answer.
    Unreachable(reqwest::Error),
    /// The provider answered with this status.
    Status(u16),
    /// The answer exceeds the limit.
    TooLarge,
    /// The answer is not what the provider documents.
    NotUnderstood(serde_json::Error),
    /// The answer has no articles and no reason.
    NoFeed,
    /// The answer has a reason: a limit, a wrong key, an unknown ticker.
    Refused(String),
}

impl FeedError {
    /// Removes the URL, which has the key in its query.
    pub(super) fn unreachable(error: reqwest::Error) -> Self {
        Self::Unreachable(error.without_url())
    }
}

impl fmt::Display for FeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ticker(text) => write!(
                f,
                "{text:?} is not a ticker; write one symbol such as AAPL, BRK.B, CRYPTO:BTC or FOREX:USD"
            ),
            Self::Unreachable(error) if error.is_timeout() => {
                f.write_str("Alpha Vantage did not answer in time; try again later")
            }
            Self::Unreachable(_) => {
                f.write_str("Alpha Vantage cannot be reached now; try again later")
            }
            Self::Status(status) => write!(f, "Alpha Vantage answered with status {status}"),
            Self::TooLarge => f.write_str("Alpha Vantage sent an answer that is too large"),
            Self::NotUnderstood(_) | Self::NoFeed => {
                f.write_str("Alpha Vantage sent an answer that is not a news feed")
            }
            Self::Refused(message) => {
                let end = message
                    .char_indices()
                    .nth(600)
                    .map_or(message.len(), |(at, _)| at);
                write!(
                    f,
                    "Alpha Vantage sent this message instead of news: {}",
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

/// Why the feed cannot be set up. `Debug` prints the same as `Display`, for `main`.
pub(crate) enum SetupError {
    /// The file with the key cannot be read.
    Key(StartError),
    /// A key must not be sent to the provider's address.
    Address,
    /// The HTTPS client cannot be built.
    Client(reqwest::Error),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(error) => error.fmt(f),
            Self::Address => f.write_str(
                "ALPHA_VANTAGE_BASE_URL is not an address that the key can be sent to; use https, or http on loopback, and no query",
            ),
            Self::Client(_) => f.write_str("the HTTPS client cannot be built"),
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
            Self::Key(_) | Self::Address => None,
        }
    }
}

impl From<StartError> for SetupError {
    fn from(error: StartError) -> Self {
        Self::Key(error)
    }
}
