//! Sends one request and reads one response: redirects are not followed, and time and size are
//! limited.

mod response;

use std::{
    cell::RefCell,
    collections::BTreeMap,
    error::Error,
    fmt,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{Client, Method, redirect};
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

pub(crate) use response::Response;

/// The most bytes of a body that are read. No document or refusal needs more.
const LARGEST: usize = 2 << 20;

/// The shortest time to wait for a response.
const SHORTEST: Duration = Duration::from_secs(1);

/// The longest time to wait for a response.
const LONGEST: Duration = Duration::from_secs(600);

/// How long an event stream is read if no message is expected on it.
const GLANCE: Duration = Duration::from_millis(500);

/// A request that can be cloned, changed and sent again.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: Method,
    url: String,
    headers: Vec<(&'static str, String)>,
    body: Option<String>,
    awaits_message: bool,
}

impl Request {
    pub(crate) fn new(method: Method, url: impl Into<String>) -> Self {
        Self {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: None,
            awaits_message: false,
        }
    }

    pub(crate) fn get(url: impl Into<String>) -> Self {
        Self::new(Method::GET, url)
    }

    pub(crate) fn post(url: impl Into<String>) -> Self {
        Self::new(Method::POST, url)
    }

    /// Adds a header and keeps others of the same name.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Authenticates a client with its secret (RFC 6749 §2.3.1: both parts are form-encoded).
    pub(crate) fn basic(self, name: &str, secret: &str) -> Self {
        let encode = |text: &str| -> String { byte_serialize(text.as_bytes()).collect() };
        let pair = format!("{}:{}", encode(name), encode(secret));
        self.header(
            "authorization",
            format!("Basic {}", BASE64_STANDARD.encode(pair)),
        )
    }

    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.awaits_message = body.get("id").is_some() || body.is_array();
        self.body = Some(body.to_string());
        self.header("content-type", "application/json")
    }

    pub(crate) fn form(mut self, fields: &[(&str, &str)]) -> Self {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        self.body = Some(form.extend_pairs(fields).finish());
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    /// Sends the same request to another URL.
    pub(crate) fn to(mut self, url: impl Into<String>) -> Self {
        self.url = url.into();
        self
    }
}

/// The client, and a record of disclosures in all responses.
pub(crate) struct Http {
    client: Client,
    timeout: Duration,
    watched: RefCell<BTreeMap<String, Watched>>,
}

/// The kind of text that no response may contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Watch {
    Token,
    Trace,
}

/// A text that no response may contain.
struct Watched {
    watch: Watch,
    text: String,
    seen_in: Option<String>,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Watched texts are tokens: never print them.
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

impl Http {
    /// Creates a client that waits this long for a response: at least a second, at most ten
    /// minutes.
    ///
    /// # Errors
    ///
    /// If TLS cannot be set up.
    pub(crate) fn new(timeout: Duration) -> Result<Self, String> {
        let timeout = timeout.clamp(SHORTEST, LONGEST);
        // HTTP/1.1, because the `Host` checks need a header and not a pseudo-header.
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .http1_only()
            .no_proxy()
            .connect_timeout(timeout.min(Duration::from_secs(10)))
            .user_agent(concat!("toolgate-cli/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| innermost(&error))?;
        Ok(Self {
            client,
            timeout,
            watched: RefCell::default(),
        })
    }

    /// Searches every later response of [`Http::send`] for this text.
    pub(crate) fn watch(&self, watch: Watch, name: &str, text: &str) {
        let watched = Watched {
            watch,
            text: text.to_owned(),
            seen_in: None,
        };
        self.watched.borrow_mut().insert(name.to_owned(), watched);
    }

    /// Returns which watched texts appeared, and in which response.
    pub(crate) fn leaks(&self, watch: Watch) -> Vec<String> {
        let watched = self.watched.borrow();
        let leaks = watched.iter().filter_map(|(name, watched)| {
            let answer = watched
                .seen_in
                .as_deref()
                .filter(|_| watched.watch == watch)?;
            Some(format!("{name} in {answer}"))
        });
        leaks.collect()
    }

    /// Sends a request to the server under test.
    ///
    /// # Errors
    ///
    /// Returns why there is no response.
    pub(crate) async fn send(&self, request: Request) -> Result<Response, String> {
        let what = format!(
            "the response to {} {}",
            request.method,
            path_of(&request.url)
        );
        let answer = self.exchange(request).await?;
        for watched in self.watched.borrow_mut().values_mut() {
            if watched.seen_in.is_none() && answer.repeats(&watched.text) {
                watched.seen_in = Some(format!("{what} ({})", answer.status));
            }
        }
        Ok(answer)
    }

    /// Sends a request to another server, such as an authorization server, whose responses may
    /// contain tokens.
    ///
    /// # Errors
    ///
    /// Returns why there is no response.
    pub(crate) async fn exchange(&self, request: Request) -> Result<Response, String> {
        let end = Instant::now() + self.timeout;
        let mut builder = self
            .client
            .request(request.method.clone(), &request.url)
            .timeout(self.timeout);
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        if let Some(body) = request.body {
            builder = builder.body(body);
        }
        let mut response = builder
            .send()
            .await
            .map_err(|error| match error.is_timeout() {
                true => format!("no response within {} s", self.timeout.as_secs()),
                false => innermost(&error),
            })?;
        let mut answer = Response::new(response.status().as_u16(), response.headers().clone());
        let end = match answer.is_stream() && !request.awaits_message {
            true => end.min(Instant::now() + GLANCE),
            false => end,
        };
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match tokio::time::timeout(left, response.chunk()).await {
                Ok(Ok(Some(chunk))) => answer.body.extend_from_slice(&chunk),
                Ok(Ok(None)) => break,
                Ok(Err(error)) if !answer.is_stream() => return Err(innermost(&error)),
                // Check what the stream has sent so far.
                Ok(Err(_)) | Err(_) => break,
            }
            let has_response = answer.is_stream() && answer.has_response();
            answer.is_cut = answer.body.len() > LARGEST;
            if has_response || answer.is_cut {
                answer.body.truncate(LARGEST);
                break;
            }
        }
        Ok(answer)
    }
}

/// Returns the innermost cause: only that text has no URL in it.
fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// Returns the path of a URL without its query, which may contain secrets.
fn path_of(url: &str) -> String {
    url::Url::parse(url).map_or_else(|_| "?".to_owned(), |url| url.path().to_owned())
}
