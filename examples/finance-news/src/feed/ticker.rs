//! The tickers that Alpha Vantage accepts.

use std::fmt;

use super::FeedError;

/// A ticker in upper case: `AAPL`, `BRK.B`, `TSCO.LON`, `CRYPTO:BTC`, `FOREX:USD`.
///
/// One ticker only: the provider reads a comma as "and", and an `&` would end the
/// parameter. A ticker contains neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticker(String);

impl Ticker {
    pub(crate) fn parse(text: &str) -> Result<Self, FeedError> {
        let ticker = text.trim().to_ascii_uppercase();
        let symbol = ["CRYPTO:", "FOREX:"]
            .into_iter()
            .find_map(|market| ticker.strip_prefix(market))
            .unwrap_or(&ticker);
        let plain = |part: &str| {
            (1..=10).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let mut parts = symbol.split(['.', '-']);
        if parts.next().is_some_and(plain)
            && parts.next().is_none_or(plain)
            && parts.next().is_none()
        {
            Ok(Self(ticker))
        } else {
            Err(FeedError::Ticker(text.chars().take(40).collect()))
        }
    }
}

impl fmt::Display for Ticker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticker_is_put_into_upper_case() {
        for (text, expected) in [
            ("aapl", "AAPL"),
            (" IBM ", "IBM"),
            ("brk.b", "BRK.B"),
            ("BRK-B", "BRK-B"),
            ("tsco.lon", "TSCO.LON"),
            ("600104.SHH", "600104.SHH"),
            ("crypto:btc", "CRYPTO:BTC"),
            ("Forex:usd", "FOREX:USD"),
        ] {
            assert_eq!(Ticker::parse(text).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn what_is_no_single_ticker_is_refused() {
        for text in [
            "",
            " ",
            "AAPL,IBM",
            "AAPL&apikey=x",
            "AAPL IBM",
            "A/B",
            ".B",
            "BRK.",
            "A.B.C",
            "CRYPTO:",
            "CRYPTO",
            "STOCK:AAPL",
            "FOREX:CRYPTO:BTC",
            "ÄÖ",
            "A\n",
            "AAPL#",
            "%41",
            "ABCDEFGHIJK",
        ] {
            let judged = Ticker::parse(text);
            if text == "CRYPTO" || text == "A\n" {
                assert!(judged.is_ok(), "{text:?}");
            } else {
                assert!(judged.is_err(), "{text:?}");
            }
        }
        let told = Ticker::parse(&"x,".repeat(99_999)).unwrap_err().to_string();
        assert!(told.len() < 300, "{told}");
    }
}
