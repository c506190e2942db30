//! The answer without a key: invented articles, in the provider's format.

use std::sync::LazyLock;

use crate::feed::{Article, newest};

/// The newest articles of the sample, parsed at the first call and then copied.
pub(crate) static ARTICLES: LazyLock<Vec<Article>> =
    LazyLock::new(|| newest(FEED.as_bytes()).expect("the sample has the provider's format"));

/// The feed, in the format of the provider.
const FEED: &str = include_str!("sample.json");

/// The note of every answer with sample data.
pub(crate) const NOTE: &str = "This is sample data: invented articles about invented companies, \
    the same for every ticker. Set ALPHA_VANTAGE_API_KEY for news.";
