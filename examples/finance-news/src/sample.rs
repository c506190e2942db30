//! What is told without a key: invented articles, in the shape of the provider's.

/// The feed, as the provider would answer it.
pub(crate) const FEED: &str = include_str!("sample.json");

/// What every answer from it says.
pub(crate) const NOTE: &str = "This is sample data: invented articles about invented companies, \
    the same for every ticker. Set ALPHA_VANTAGE_API_KEY for news.";
