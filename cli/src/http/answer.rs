//! What came back.

use reqwest::header::HeaderMap;
use serde_json::{Map, Value};

/// An answer, read to its end or to its limit.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn new(status: u16, headers: HeaderMap) -> Self {
        Self {
            status,
            headers,
            body: Vec::new(),
        }
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// All field values of a name, as bytes.
    pub(crate) fn values(&self, name: &str) -> Vec<Vec<u8>> {
        let values = self.headers.get_all(name).iter();
        values.map(|value| value.as_bytes().to_vec()).collect()
    }

    /// A header as text, repeated ones with commas between.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let values = self.values(name);
        let texts: Vec<_> = values.iter().map(|v| String::from_utf8_lossy(v)).collect();
        (!texts.is_empty()).then(|| texts.join(", "))
    }

    /// The members of a header that is a list of names, in lower case.
    pub(crate) fn names(&self, name: &str) -> Vec<String> {
        let list = self.header(name).unwrap_or_default();
        let names = list.split(',').map(|name| name.trim().to_ascii_lowercase());
        names.filter(|name| !name.is_empty()).collect()
    }

    /// The media type without its parameters, in lower case.
    pub(crate) fn media_type(&self) -> String {
        let value = self.header("content-type").unwrap_or_default();
        let essence = value.split(';').next().unwrap_or_default();
        essence.trim().to_ascii_lowercase()
    }

    pub(crate) fn is_stream(&self) -> bool {
        self.media_type() == "text/event-stream"
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// A body that is one JSON object.
    pub(crate) fn object(&self) -> Option<Map<String, Value>> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The JSON-RPC response: the body, or that event of a stream which is one.
    pub(crate) fn message(&self) -> Option<Value> {
        let is_response = |message: &Value| {
            message.get("result").is_some() || message.get("error").is_some_and(Value::is_object)
        };
        if !self.is_stream() {
            return self.json().filter(is_response);
        }
        let text = self.text().replace("\r\n", "\n");
        let mut events = text.split("\n\n").map(|event| {
            let data = event.lines().filter_map(|line| line.strip_prefix("data:"));
            data.map(|line| line.strip_prefix(' ').unwrap_or(line))
                .collect::<Vec<_>>()
                .join("\n")
        });
        events.find_map(|data| serde_json::from_str(&data).ok().filter(is_response))
    }

    /// The result of a JSON-RPC response.
    pub(crate) fn result(&self) -> Option<Value> {
        self.message()?.get("result").cloned()
    }

    /// The status, and the JSON-RPC error if there is one.
    pub(crate) fn brief(&self) -> String {
        let error = self.message().and_then(|message| {
            let code = message.get("error")?.get("code")?.as_i64()?;
            Some(format!("HTTP {} with JSON-RPC error {code}", self.status))
        });
        error.unwrap_or_else(|| format!("HTTP {}", self.status))
    }

    /// Whether a text stands anywhere in the answer.
    pub(super) fn repeats(&self, text: &str) -> bool {
        let in_bytes = |bytes: &[u8]| {
            bytes
                .windows(text.len().max(1))
                .any(|window| window == text.as_bytes())
        };
        in_bytes(&self.body)
            || self
                .headers
                .values()
                .any(|value| in_bytes(value.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(kind: &'static str, body: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", kind.parse().unwrap());
        let mut answer = Answer::new(200, headers);
        answer.body = body.into();
        answer
    }

    #[test]
    fn a_response_is_found_in_a_body_and_in_a_stream() {
        let body = r#"{"jsonrpc":"2.0","id":1,"result":{"a":1}}"#;
        assert_eq!(answer("application/json", body).result().unwrap()["a"], 1);
        let stream = format!(
            ": hello\n\ndata: {{\"method\":\"x\"}}\n\nevent: message\r\ndata: {body}\r\n\r\n"
        );
        let answer = answer("text/event-stream; charset=utf-8", &stream);
        assert_eq!(answer.result().unwrap()["a"], 1);
    }

    #[test]
    fn an_oauth_error_is_no_response() {
        let answer = answer("application/json", r#"{"error":"invalid_token"}"#);
        assert!(answer.message().is_none());
        assert_eq!(answer.brief(), "HTTP 200");
    }

    #[test]
    fn a_text_is_found_in_headers_and_in_the_body() {
        let answer = answer("text/plain; x=secret1", "the secret2");
        assert!(answer.repeats("secret1"));
        assert!(answer.repeats("secret2"));
        assert!(!answer.repeats("secret3"));
    }
}
