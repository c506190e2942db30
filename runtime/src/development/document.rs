//! Client id metadata documents: a client whose identifier is the URL of its description
//! (draft-ietf-oauth-client-id-metadata-document).
//!
//! Whoever sends the browser here chooses that URL, so fetching it must not reach into
//! the network that this machine stands in (SSRF): https to public addresses or loopback,
//! http to loopback, no redirects, little time, few bytes, few at once. What was fetched
//! is never shown, save for name, host and redirect URI.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use reqwest::{
    dns::{Addrs, Name, Resolve, Resolving},
    header::{ACCEPT, CONTENT_TYPE},
    redirect::Policy,
};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use url::{Host, Url};

use super::{
    client::{Client, display_name},
    loopback,
    redirect::RedirectUri,
    store::Store,
};
use crate::{clock::UnixTime, json};

/// The longest URL that is taken for an identifier.
const URL_LIMIT: usize = 1024;
/// The largest document.
const DOCUMENT_LIMIT: usize = 16 * 1024;
/// The most redirect URIs of one document.
const REDIRECT_LIMIT: usize = 32;
/// How long a document is used without being asked for again: a browser and the
/// application itself both load the authorization page, moments apart.
const FRESH: u64 = 60;

/// Fetches and keeps the documents of clients.
pub(super) struct Documents {
    http: OnceLock<Option<reqwest::Client>>,
    permits: Semaphore,
    known: Mutex<Store<String, Client>>,
}

impl Default for Documents {
    fn default() -> Self {
        Self {
            http: OnceLock::new(),
            permits: Semaphore::new(4),
            known: Mutex::new(Store::new(100)),
        }
    }
}

/// Why there is no client at a URL; written for the person who sees it.
pub(super) type Fault = &'static str;

impl Documents {
    /// The client that the document at this URL describes.
    pub(super) async fn client(&self, id: &str, now: UnixTime) -> Result<Client, Fault> {
        let url = checked(id)?;
        if let Some(known) = self.known().get(id, now) {
            return Ok(known.clone());
        }
        let text = self.fetch(&url).await?;
        let metadata = json::strict_object(&text)
            .map_err(|_| "Its metadata document is not a JSON object with each name once.")?;
        let client = read(id, &url, &metadata)?;
        self.known()
            .insert(id.to_owned(), client.clone(), now.plus(FRESH), now);
        Ok(client)
    }

    #[cfg(test)]
    pub(super) fn permits_left(&self) -> usize {
        self.permits.available_permits()
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Store<String, Client>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch(&self, url: &Url) -> Result<Vec<u8>, Fault> {
        const UNREACHABLE: Fault = "Its metadata document could not be fetched.";
        let http = self.http.get_or_init(|| http().ok()).as_ref();
        let http = http.ok_or("This machine cannot make https requests.")?;
        let _permit = self
            .permits
            .try_acquire()
            .map_err(|_| "Too many metadata documents are being fetched; try again.")?;
        // The library's errors hold the URL, and a URL may hold anything: they end here.
        let request = http.get(url.clone()).header(ACCEPT, "application/json");
        let mut response = request.send().await.map_err(|_| UNREACHABLE)?;
        if response.status() != reqwest::StatusCode::OK {
            return Err("Its metadata document was not answered with status 200.");
        }
        let media_type = response.headers().get(CONTENT_TYPE);
        if !media_type.is_some_and(|value| value.to_str().is_ok_and(is_json)) {
            return Err("Its metadata document is not application/json.");
        }
        let mut text = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| UNREACHABLE)? {
            if text.len() + chunk.len() > DOCUMENT_LIMIT {
                return Err("Its metadata document is too large.");
            }
            text.extend_from_slice(&chunk);
        }
        Ok(text)
    }
}

/// Whether an identifier claims to be a URL.
pub(super) fn is_url(id: &str) -> bool {
    id.starts_with("https://") || id.starts_with("http://")
}

/// The URL, when it is one to fetch: written as every reader would write it, with a path,
/// and without user information, query and fragment.
fn checked(id: &str) -> Result<Url, Fault> {
    const NOT_ONE: Fault = "Its identifier is no https URL with a path, written plainly, that could name its metadata document.";
    let url = Url::parse(id).map_err(|_| NOT_ONE)?;
    let plain = id.len() <= URL_LIMIT
        && url.as_str() == id
        && url.path() != "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let reachable = match (url.scheme(), url.host()) {
        ("https", Some(Host::Domain(_))) => true,
        ("https", Some(Host::Ipv4(address))) => is_allowed(address.into()),
        ("https", Some(Host::Ipv6(address))) => is_allowed(address.into()),
        ("http", Some(_)) => loopback::is_authority(url.authority()),
        _ => false,
    };
    if plain && reachable {
        Ok(url)
    } else {
        Err(NOT_ONE)
    }
}

fn read(id: &str, url: &Url, metadata: &Map<String, Value>) -> Result<Client, Fault> {
    // What names another identifier describes another client.
    if metadata.get("client_id").and_then(Value::as_str) != Some(id) {
        return Err("Its metadata document names another client_id.");
    }
    if metadata.contains_key("client_secret") {
        return Err("Its metadata document has a client_secret, which a public document must not.");
    }
    match metadata
        .get("token_endpoint_auth_method")
        .map(Value::as_str)
    {
        None | Some(Some("none")) => {}
        Some(_) => {
            return Err(
                "It authenticates at the token endpoint, and the development issuer takes public clients only.",
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
        return Err("Its metadata document has no redirect URI that can be used.");
    }
    let name = metadata.get("client_name").and_then(Value::as_str);
    Ok(Client {
        id: id.to_owned(),
        name: name.and_then(display_name),
        host: Some(url.authority().to_owned()),
        redirects,
    })
}

fn http() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .redirect(Policy::none())
        .timeout(Duration::from_secs(5))
        .dns_resolver(PublicOrLoopback)
        .build()
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Resolves names as the system does and drops the addresses of the network around.
/// The connection goes to the very addresses that were judged.
struct PublicOrLoopback;

impl Resolve for PublicOrLoopback {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|one| is_allowed(one.ip())).collect();
            if allowed.is_empty() {
                return Err(io::Error::other("no public address").into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Public unicast, or loopback (RFC 6890 and its registries).
fn is_allowed(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            v4.is_loopback()
                || !(v4.is_private()
                    || v4.is_link_local()
                    || v4.is_documentation()
                    || a == 0
                    || a >= 224
                    || (a == 100 && (64..128).contains(&b))
                    || (a == 192 && b == 0 && c == 0)
                    || (a == 198 && (18..20).contains(&b)))
        }
        // Global unicast is 2000::/3; in it, 2002::/16 (6to4) and 2001:0::/32 (Teredo)
        // carry an IPv4 address that would go unjudged, 2001:db8::/32 is documentation.
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            v6.is_loopback()
                || (first & 0xe000 == 0x2000
                    && first != 0x2002
                    && !(first == 0x2001 && matches!(second, 0 | 0xdb8)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
            assert!(checked(id).is_ok(), "{id}");
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
            assert!(checked(id).is_err(), "{id}");
        }
    }

    #[test]
    fn the_network_around_is_out_of_reach() {
        for address in [
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "fc00::1",
            "fe80::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001:0:a00:1::",
            "2001:db8::1",
        ] {
            assert!(!is_allowed(address.parse().unwrap()), "{address}");
        }
        for address in [
            "1.1.1.1",
            "127.0.0.1",
            "::1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
        ] {
            assert!(is_allowed(address.parse().unwrap()), "{address}");
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
            read(ID, &checked(ID).unwrap(), metadata.as_object().unwrap())
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
