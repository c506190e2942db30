//! A server whose rules are short. It accepts less than a real one.

use std::{collections::HashSet, sync::atomic::AtomicUsize};

use super::*;

/// The response to a request for a document.
#[derive(Clone)]
pub(crate) enum Document {
    Text(String),
    Refused(&'static str),
    Pending,
}

#[derive(Clone, Default)]
pub(crate) struct TestServer(Arc<State>);

#[derive(Default)]
struct State {
    seconds: AtomicU64,
    /// By URL. Any other URL is unreachable.
    documents: Mutex<HashMap<String, Document>>,
    fetches: AtomicUsize,
    used_proofs: Mutex<HashSet<String>>,
}

impl TestServer {
    pub(super) fn pass(&self, seconds: u64) {
        self.0.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(super) fn serve(&self, url: String, document: Document) {
        self.0.documents.lock().unwrap().insert(url, document);
    }

    /// Returns how many documents were fetched.
    pub(super) fn fetches(&self) -> usize {
        self.0.fetches.load(Ordering::SeqCst)
    }
}

impl EmbeddingServer for TestServer {
    fn now(&self) -> u64 {
        START + self.0.seconds.load(Ordering::SeqCst)
    }

    /// No address but those of loopback, and http for loopback only.
    fn document_location(&self, url: &Url) -> Option<DocumentLocation> {
        let is_loopback = crate::loopback_guard::is_authority(url.authority());
        match (url.scheme(), url.host()?) {
            ("http" | "https", _) if is_loopback => Some(DocumentLocation::ThisMachine),
            ("https", url::Host::Domain(_)) => Some(DocumentLocation::Remote),
            _ => None,
        }
    }

    fn fetch_document<'a>(&'a self, url: &'a Url) -> FetchFuture<'a> {
        self.0.fetches.fetch_add(1, Ordering::SeqCst);
        let document = self.0.documents.lock().unwrap().get(url.as_str()).cloned();
        Box::pin(async {
            match document {
                None => Err(FetchError::Unreachable("the connection failed".to_owned())),
                Some(Document::Text(text)) => Ok(text.into_bytes()),
                Some(Document::Refused(reason)) => Err(FetchError::Refused(reason.to_owned())),
                Some(Document::Pending) => std::future::pending().await,
            }
        })
    }

    /// A proof is the thumbprint of its key, a space, and an identifier that was never used.
    fn verify_proof(
        &self,
        headers: &HeaderMap,
        _client: &str,
    ) -> Result<Option<Thumbprint>, ProofError> {
        let mut proofs = headers.get_all("dpop").iter();
        let Some(proof) = proofs.next() else {
            return Ok(None);
        };
        let proof = proof.to_str().unwrap();
        let key = proof
            .split_once(' ')
            .and_then(|(key, _)| Thumbprint::parse(key));
        let is_new = self.0.used_proofs.lock().unwrap().insert(proof.to_owned());
        match key {
            Some(key) if is_new && proofs.next().is_none() => Ok(Some(key)),
            _ => Err(ProofError::Invalid("the proof is not valid")),
        }
    }

    /// Refuses a name that the text has anywhere else, too.
    fn parse_strict_object(&self, json: &[u8]) -> Option<Map<String, Value>> {
        let members: Map<String, Value> = serde_json::from_slice(json).ok()?;
        let text = std::str::from_utf8(json).ok()?;
        let is_unique = |name: &String| text.matches(&format!("{name:?}:")).count() == 1;
        members.keys().all(is_unique).then_some(members)
    }

    fn quote_for_log(&self, text: &str) -> String {
        format!("{text:?}")
    }
}
