//! A client in a session that the server can ask while a call waits.

use reqwest::Response;
use serde_json::{Value, json};

use super::Client;

impl Client {
    /// Opens a session and declares that the client's user can be asked.
    ///
    /// # Panics
    ///
    /// If the server refuses, or the revision has no sessions.
    pub async fn open_to_be_asked(&mut self) {
        self.capabilities = json!({"elicitation": {}});
        let answer = self.initialize().await;
        assert!(self.session().is_some(), "{answer:?}");
    }
}

/// Waits until the server asks its client, and returns the request. The rest of the stream
/// remains unread.
///
/// # Panics
///
/// If the stream ends first.
pub async fn question(response: &mut Response) -> Value {
    let is_question = |message: &Value| message["method"].is_string() && !message["id"].is_null();
    message_in(response, is_question).await
}

/// Waits for the first message of this kind in a stream, and returns it. The rest of the stream
/// remains unread.
///
/// # Panics
///
/// If the stream ends first.
pub async fn message_in(response: &mut Response, is_sought: impl Fn(&Value) -> bool) -> Value {
    let mut text = String::new();
    loop {
        let chunk = response.chunk().await.expect("a stream");
        let chunk = chunk.unwrap_or_else(|| panic!("it ended: {text}"));
        text.push_str(std::str::from_utf8(&chunk).expect("text"));
        let message = text
            .lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .filter_map(|data| serde_json::from_str::<Value>(data).ok())
            .find(&is_sought);
        if let Some(message) = message {
            return message;
        }
    }
}
