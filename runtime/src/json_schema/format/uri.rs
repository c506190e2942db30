//! URIs (RFC 3986). Browsers repair what they get. This parser does not: every other parser
//! must accept what it accepts.

use std::net::Ipv6Addr;

/// `URI` (§3): with a scheme.
pub(super) fn is_uri(text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(scheme, rest)| is_scheme(scheme) && unevaluated_valid(rest))
}

/// `URI-reference` (§4.1): with a scheme or without.
pub(super) fn is_uri_reference(text: &str) -> bool {
    // The first segment of a path without a scheme has no colon (§4.2).
    let end = text.find(['/', '?', '#']).unwrap_or(text.len());
    let has_colon = text.split_at(end).0.contains(':');
    is_uri(text) || !has_colon && unevaluated_valid(text)
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Authority, path, query and fragment.
fn unevaluated_valid(text: &str) -> bool {
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (text, query) = text.split_once('?').unwrap_or((text, ""));
    let (is_authority, path) = match text.strip_prefix("//") {
        Some(rest) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            (is_authority(authority), path)
        }
        None => (true, text),
    };
    is_authority && is_of(path, b":@/") && is_of(query, b":@/?") && is_of(fragment, b":@/?")
}

fn is_authority(text: &str) -> bool {
    let (user, host) = text.rsplit_once('@').unwrap_or(("", text));
    let (is_host, port) = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((literal, port)) => (is_literal(literal), port),
        None => {
            let end = host.find(':').unwrap_or(host.len());
            let (name, port) = host.split_at(end);
            (is_of(name, b""), port)
        }
    };
    let is_port = match port.strip_prefix(':') {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_digit()),
        None => port.is_empty(),
    };
    is_of(user, b":") && is_host && is_port
}

/// `IPv6address` and `IPvFuture` (§3.2.2).
fn is_literal(text: &str) -> bool {
    let Some(future) = text.strip_prefix(['v', 'V']) else {
        return text.parse::<Ipv6Addr>().is_ok();
    };
    future.split_once('.').is_some_and(|(version, rest)| {
        let is_version = version.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_address = !rest.contains('%') && is_of(rest, b":");
        !version.is_empty() && is_version && !rest.is_empty() && is_address
    })
}

/// Returns whether a text has only unreserved characters, escapes, sub-delimiters and
/// `others`.
fn is_of(text: &str, others: &[u8]) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let is_right = match byte {
            b'%' => [bytes.next(), bytes.next()]
                .iter()
                .all(|digit| digit.is_some_and(|digit| digit.is_ascii_hexdigit())),
            other => {
                other.is_ascii_alphanumeric()
                    || b"-._~!$&'()*+,;=".contains(&other)
                    || others.contains(&other)
            }
        };
        if !is_right {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_has_a_scheme_and_characters_of_the_grammar_alone() {
        for right in [
            "https://user:pw@example.com:8443/a/b;c?d=e/?#f?",
            "urn:isbn:0451450523",
            "a:",
            "file:///etc/hosts",
            "http://[2001:db8::7]:80/",
            "http://[v1.a:b]/",
            "http://a:/",
            "mailto:a@b",
            "a://%41%ff",
        ] {
            assert!(is_uri(right), "{right}");
            assert!(is_uri_reference(right), "{right}");
        }
        for wrong in [
            "http://a b",
            "http://a/\\b",
            "http://[::1",
            "http://[1]/",
            "http://a:b/",
            "1a:b",
            ":a",
            "http://a/%4",
            "http://a/%zz",
            "http://a#b#c",
            "http://a/{b}",
            "http://\u{e4}/",
            "http://a@b@c/",
            "http://[v.a]/",
            "http://a/|",
            "http://a[b]/",
        ] {
            assert!(!is_uri(wrong), "{wrong}");
            assert!(!is_uri_reference(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_reference_may_leave_parts_out() {
        for right in ["", "a", "/a", "//b/c", "?a", "#a", "./a:b", "a/b:c", ".."] {
            assert!(!is_uri(right), "{right}");
            assert!(is_uri_reference(right), "{right}");
        }
    }
}
