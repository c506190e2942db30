//! What the issuer needs from the server that embeds it.
//!
//! Everything here has security rules that the server already enforces for its own requests.
//! The issuer asks the server, so that no rule has two implementations.

use std::pin::Pin;

use axum::http::HeaderMap;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use url::Url;

/// The server that embeds the issuer.
pub trait EmbeddingServer: Send + Sync + 'static {
    /// Returns the time of day, in seconds since the start of 1970, UTC.
    fn now(&self) -> u64;

    /// Returns where a document is, judging by the text of its URL, or `None` if the server
    /// must not fetch it (SSRF).
    fn document_location(&self, url: &Url) -> Option<DocumentLocation>;

    /// Fetches a document with `GET`: follows no redirect, limits the time, and connects only
    /// to permitted addresses (SSRF). Returns the body of a `200` response.
    fn fetch_document<'a>(&'a self, url: &'a Url) -> FetchFuture<'a>;

    /// Verifies the `DPoP` header of a `POST` to [`TOKEN_PATH`](super::TOKEN_PATH) (RFC 9449
    /// §4.3), and refuses a proof that was used before. `client` is the party that sent it.
    /// Returns `None` if there is no such header.
    ///
    /// # Errors
    ///
    /// The reason why the proof was refused.
    fn verify_proof(
        &self,
        headers: &HeaderMap,
        client: &str,
    ) -> Result<Option<Thumbprint>, ProofError>;

    /// Parses a JSON object. Returns `None` if it is invalid, or if a member name is repeated
    /// at any depth.
    fn parse_strict_object(&self, json: &[u8]) -> Option<Map<String, Value>>;

    /// Escapes, shortens and quotes untrusted text for a log line (CWE-117).
    fn quote_for_log(&self, text: &str) -> String;
}

/// The future of [`EmbeddingServer::fetch_document`].
pub type FetchFuture<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, FetchError>> + Send + 'a>>;

/// Where a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentLocation {
    /// On this machine: the host is a loopback address or a loopback name.
    ThisMachine,
    /// Elsewhere.
    Remote,
}

/// The reason why a document was not fetched, as part of a sentence for the person. It
/// contains no text from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchError {
    /// The host did not answer: it may be unreachable from this machine.
    Unreachable(String),
    /// The server refused to fetch it, or did not accept the response.
    Refused(String),
}

/// The reason why a DPoP proof was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofError {
    /// The proof is invalid, with a fixed description for the client.
    Invalid(&'static str),
    /// The server cannot store a further proof, so it cannot know whether this one was used
    /// before.
    NoCapacity,
    /// The server failed.
    Internal,
}

/// The SHA-256 thumbprint of a public key (RFC 7638 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thumbprint([u8; 32]);

impl Thumbprint {
    /// Builds a thumbprint from its digest.
    #[must_use]
    pub const fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// Parses a thumbprint as `dpop_jkt` contains it: canonical base64url.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digest = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        digest.try_into().ok().map(Self)
    }

    /// Formats the thumbprint as `jkt` contains it (RFC 9449 §6.1).
    pub(crate) fn encode(self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }
}
