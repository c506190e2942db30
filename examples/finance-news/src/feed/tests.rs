//! Tests against an imitation of the provider, on loopback.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::oneshot,
};

use super::*;

const SECRET: &str = "KEY-4711";

/// Answers one request with `response`, and sends its request line to the receiver.
async fn provider(response: Vec<u8>) -> (Feed, oneshot::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, asked) = oneshot::channel();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let read = socket.read(&mut request).await.unwrap();
        let head = String::from_utf8_lossy(&request[..read]).into_owned();
        let _ = tell.send(head.lines().next().unwrap_or_default().to_owned());
        // The client may close the connection early; one test checks that.
        let _ = socket.write_all(&response).await;
    });
    let environment = Environment::from_iter([
        (KEY, SECRET.to_owned()),
        (BASE_URL, format!("http://{address}")),
    ]);
    (Feed::new(&environment).unwrap(), asked)
}

fn answer(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
        .into()
}

async fn told(response: Vec<u8>) -> String {
    let (feed, _) = provider(response).await;
    let error = feed.news("AAPL").await.unwrap_err();
    let mut all = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(error) = source {
        all += &format!(" / {error} {error:?}");
        source = error.source();
    }
    assert!(
        !format!("{all} {error:?} {feed:?}").contains(SECRET),
        "{all}"
    );
    all
}

fn article(number: u32) -> Value {
    json!({
        "title": format!("Title \u{201c}{number}\u{201d}"),
        "url": "https://news.example/a",
        "time_published": format!("2026110{number}T120000"),
        "authors": ["A. Writer"],
        "summary": format!("Summary {number}"),
        "source": "Wire",
        "overall_sentiment_score": 0.123450,
        "overall_sentiment_label": "Neutral",
        "ticker_sentiment": [],
    })
}

#[tokio::test]
async fn the_three_newest_articles_are_reported_as_the_provider_has_them() {
    let feed: Vec<_> = [2, 5, 1, 4].into_iter().map(article).collect();
    let body = json!({"items": "4", "feed": feed}).to_string();
    let (feed, asked) = provider(answer("200 OK", &body)).await;
    let news = feed.news("brk.b").await.unwrap();
    let expected = [5, 4, 2].map(|number| {
        json!({
            "title": format!("Title \u{201c}{number}\u{201d}"),
            "summary": format!("Summary {number}"),
            "source": "Wire",
            "time_published": format!("2026110{number}T120000"),
            "overall_sentiment_score": 0.12345,
            "overall_sentiment_label": "Neutral",
        })
    });
    assert_eq!(
        serde_json::to_value(&news).unwrap(),
        json!({"ticker": "BRK.B", "articles": expected})
    );
    let asked = asked.await.unwrap();
    assert_eq!(
        asked,
        format!(
            "GET /query?function=NEWS_SENTIMENT&tickers=BRK.B&sort=LATEST&apikey={SECRET} HTTP/1.1"
        )
    );
}

#[tokio::test]
async fn no_articles_are_no_error() {
    let (feed, _) = provider(answer("200 OK", r#"{"items":"0","feed":[]}"#)).await;
    assert_eq!(feed.news("AAPL").await.unwrap().articles, []);
}

#[tokio::test]
async fn the_providers_messages_reach_the_caller_without_the_key() {
    for member in ["Note", "Information", "Error Message"] {
        let message = format!("We have detected your API key as {SECRET} and 25 requests a day.");
        let told = told(answer("200 OK", &json!({ member: message }).to_string())).await;
        assert!(
            told.contains("API key as [redacted] and 25 requests a day"),
            "{told}"
        );
    }
    let long = json!({"Note": "ü".repeat(99_999)}).to_string();
    assert!(told(answer("200 OK", &long)).await.len() < 2000);
}

#[tokio::test]
async fn a_failing_provider_is_reported_as_one() {
    assert!(
        told(answer("503 Service Unavailable", ""))
            .await
            .contains("status 503")
    );
    assert!(
        told(answer("200 OK", "<html>"))
            .await
            .contains("not a news feed")
    );
    assert!(
        told(answer("200 OK", "{}"))
            .await
            .contains("not a news feed")
    );
    assert!(told(Vec::new()).await.contains("cannot be reached"));
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_key() {
    let response =
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n";
    assert!(told(response.into()).await.contains("status 302"));
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let body = " ".repeat(LIMIT + 1);
    assert!(told(answer("200 OK", &body)).await.contains("too large"));
}

#[tokio::test]
async fn a_wrong_ticker_asks_nobody() {
    let environment = Environment::from_iter([(KEY, SECRET), (BASE_URL, "http://127.0.0.1:9")]);
    let error = Feed::new(&environment)
        .unwrap()
        .news("AAPL,IBM")
        .await
        .unwrap_err();
    assert!(error.to_string().contains("is not a ticker"), "{error}");
}

#[tokio::test]
async fn without_a_key_the_sample_says_that_it_is_one() {
    let feed = Feed::new(&Environment::default()).unwrap();
    let news = feed.news("aapl").await.unwrap();
    assert_eq!(news.ticker, "AAPL");
    assert!(news.note.unwrap().contains("sample"));
    let times: Vec<_> = news
        .articles
        .iter()
        .map(|article| &*article.time_published)
        .collect();
    assert_eq!(
        times,
        ["20260918T090500", "20260917T161500", "20260916T214500"]
    );
}

#[test]
fn a_key_is_sent_over_https_or_loopback_only() {
    for (base, fine) in [
        ("https://www.alphavantage.co", true),
        ("https://www.alphavantage.co/query", true),
        ("http://localhost:9/", true),
        ("http://www.alphavantage.co", false),
        ("https://www.alphavantage.co/query?x=y", false),
        ("www.alphavantage.co", false),
        ("file:///etc", false),
    ] {
        let made = Provider::new(base, SECRET);
        assert_eq!(made.is_ok(), fine, "{base}");
        if let Ok(provider) = made {
            assert!(provider.url.ends_with("/query") && !provider.url.contains("//query"));
        }
    }
}
