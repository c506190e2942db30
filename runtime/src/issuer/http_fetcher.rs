//! Fetches one small JSON document from an issuer, or posts a form, within limits.
//!
//! It follows no redirect (the target would be unchecked), limits the time and the size of an
//! answer, and connects only to addresses that [`EgressPolicy`] permits.

use std::{fmt, io, sync::Arc, time::Duration};

use reqwest::{
    Client, RequestBuilder, Response, StatusCode,
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
pub(crate) struct HttpFetcher {
    client: Client,
    egress: EgressPolicy,
}

impl HttpFetcher {
    pub(crate) fn new(egress: EgressPolicy) -> Result<Self, FetchError> {
        let builder = Client::builder()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(concat!("toolgate/", env!("CARGO_PKG_VERSION")));
        let builder = match egress {
            // A proxy resolves names itself, so no egress can be enforced behind one.
            EgressPolicy::Public | EgressPolicy::ThisMachine => builder
                .no_proxy()
                .dns_resolver(Arc::new(EgressResolver(egress))),
            EgressPolicy::Anywhere => builder,
        };
        let client = builder.build().map_err(|_| FetchError::NoClient)?;
        Ok(Self { client, egress })
    }

    /// Gets a URL and returns the body of a `200` answer.
    pub(crate) async fn get(&self, url: &Url) -> Result<Vec<u8>, FetchError> {
        self.send(url, self.client.get(url.clone())).await
    }

    /// Posts a form with these credentials and returns the body of a `200` answer.
    pub(super) async fn post(
        &self,
        url: &Url,
        form: String,
        authorization: Option<HeaderValue>,
    ) -> Result<Vec<u8>, FetchError> {
        self.send(url, self.form(url, form, authorization)).await
    }

    /// Like [`HttpFetcher::post`], but also returns the body of a refusal (RFC 6749 §5.2).
    pub(super) async fn post_for_either(
        &self,
        url: &Url,
        form: String,
        authorization: Option<HeaderValue>,
    ) -> Result<(u16, Vec<u8>), FetchError> {
        let answer = self
            .answer(url, self.form(url, form, authorization))
            .await?;
        match answer.status().as_u16() {
            status @ (200 | 400 | 401 | 403) => Ok((status, bounded(answer).await?)),
            status => Err(FetchError::Status(status)),
        }
    }

    fn form(&self, url: &Url, form: String, authorization: Option<HeaderValue>) -> RequestBuilder {
        let request = self
            .client
            .post(url.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form);
        match authorization {
            Some(authorization) => request.header(AUTHORIZATION, authorization),
            None => request,
        }
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
        let egress = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let (near, far): (Vec<_>, Vec<_>) =
                found.partition(|address| egress.permits_for(name.as_str(), address.ip()));
            match near.is_empty() && !far.is_empty() {
                false => Ok(Box::new(near.into_iter()) as Addrs),
                true => Err(Box::new(AddressForbidden) as _),
            }
        })
    }
}

/// A name resolves to private addresses only.
#[derive(Debug)]
struct AddressForbidden;

impl fmt::Display for AddressForbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its name resolves to private addresses only")
    }
}

impl std::error::Error for AddressForbidden {}

/// The reason why a document was not fetched. It contains no text from outside and no URL:
/// the HTTP client's own errors would print the URL with its query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FetchError {
    /// The URL may not be fetched.
    Forbidden(&'static str),
    /// No HTTP client can be created (no trusted certificates, for instance).
    NoClient,
    /// The name resolves to private addresses only.
    AddressForbidden,
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
}

impl FetchError {
    fn from_reqwest(error: reqwest::Error) -> Self {
        if find_source::<AddressForbidden>(&error).is_some() {
            Self::AddressForbidden
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
            Self::AddressForbidden => AddressForbidden.fmt(f),
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
            Self::TooLarge => write!(f, "its answer is larger than {MAX_DOCUMENT} bytes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn resolves(egress: EgressPolicy) -> bool {
        let name = "localhost".parse().unwrap();
        EgressResolver(egress).resolve(name).await.is_ok()
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_judged_by_its_addresses() {
        assert!(resolves(EgressPolicy::ThisMachine).await);
        assert!(!resolves(EgressPolicy::Public).await);
        let fetcher = HttpFetcher::new(EgressPolicy::Public).unwrap();
        let url = Url::parse("https://localhost:9/keys").unwrap();
        assert_eq!(fetcher.get(&url).await, Err(FetchError::AddressForbidden));
    }

    #[test]
    fn a_certificate_that_is_not_valid_is_explained() {
        for (text, says) in [
            ("UnknownIssuer", "SSL_CERT_FILE"),
            ("Other(OtherError(CaUsedAsEndEntity))", "sign a certificate"),
            (
                "certificate not valid for name \"a\"; certificate is only valid for b",
                "another name",
            ),
            ("certificate expired: verification time 2 (UNIX)", "expired"),
            ("BadEncoding", "openssl s_client"),
        ] {
            let error = io::Error::other(format!("invalid peer certificate: {text}"));
            let told = certificate_problem(&error).unwrap();
            assert!(told.contains(says), "{text}: {told}");
        }
        assert_eq!(certificate_problem(&io::Error::other("refused")), None);
    }

    #[tokio::test]
    async fn a_name_that_does_not_resolve_is_named_as_such() {
        for egress in [EgressPolicy::Public, EgressPolicy::ThisMachine] {
            let fetcher = HttpFetcher::new(egress).unwrap();
            let url = Url::parse("https://login.invalid/keys").unwrap();
            let error = fetcher.get(&url).await.unwrap_err();
            assert_eq!(error, FetchError::UnknownName);
            assert!(error.to_string().contains("does not resolve"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_closed_port_is_no_connection_and_no_url_is_told() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let fetcher = HttpFetcher::new(EgressPolicy::ThisMachine).unwrap();
        let url = Url::parse(&format!("http://{address}/keys?secret")).unwrap();
        let error = fetcher.get(&url).await.unwrap_err();
        assert_eq!(
            error,
            FetchError::NoConnection(Some(io::ErrorKind::ConnectionRefused))
        );
        let told = format!("{error} {error:?}");
        assert!(
            !told.contains("secret") && !told.contains("127.0.0.1"),
            "{told}"
        );
    }
}
