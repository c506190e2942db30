//! News from Alpha Vantage's `NEWS_SENTIMENT`, or sample data if there is no key.

use std::{fmt, sync::Arc, time::Duration};

use reqwest::{Client, Response, redirect::Policy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use toolgate::Environment;

use crate::sample;

mod error;
mod ticker;

#[cfg(test)]
mod tests;

pub(crate) use {
    error::{FeedError, SetupError},
    ticker::Ticker,
};

const KEY: &str = "ALPHA_VANTAGE_API_KEY";
const BASE_URL: &str = "ALPHA_VANTAGE_BASE_URL";
const DEFAULT_BASE_URL: &str = "https://www.alphavantage.co";

/// How many articles are returned.
const NEWEST: usize = 3;

/// The largest accepted answer, in bytes; the provider's answers have about 200 KB.
const LIMIT: usize = 4 * 1024 * 1024;

/// Where news comes from.
#[derive(Debug, Clone)]
pub(crate) enum Feed {
    Provider(Provider),
    Sample,
}

/// The newest articles about one company, currency or coin.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct News {
    /// The requested ticker, in upper case.
    pub(crate) ticker: String,
    /// Set if the articles are sample data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    /// At most three, the newest first.
    pub(crate) articles: Vec<Article>,
}

/// One article, with the values of the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Article {
    pub(crate) title: String,
    pub(crate) summary: String,
    pub(crate) source: String,
    /// The time of publication, UTC, as `YYYYMMDDThhmmss`.
    pub(crate) time_published: String,
    /// From -1 (bearish) to 1 (bullish).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) overall_sentiment_score: Option<Number>,
    /// The score in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) overall_sentiment_label: Option<String>,
}

impl Feed {
    /// Uses the provider if there is a key, and the sample otherwise.
    pub(crate) fn new(environment: &Environment) -> Result<Self, SetupError> {
        let Some(key) = environment.secret(KEY)? else {
            return Ok(Self::Sample);
        };
        let base = environment.get(BASE_URL).unwrap_or(DEFAULT_BASE_URL);
        Provider::new(base, &key).map(Self::Provider)
    }

    /// Returns the three newest articles about a ticker.
    pub(crate) async fn news(&self, ticker: &str) -> Result<News, FeedError> {
        let ticker = Ticker::parse(ticker)?;
        let (articles, note) = match self {
            Self::Provider(provider) => {
                let answer = provider.ask(&ticker).await?;
                let articles = newest(&answer).map_err(|error| provider.redact(error))?;
                (articles, None)
            }
            Self::Sample => (sample::ARTICLES.clone(), Some(sample::NOTE.to_owned())),
        };
        Ok(News {
            ticker: ticker.to_string(),
            note,
            articles,
        })
    }
}

/// Alpha Vantage, with the API key.
#[derive(Clone)]
pub(crate) struct Provider {
    client: Client,
    url: Arc<str>,
    key: Arc<str>,
}

impl Provider {
    fn new(base: &str, key: &str) -> Result<Self, SetupError> {
        let mut url: reqwest::Url = base.parse().map_err(|_| SetupError::Address)?;
        let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        // The provider requires the key in the URL.
        if !(url.scheme() == "https" || (url.scheme() == "http" && loopback))
            || url.query().is_some()
            || url.fragment().is_some()
        {
            return Err(SetupError::Address);
        }
        if !url.path().ends_with("/query") {
            let path = format!("{}/query", url.path().trim_end_matches('/'));
            url.set_path(&path);
        }
        let mut client = Client::builder()
            // A redirect would send the key to its target.
            .redirect(Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(15))
            .user_agent(concat!("finance-news/", env!("CARGO_PKG_VERSION")));
        if loopback {
            client = client.no_proxy();
        }
        Ok(Self {
            client: client.build().map_err(SetupError::Client)?,
            url: url.as_str().into(),
            key: key.into(),
        })
    }

    async fn ask(&self, ticker: &Ticker) -> Result<Vec<u8>, FeedError> {
        let ticker = ticker.to_string();
        let query = [
            ("function", "NEWS_SENTIMENT"),
            ("tickers", &ticker),
            ("sort", "LATEST"),
            ("apikey", &self.key),
        ];
        let answer = self.client.get(&*self.url).query(&query).send().await;
        let answer = answer.map_err(FeedError::unreachable)?;
        if !answer.status().is_success() {
            return Err(FeedError::Status(answer.status().as_u16()));
        }
        body(answer).await
    }

    /// Removes the key from an error, because the provider's messages repeat it.
    fn redact(&self, error: FeedError) -> FeedError {
        match error {
            FeedError::Refused(message) => {
                FeedError::Refused(message.replace(&*self.key, "[redacted]"))
            }
            other => other,
        }
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

async fn body(mut answer: Response) -> Result<Vec<u8>, FeedError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(FeedError::unreachable)? {
        if body.len() + chunk.len() > LIMIT {
            return Err(FeedError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The provider's answer, always with status 200: articles, or the reason why there are none.
#[derive(Deserialize)]
struct Answer {
    feed: Option<Vec<Article>>,
    #[serde(rename = "Note")]
    note: Option<String>,
    #[serde(rename = "Information")]
    information: Option<String>,
    #[serde(rename = "Error Message")]
    error: Option<String>,
}

/// Parses an answer of the provider, and returns its three newest articles.
pub(crate) fn newest(answer: &[u8]) -> Result<Vec<Article>, FeedError> {
    let mut articles = read(answer)?;
    // The format of the time sorts as text.
    articles.sort_by(|one, other| other.time_published.cmp(&one.time_published));
    articles.truncate(NEWEST);
    Ok(articles)
}

fn read(answer: &[u8]) -> Result<Vec<Article>, FeedError> {
    let answer: Answer = serde_json::from_slice(answer).map_err(FeedError::NotUnderstood)?;
    if let Some(feed) = answer.feed {
        return Ok(feed);
    }
    match answer.error.or(answer.information).or(answer.note) {
        Some(message) => Err(FeedError::Refused(message)),
        None => Err(FeedError::NoFeed),
    }
}
