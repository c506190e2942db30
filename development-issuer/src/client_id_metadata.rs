//! Client id metadata documents: the identifier of such a client is the URL of its metadata
//! (draft-ietf-oauth-client-id-metadata-document).
//!
//! Any page that sends the browser here chooses that URL, so the fetch must not reach into
//! the local network (SSRF): https to public addresses or loopback, http to loopback, no
//! redirects, with limits on time, size ([`EmbeddingServer::fetch_document`]) and concurrency.
//! For loopback the person is asked first ([`is_on_this_machine`]), because a program there may
//! trust local requests. Of a fetched document only name, host and redirect URI are shown.

use std::{
    borrow::Cow,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use url::Url;

use crate::{
    client_lookup::{Client, display_name},
    embedding_server::{DocumentLocation, EmbeddingServer, FetchError},
    expiring_map::ExpiringMap,
    redirect_uri::RedirectUri,
};

/// The maximum length of a URL as an identifier.
const URL_LIMIT: usize = 1024;
/// The maximum size of a document.
const DOCUMENT_LIMIT: usize = 16 * 1024;
/// The maximum number of redirect URIs in a document.
const REDIRECT_LIMIT: usize = 32;
/// How long a document is cached, in seconds: the browser and the application both load the
/// authorization page, moments apart.
const FRESH: u64 = 60;

/// Fetches and caches the documents of clients.
pub(crate) struct Documents {
    permits: Semaphore,
    cached: Mutex<ExpiringMap<String, Client>>,
}

impl Default for Documents {
    fn default() -> Self {
        Self {
            permits: Semaphore::new(4),
            cached: Mutex::new(ExpiringMap::new(100)),
        }
    }
}

/// The reason why there is no client at a URL, shown to the person.
pub(crate) type ClientError = Cow<'static, str>;

impl Documents {
    /// Returns the client that the document at this URL describes.
    ///
    /// If the host is unreachable and the redirect URI is on loopback, the client is accepted
    /// without verified facts: for a loopback redirect a document proves little, because any
    /// local program can listen there (RFC 8252 §8.6), and offline such applications could
    /// not log in otherwise.
    pub(crate) async fn client(
        &self,
        server: &dyn EmbeddingServer,
        id: &str,
        redirect: Option<&str>,
    ) -> Result<Client, ClientError> {
        let now = server.now();
        let (url, location) = validate_url(server, id)?;
        if let Some(client) = self.cached().get(id, now) {
            return Ok(client.clone());
        }
        let text = {
            let Ok(_permit) = self.permits.try_acquire() else {
                return Err("Too many metadata documents are being fetched; try again.".into());
            };
            server.fetch_document(&url).await
        };
        let text = match text {
            Ok(text) => text,
            Err(FetchError::Unreachable(reason)) if location == DocumentLocation::Remote => {
                return unreachable_client(id, redirect).ok_or(not_fetched(&reason));
            }
            Err(FetchError::Unreachable(reason) | FetchError::Refused(reason)) => {
                return Err(not_fetched(&reason));
            }
        };
        if text.len() > DOCUMENT_LIMIT {
            return Err("Its metadata document is too large.".into());
        }
        let metadata = server
            .parse_strict_object(&text)
            .ok_or("Its metadata document is not a JSON object with unique names.")?;
        let client = read_metadata(id, &url, &metadata)?;
        self.cached().insert(
            id.to_owned(),
            client.clone(),
            now.saturating_add(FRESH),
            now,
        );
        Ok(client)
    }

    #[cfg(test)]
    pub(crate) fn permits_left(&self) -> usize {
        self.permits.available_permits()
    }

    fn cached(&self) -> MutexGuard<'_, ExpiringMap<String, Client>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_fetched(reason: &str) -> ClientError {
    format!("Its metadata document cannot be fetched: {reason}.").into()
}

/// Builds a client whose document is unreachable.
fn unreachable_client(id: &str, redirect: Option<&str>) -> Option<Client> {
    let redirect = RedirectUri::parse(redirect?).filter(RedirectUri::is_loopback)?;
    Some(Client {
        id: id.to_owned(),
        name: None,
        host: None,
        redirects: vec![redirect],
    })
}

/// Returns whether an identifier is meant to be a URL.
pub(crate) fn is_url(id: &str) -> bool {
    id.starts_with("https://") || id.starts_with("http://")
}

/// Returns the host of an identifier, or `None` if it is not a URL.
pub(crate) fn host(id: &str) -> Option<String> {
    let url = Url::parse(id).ok().filter(|_| is_url(id))?;
    Some(url.authority().to_owned())
}

/// Returns whether the document of a client is on this machine, by the host in its
/// identifier. Any other name that resolves to loopback must use https, for which no local
/// program has a valid certificate.
pub(crate) fn is_on_this_machine(
    server: &dyn EmbeddingServer,
    id: &str,
) -> Result<bool, ClientError> {
    validate_url(server, id).map(|(_, location)| location == DocumentLocation::ThisMachine)
}

/// Returns the URL and where it leads if it may be fetched: canonical, with a path, and without user
/// information, query and fragment.
fn validate_url(
    server: &dyn EmbeddingServer,
    id: &str,
) -> Result<(Url, DocumentLocation), ClientError> {
    const NOT_ONE: &str = "Its identifier is not a canonical https URL with a path, so it cannot be the URL of its metadata document.";
    let url = Url::parse(id).map_err(|_| NOT_ONE)?;
    let plain = id.len() <= URL_LIMIT
        && url.as_str() == id
        && url.path() != "/"
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    match server.document_location(&url) {
        Some(location) if plain => Ok((url, location)),
        _ => Err(NOT_ONE.into()),
    }
}

fn read_metadata(
    id: &str,
    url: &Url,
    metadata: &Map<String, Value>,
) -> Result<Client, ClientError> {
    // A document with another `client_id` describes another client.
    if metadata.get("client_id").and_then(Value::as_str) != Some(id) {
        return Err("Its metadata document names another client_id.".into());
    }
    if metadata.contains_key("client_secret") {
        return Err(
            "Its metadata document has a client_secret, but the document is public.".into(),
        );
    }
    match metadata
        .get("token_endpoint_auth_method")
        .map(Value::as_str)
    {
        None | Some(Some("none")) => {}
        Some(_) => {
            return Err(
                "It authenticates at the token endpoint, but the development issuer accepts public clients only.".into(),
            );
        }
    }
    let listed = metadata.get("redirect_uris").and_then(Value::as_array);
    let redirects: Vec<_> = listed
        .into_iter()
        .flatten()
        .take(REDIRECT_LIMIT)
        .filter_map(|uri| uri.as_str().and_then(RedirectUri::parse))
        .collect();
    if redirects.is_empty() {
        return Err("Its metadata document has no usable redirect URI.".into());
    }
    let name = metadata.get("client_name").and_then(Value::as_str);
    Ok(Client {
        id: id.to_owned(),
        name: name.and_then(display_name),
        host: Some(url.authority().to_owned()),
        redirects,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::embedding_server::TestServer;
    use serde_json::json;

    const ID: &str = "https://client.example/oauth/client.json";

    #[test]
    fn an_identifier_is_a_plain_url() {
        for id in [
            ID,
            "http://127.0.0.1:4000/client.json",
            "http://localhost/c",
            "https://127.0.0.1/c",
        ] {
            assert!(validate_url(&TestServer::default(), id).is_ok(), "{id}");
        }
        for id in [
            "https://client.example",
            "https://client.example/",
            "https://client.example/a/../b",
            "https://client.example/c?x=1",
            "https://client.example/c#f",
            "https://good.example@evil.example/c",
            "https://CLIENT.example/c",
            "https://client.example:443/c",
            "http://client.example/c",
            "http://localhost.evil.example/c",
            "https://10.0.0.1/c",
            "https://169.254.169.254/latest/meta-data",
            "https://[fe80::1]/c",
            "https://[::ffff:192.168.0.1]/c",
            "https://0x7f000001/c",
            "file:///c",
        ] {
            assert!(validate_url(&TestServer::default(), id).is_err(), "{id}");
        }
    }

    #[test]
    fn a_document_describes_its_own_url_and_a_public_client() {
        let read_with = |change: Value| {
            let mut metadata =
                json!({"client_id": ID, "client_name": "C", "redirect_uris": ["app:/cb"]});
            metadata
                .as_object_mut()
                .unwrap()
                .extend(change.as_object().unwrap().clone());
            read_metadata(ID, &Url::parse(ID).unwrap(), metadata.as_object().unwrap())
        };
        let client =
            read_with(json!({"unknown": 1, "token_endpoint_auth_method": "none"})).unwrap();
        assert_eq!(client.host.as_deref(), Some("client.example"));
        for change in [
            json!({"client_id": "https://client.example/other"}),
            json!({"client_id": 1}),
            json!({"client_secret": "x"}),
            json!({"token_endpoint_auth_method": "client_secret_basic"}),
            json!({"token_endpoint_auth_method": 1}),
            json!({"redirect_uris": []}),
            json!({"redirect_uris": ["javascript:/x", "http://evil.example/cb"]}),
            json!({"redirect_uris": "app:/cb"}),
        ] {
            assert!(read_with(change.clone()).is_err(), "{change}");
        }
    }
}
