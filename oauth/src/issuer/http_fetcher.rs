//! Fetches one small JSON document from an issuer, or posts a form, within limits.
//!
//! It follows no redirect (the target would be unchecked), limits the time and the size of an
//! answer, and connects only to addresses that [`EgressPolicy`] permits.

use std::{
    fmt, io,
    sync::{Arc, OnceLock},
    time::Duration,
};

use reqwest::{
    Client, Proxy, RequestBuilder, Response, StatusCode,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue},
    redirect,
};
use url::Url;

use super::egress_policy::EgressPolicy;

/// The maximum size of a document. Real ones have a few kilobytes.
const MAX_DOCUMENT: usize = 512 * 1024;

/// The time limits of a connection, and of an answer with its body.
const CONNECT: Duration = Duration::from_secs(3);
const ANSWER: Duration = Duration::from_secs(5);

/// Fetches documents from the addresses that its [`EgressPolicy`] permits.
pub struct HttpFetcher {
    /// Built at its first use: reading the system's certificates takes time and can fail.
    client: OnceLock<Client>,
    egress: EgressPolicy,
}

impl HttpFetcher {
    /// Fetches from the addresses that a policy allows.
    pub fn new(egress: EgressPolicy) -> Self {
        Self {
            client: OnceLock::new(),
            egress,
        }
    }

    /// Returns the policy for the addresses of its requests.
    pub(super) fn egress(&self) -> &EgressPolicy {
        &self.egress
    }

    fn client(&self) -> Result<&Client, FetchError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let builder = Client::builder()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(concat!("toolgate/", env!("CARGO_PKG_VERSION")))
            // Proxies of the environment are never used: only a setting chooses one.
            .no_proxy();
        let builder = match &self.egress.proxy {
            Some(proxy) => {
                builder.proxy(Proxy::all(proxy.clone()).map_err(|_| FetchError::NoClient)?)
            }
            None => builder.dns_resolver(Arc::new(EgressResolver(self.egress.clone()))),
        };
        let client = builder.build().map_err(|_| FetchError::NoClient)?;
        Ok(self.client.get_or_init(|| client))
    }

    /// Gets a URL and returns the body of a `200` answer.
    pub async fn get(&self, url: &Url) -> Result<Vec<u8>, FetchError> {
        self.send(url, self.client()?.get(url.clone())).await
    }

    /// Posts a form with these credentials and returns the body of a `200` answer.
    pub(super) async fn post(
        &self,
        url: &Url,
        form: String,
        authorization: Option<HeaderValue>,
    ) -> Result<Vec<u8>, FetchError> {
        self.send(url, self.form(url, form, authorization)?).await
    }

    /// Like [`HttpFetcher::post`], but also returns the body of a refusal (RFC 6749 §5.2).
    pub(super) async fn post_for_either(
        &self,
        url: &Url,
        form: String,
        authorization: Option<HeaderValue>,
    ) -> Result<(u16, Vec<u8>), FetchError> {
        let request = self.form(url, form, authorization)?;
        self.either(url, request, &[200]).await
    }

    /// Like [`HttpFetcher::post_for_either`], as part of the trace of this `traceparent`.
    pub(super) async fn post_in_trace(
        &self,
        url: &Url,
        form: String,
        authorization: Option<HeaderValue>,
        traceparent: Option<&str>,
    ) -> Result<(u16, Vec<u8>), FetchError> {
        let mut request = self.form(url, form, authorization)?;
        if let Some(traceparent) = traceparent {
            request = request.header("traceparent", traceparent);
        }
        self.either(url, request, &[200]).await
    }

    /// Posts a JSON document, and returns the body of a success or of a refusal (RFC 7591 §3.2).
    pub(super) async fn post_json(
        &self,
        url: &Url,
        json: String,
    ) -> Result<(u16, Vec<u8>), FetchError> {
        let request = self
            .client()?
            .post(url.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(json);
        self.either(url, request, &[200, 201]).await
    }

    /// Posts a JSON document with these credentials, and returns the body of a `200` answer that is
    /// JSON, too.
    ///
    /// # Errors
    ///
    /// Returns why there is no such answer.
    pub async fn post_json_as(
        &self,
        url: &Url,
        json: String,
        authorization: HeaderValue,
    ) -> Result<Vec<u8>, FetchError> {
        let request = self
            .client()?
            .post(url.clone())
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_TYPE, "application/json")
            .body(json);
        let answer = self.answer(url, request).await?;
        let media_type = answer.headers().get(CONTENT_TYPE);
        let is_json = media_type.is_some_and(|one| one.as_bytes().starts_with(b"application/json"));
        match answer.status() {
            StatusCode::OK if is_json => bounded(answer).await,
            StatusCode::OK => Err(FetchError::NotJson),
            status => Err(FetchError::Status(status.as_u16())),
        }
    }

    /// Sends a request, and returns the status and the body of a success or of a refusal.
    async fn either(
        &self,
        url: &Url,
        request: RequestBuilder,
        successes: &[u16],
    ) -> Result<(u16, Vec<u8>), FetchError> {
        let answer = self.answer(url, request).await?;
        match answer.status().as_u16() {
            status if successes.contains(&status) || matches!(status, 400 | 401 | 403) => {
                Ok((status, bounded(answer).await?))
            }
            status => Err(FetchError::Status(status)),
        }
    }

    fn form(
        &self,
        url: &Url,
        form: String,
        authorization: Option<HeaderValue>,
    ) -> Result<RequestBuilder, FetchError> {
        let request = self
            .client()?
            .post(url.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form);
        Ok(match authorization {
            Some(authorization) => request.header(AUTHORIZATION, authorization),
            None => request,
        })
    }

    async fn send(&self, url: &Url, request: RequestBuilder) -> Result<Vec<u8>, FetchError> {
        let answer = self.answer(url, request).await?;
        match answer.status() {
            StatusCode::OK => bounded(answer).await,
            status => Err(FetchError::Status(status.as_u16())),
        }
    }

    async fn answer(&self, url: &Url, request: RequestBuilder) -> Result<Response, FetchError> {
        self.egress
            .permits_url(url)
            .map_err(FetchError::Forbidden)?;
        let request = request.header(ACCEPT, "application/json");
        request.send().await.map_err(FetchError::from_reqwest)
    }
}

/// Reads a body in chunks, and stops at the size limit.
async fn bounded(mut answer: Response) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(FetchError::from_reqwest)? {
        if body.len() + chunk.len() > MAX_DOCUMENT {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// A resolver that returns only permitted addresses. The client connects to these addresses,
/// so a name cannot resolve differently after the check (DNS rebinding).
struct EgressResolver(EgressPolicy);

impl Resolve for EgressResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let egress = self.0.clone();
        Box::pin(async move {
            let mut refused = None;
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let permitted: Vec<_> = found
                .filter(|address| {
                    let permit = egress.permits(name.as_str(), address.ip());
                    refused = permit.err().or(refused);
                    permit.is_ok()
                })
                .collect();
            match refused {
                Some(reason) if permitted.is_empty() => {
                    Err(Box::new(AddressForbidden(reason)) as _)
                }
                _ => Ok(Box::new(permitted.into_iter()) as Addrs),
            }
        })
    }
}

/// Why every address of a name is refused.
#[derive(Debug)]
struct AddressForbidden(&'static str);

impl fmt::Display for AddressForbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for AddressForbidden {}

/// The reason why a document was not fetched. It contains no text from outside and no URL:
/// the HTTP client's own errors would print the URL with its query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchError {
    /// The URL may not be fetched, or every address of its host is refused.
    Forbidden(&'static str),
    /// No HTTP client can be created (no trusted certificates, for instance).
    NoClient,
    /// The name of the server does not resolve.
    UnknownName,
    /// The certificate of the server is not valid here.
    Certificate(&'static str),
    /// No connection.
    NoConnection(Option<io::ErrorKind>),
    /// No complete answer in time.
    Timeout,
    /// The connection broke, or the answer was not HTTP.
    Broken,
    /// An answer other than `200`.
    Status(u16),
    /// The body exceeds the size limit.
    TooLarge,
    /// The body is not of the media type of JSON.
    NotJson,
}

impl FetchError {
    fn from_reqwest(error: reqwest::Error) -> Self {
        if let Some(AddressForbidden(reason)) = find_source(&error) {
            Self::Forbidden(reason)
        } else if error.is_timeout() {
            Self::Timeout
        } else if error.is_dns() {
            Self::UnknownName
        } else if let Some(problem) = certificate_problem(&error) {
            Self::Certificate(problem)
        } else if error.is_connect() {
            Self::NoConnection(find_source::<io::Error>(&error).map(io::Error::kind))
        } else {
            Self::Broken
        }
    }

    /// Returns whether the server answered. If not, another path on it would fail too.
    pub(super) fn is_answer(self) -> bool {
        matches!(self, Self::Status(_) | Self::TooLarge | Self::Broken)
    }
}

/// Returns what is wrong with the server's certificate, if anything. rustls, a dependency of
/// the HTTP client, names the problem in its text only.
fn certificate_problem(error: &(dyn std::error::Error + 'static)) -> Option<&'static str> {
    let texts: Vec<_> = sources(error).map(ToString::to_string).collect();
    let text = texts
        .iter()
        .find_map(|text| text.split_once("invalid peer certificate: "))?
        .1;
    Some(match text {
        _ if text.contains("CaUsedAsEndEntity") => {
            "its certificate is that of an authority itself, which no server may use; let that authority sign a certificate for the server"
        }
        _ if text.starts_with("UnknownIssuer") => {
            "its certificate is from an authority that is not trusted here; set SSL_CERT_FILE to a PEM file with the certificate of that authority"
        }
        _ if text.contains("not valid for") || text.starts_with("NotValidForName") => {
            "its certificate is for another name; use the name in the certificate"
        }
        _ if text.contains("expired") || text.starts_with("Expired") => {
            "its certificate has expired; renew it, or correct the clock of this machine"
        }
        _ => "its certificate is not valid; compare it with the output of `openssl s_client`",
    })
}

/// Returns an error and its sources.
fn sources<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

/// Returns the first error of a type in a chain of sources.
fn find_source<'a, E: std::error::Error + 'static>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a E> {
    sources(error).find_map(|error| error.downcast_ref())
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden(reason) => f.write_str(reason),
            Self::NoClient => {
                f.write_str("no HTTP client can be created; are CA certificates installed?")
            }
            Self::UnknownName => f.write_str(
                "its name does not resolve here; check the spelling, and the DNS of this machine or container",
            ),
            Self::Certificate(problem) => f.write_str(problem),
            Self::NoConnection(Some(io::ErrorKind::InvalidData)) => {
                f.write_str("the TLS handshake failed; does it speak https at this port?")
            }
            Self::NoConnection(None) => f.write_str("the connection failed"),
            Self::NoConnection(Some(kind)) => write!(f, "the connection failed ({kind})"),
            Self::Timeout => f.write_str("no complete answer in time"),
            Self::Broken => f.write_str("the connection broke"),
            Self::Status(status @ 300..400) => {
                write!(f, "it answered {status}; redirects are not followed")
            }
            Self::Status(status) => write!(f, "it answered {status}"),
            Self::NotJson => f.write_str("its answer is not application/json"),
            Self::TooLarge => write!(f, "its answer is larger than {MAX_DOCUMENT} bytes"),
        }
    }
}

#[cfg(test)]
mod tests;
