//! News and its sentiment, behind OAuth.
//!
//! Run `cargo run -p finance-news`; it needs no account and no configuration. Then
//!
//! ```text
//! curl -i http://127.0.0.1:10000/mcp -d '{}'
//! ```
//!
//! answers `HTTP/1.1 401 Unauthorized` and says where a client can log in:
//!
//! ```text
//! www-authenticate: Bearer resource_metadata="http://127.0.0.1:10000/.well-known/oauth-protected-resource/mcp", scope="news:read"
//! ```
//!
//! An MCP client with the URL `http://127.0.0.1:10000/mcp` logs in by itself.

use std::process::ExitCode;

use toolgate::{
    Json, Server, State,
    cli::{Program, Purpose},
    mcp_tool, scopes, tools,
};

mod feed;
mod sample;

use feed::{Feed, FeedError, News, SetupError};

/// The port that the guides of this example register at a provider.
const PORT: u16 = 10_000;

scopes! {
    /// What a token for this server allows.
    mod scope {
        /// Read news and its sentiment
        READ = "news:read",
    }
}

/// Finds the three newest articles about a company, a currency or a coin.
///
/// Each article has a title, a summary, its source, the time of publication and its sentiment.
/// Without a key for the provider, the articles are sample data, and a note says so.
// The tutorial of this tool returns a text. `Json` publishes an output schema and sends the same
// values as structured content, which a client can check and a program can use; for a model, the
// answer also has them as text.
#[mcp_tool(scope = scope::READ, read_only, open_world)]
async fn get_news_sentiment(
    /// Ticker symbol, such as `AAPL`, `BRK.B`, `CRYPTO:BTC` or `FOREX:USD`.
    #[arg(min_length = 1, max_length = 40)]
    ticker: String,
    State(feed): State<Feed>,
) -> Result<Json<News>, FeedError> {
    Ok(Json(feed.news(&ticker).await?))
}

fn server(feed: Feed) -> Server<Feed> {
    Server::with_state("finance-news", feed)
        .with_title("Finance news")
        .with_version(env!("CARGO_PKG_VERSION"))
        .declared_scopes(scope::ALL)
        .tools(tools![in scope::ALL; get_news_sentiment])
}

#[tokio::main]
async fn main() -> ExitCode {
    Program::new("news and its sentiment as an MCP tool behind OAuth")
        .with_port(PORT)
        .with_variable("ALPHA_VANTAGE_API_KEY", "the key of the provider, or ALPHA_VANTAGE_API_KEY_FILE; sample data without it")
        .with_variable("ALPHA_VANTAGE_BASE_URL", "the address of the provider")
        .run(|environment, purpose| {
            let feed = match purpose {
                Purpose::Serve => Feed::new(environment)?,
                Purpose::Print => return Ok(server(Feed::Sample)),
            };
            if matches!(feed, Feed::Sample) {
                tracing::warn!(
                    "ALPHA_VANTAGE_API_KEY is not set: serving sample data, marked as such; set it for real news"
                );
            }
            Ok::<_, SetupError>(server(feed))
        })
        .await
}

#[cfg(test)]
mod access_tests;
