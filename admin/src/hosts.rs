//! [`Hosts`]: the names under which the listener answers.

use std::net::SocketAddr;

use http::{HeaderMap, Uri, header};

/// The accepted values of `Host`. After DNS rebinding, a page sends its own host name, which is not
/// among them.
pub(crate) struct Hosts(Vec<String>);

impl Hosts {
    pub(crate) fn new(address: SocketAddr, further: &[String]) -> Self {
        let mut all = vec![address.to_string()];
        if address.ip().to_canonical().is_loopback() {
            all.push(format!("localhost:{}", address.port()));
        }
        all.extend(further.iter().map(|host| host.to_ascii_lowercase()));
        Self(all)
    }

    /// Returns whether the request has exactly one `Host`, which is accepted, and no other
    /// authority.
    pub(crate) fn accept(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        let (Some(host), None, None) = (hosts.next(), hosts.next(), uri.authority()) else {
            return false;
        };
        let is = |own: &String| own.as_bytes().eq_ignore_ascii_case(host.as_bytes());
        self.0.iter().any(is)
    }
}
