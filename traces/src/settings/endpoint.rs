//! The address of a collector.

use std::net::IpAddr;

use url::{Host, Url};

use super::SettingError;

/// The path of traces, which follows the endpoint for all signals.
const PATH: &str = "v1/traces";

/// Reads an endpoint. No error prints the value: it can have credentials.
pub(super) fn read(name: &str, text: &str, is_base: bool) -> Result<Url, SettingError> {
    let remedy = "write the address of a collector, such as http://127.0.0.1:4318";
    let refuse = |problem: &str| Err((format!("{name} {problem}"), remedy.to_owned()));
    let Ok(mut url) = Url::parse(text) else {
        return refuse("is not a URL");
    };
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return refuse("is not a URL with http or https");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err((
            format!("{name} has credentials in it"),
            "remove them from the URL, and set OTEL_EXPORTER_OTLP_HEADERS".to_owned(),
        ));
    }
    url.set_fragment(None);
    if is_base {
        let path = format!("{}/{PATH}", url.path().trim_end_matches('/'));
        url.set_path(&path);
    }
    Ok(url)
}

/// Returns whether a URL is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
