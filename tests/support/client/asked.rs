//! A client in a session that can be asked for something while its call waits.

use reqwest::Response;
use serde_json::{Value, json};

use super::{Client, Revision};

impl Client {
    /// Opens a session and declares that the client's person can be asked.
    ///
    /// # Panics
    ///
    /// When the server does not let it, or the revision has no sessions.
    pub async fn open_to_be_asked(&mut self) {
        let Revision::Session(version) = self.revision else {
            panic!("there are no sessions in {:?}", self.revision);
        };
        let answer = self.initialize_with(version, json!({"elicitation": {}}));
        let answer = answer.await;
        assert!(self.session().is_some(), "{answer:?}");
    }
}

/// Waits until the server asks its client for something, and gives the request. The rest
/// of the stream is left.
///
/// # Panics
///
/// When the stream ends before.
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
