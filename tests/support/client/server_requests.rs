//! A client in a session that the server can ask while a call waits.

use reqwest::Response;
use serde_json::{Value, json};

use super::{Client, Revision};

impl Client {
    /// Opens a session and declares that the client's user can be asked.
    ///
    /// # Panics
    ///
    /// If the server refuses, or the revision has no sessions.
    pub async fn open_to_be_asked(&mut self) {
        let Revision::Session(version) = self.revision else {
            panic!("there are no sessions in {:?}", self.revision);
        };
        let answer = self.initialize_with(version, json!({"elicitation": {}}));
        let answer = answer.await;
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
    let mut text = String::new();
    loop {
        let chunk = response.chunk().await.expect("a stream");
        let chunk = chunk.unwrap_or_else(|| panic!("it ended: {text}"));
        text.push_str(std::str::from_utf8(&chunk).expect("text"));
        let question = text
            .lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .filter_map(|data| serde_json::from_str::<Value>(data).ok())
            .find(|message| message["method"].is_string() && !message["id"].is_null());
        if let Some(question) = question {
            return question;
        }
    }
}
