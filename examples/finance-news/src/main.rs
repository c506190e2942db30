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

use std::{
    env,
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use toolgate::{Config, Environment, Json, Server, State, logging, mcp_tool, scopes, tools};

mod feed;
mod sample;

use feed::{Feed, FeedError, News};

/// The port that the guides of this example register at a provider.
const PORT: u16 = 10_000;

const HELP: &str = "\
finance-news: news and its sentiment as an MCP tool behind OAuth

  finance-news                  serves until it receives a signal to stop
  finance-news --print-scopes   prints the scopes to register at a provider, one per line
  finance-news --help           prints this help

Variables, also read from .env; the README of Toolgate lists the others:
  ALPHA_VANTAGE_API_KEY    key of the news provider; without it, sample data with a note
  ALPHA_VANTAGE_BASE_URL   the provider's address, https://www.alphavantage.co by default
  TOOLGATE_BIND            address to listen on, 127.0.0.1:10000 by default
  RUST_LOG                 what to log, warn,toolgate=info by default
  TOOLGATE_LOG_FORMAT      json for one JSON object per line
";

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
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(|one| one.to_string_lossy()).collect();
    let done = match arguments.iter().map(AsRef::as_ref).collect::<Vec<_>>()[..] {
        [] => serve().await,
        ["--print-scopes"] => print_scopes(),
        ["--help" | "-h"] => io::stdout().write_all(HELP.as_bytes()).map_err(Into::into),
        [..] => Err(format!("unknown arguments: {}\n\n{HELP}", arguments.join(" ")).into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let environment = Environment::load()?;
    logging::init_from(&environment)?;
    // Both are validated before any error is returned, so that all errors are reported together.
    let feed = Feed::new(&environment);
    let config = Config::from_environment(&environment, PORT);
    if let (Err(config), Err(feed)) = (&config, &feed) {
        return Err(format!("{config}\n{feed}").into());
    }
    let feed = feed?;
    if matches!(feed, Feed::Sample) {
        tracing::warn!(
            "ALPHA_VANTAGE_API_KEY is not set: serving sample data, marked as such; set it for real news"
        );
    }
    Ok(server(feed).serve(config?).await?)
}

fn print_scopes() -> Result<(), Box<dyn Error>> {
    for scope in server(Feed::Sample).scopes()? {
        writeln!(io::stdout(), "{scope}")?;
    }
    Ok(())
}

#[cfg(test)]
mod access_tests;
