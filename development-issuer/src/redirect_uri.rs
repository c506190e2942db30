//! Redirect URIs (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1).

use std::fmt;

use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use crate::loopback_guard;

/// The maximum length of a redirect URI.
const LIMIT: usize = 1024;

/// Schemes that a browser or the system handles itself instead of passing the URI to a
/// registered application, and the prefixes of further such schemes.
const NOT_APPLICATIONS: &str = "about blob chrome cid data facetime feed file filesystem ftp ftps \
    intent jar javascript ldap ldaps livescript mailto mk nfs res search sftp shell sip sms smb \
    ssh tel telnet vbscript view-source ws wss";
const NOT_APPLICATIONS_WITH: &str = "chrome- moz- ms- search- x-apple";

/// The parameters of a response (RFC 6749 §4.1.2, RFC 9207 §2, JARM).
const ANSWERS: [&str; 6] = [
    "code",
    "error",
    "error_description",
    "iss",
    "response",
    "state",
];

/// A redirect URI that a client may register: `https`, `http` on loopback, or a private
/// scheme of an application. All its characters are valid in a header.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct RedirectUri(String);

impl RedirectUri {
    /// Parses a URI that a client registers.
    pub(crate) fn parse(uri: &str) -> Option<Self> {
        // RFC 3986 §2 without `#`: a fragment is forbidden (RFC 6749 §3.1.2).
        let is_uri =
            |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=%".contains(&byte);
        if uri.len() > LIMIT || !uri.bytes().all(is_uri) {
            return None;
        }
        let (scheme, rest) = uri.split_once(':')?;
        let acceptable = match scheme {
            "https" => {
                authority(rest).is_some_and(|authority| loopback_guard::split(authority).is_some())
            }
            "http" => authority(rest).is_some_and(loopback_guard::is_authority),
            // RFC 8252 §7.1 requires a dot in the scheme, but editors use schemes without
            // one.
            _ => is_application(scheme) && rest.starts_with('/'),
        };
        // A client that reads the first of two values would read one that an attacker
        // registered.
        let query = rest.split_once('?').map_or("", |(_, query)| query);
        let answers =
            form_urlencoded::parse(query.as_bytes()).any(|(name, _)| ANSWERS.contains(&&*name));
        (acceptable && !answers).then(|| Self(uri.to_owned()))
    }

    /// Returns the URI to use if a client requests `requested`: it must match character by
    /// character, except for the port on loopback, which an application chooses at run time
    /// (RFC 8252 §7.3; `localhost` too, because clients register it).
    pub(crate) fn allows(&self, requested: &str) -> Option<Self> {
        if requested == self.0 {
            return Some(self.clone());
        }
        let requested = Self::parse(requested)?;
        let (ours, theirs) = (self.without_port()?, requested.without_port()?);
        (ours == theirs).then_some(requested)
    }

    /// Returns whether the response goes to a program on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.without_port().is_some()
    }

    /// Adds parameters to the query and changes nothing else.
    pub(crate) fn with(&self, parameters: &[(&str, &str)]) -> String {
        let mut uri = self.0.clone();
        uri.push(if uri.contains('?') { '&' } else { '?' });
        let start = uri.len();
        let mut query = form_urlencoded::Serializer::for_suffix(uri, start);
        query.extend_pairs(parameters);
        query.finish()
    }

    /// Returns the source expression of its origin for a content security policy. Chromium
    /// checks the redirect after a form against `form-action` too.
    pub(crate) fn policy_source(&self) -> String {
        let (scheme, rest) = self.0.split_once(':').unwrap_or_default();
        match authority(rest) {
            // A policy can contain neither an IPv6 address nor the host of a private scheme.
            Some(authority)
                if matches!(scheme, "http" | "https") && !authority.starts_with('[') =>
            {
                format!("{scheme}://{authority}")
            }
            _ => format!("{scheme}:"),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Splits the URI at its owner, which is the authority of `http` and `https`, or else the
    /// scheme: the text before it, the owner, and the rest.
    pub(crate) fn parts(&self) -> (&str, &str, &str) {
        let (scheme, rest) = self.0.split_once(':').unwrap_or_default();
        let owner = match authority(rest) {
            Some(authority) if matches!(scheme, "http" | "https") => {
                let start = scheme.len() + "://".len();
                start..start + authority.len()
            }
            _ => 0..scheme.len(),
        };
        let part = |range| self.0.get(range).unwrap_or_default();
        (
            part(0..owner.start),
            part(owner.clone()),
            part(owner.end..self.0.len()),
        )
    }

    /// Returns the host, and the text after the port, of a loopback URI.
    fn without_port(&self) -> Option<(&str, &str)> {
        let rest = self.0.strip_prefix("http:")?;
        let authority = authority(rest)?;
        let (host, _) = loopback_guard::split(authority)?;
        Some((host, rest.get(2 + authority.len()..)?))
    }
}

impl TryFrom<String> for RedirectUri {
    type Error = &'static str;

    fn try_from(uri: String) -> Result<Self, Self::Error> {
        Self::parse(&uri).ok_or("not a redirect URI")
    }
}

impl From<RedirectUri> for String {
    fn from(uri: RedirectUri) -> Self {
        uri.0
    }
}

impl fmt::Debug for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Returns the text between `//` and the path or query.
fn authority(after_scheme: &str) -> Option<&str> {
    let rest = after_scheme.strip_prefix("//")?;
    Some(rest.split(['/', '?']).next().unwrap_or(rest))
}

/// Returns whether an application may register this scheme (RFC 3986 §3.1, in lower case).
fn is_application(scheme: &str) -> bool {
    let starts = |start: &str| scheme.starts_with(start);
    let other = NOT_APPLICATIONS.split(' ').any(|one| one == scheme)
        || NOT_APPLICATIONS_WITH.split(' ').any(starts);
    !other
        && scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+.-".contains(&byte)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> RedirectUri {
        RedirectUri::parse(text).unwrap()
    }

    #[test]
    fn usual_redirect_uris_are_accepted() {
        for text in [
            "http://localhost:3118/callback",
            "http://127.0.0.1:6276/oauth/callback",
            "http://[::1]:1/cb",
            "http://localhost",
            "https://claude.ai/api/mcp/auth_callback",
            "https://vscode.dev/redirect?x=1",
            "https://client.example:8443/cb",
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "com.example.app:/oauth2redirect",
        ] {
            assert!(RedirectUri::parse(text).is_some(), "{text}");
        }
    }

    #[test]
    fn dangerous_redirect_uris_are_refused() {
        for text in [
            "",
            "/relative",
            "//host/cb",
            "javascript:alert(1)",
            "javascript://x/%0aalert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "http://client.example/cb",
            "http://localhost.evil.example/cb",
            "http://127.0.0.1@evil.example/cb",
            "https://good.example@evil.example/cb",
            "https://client.example/cb#fragment",
            "https:///cb",
            "https:client.example",
            "https://client.example\\@evil.example/",
            "https://client.example;script-src/cb",
            "https://client.example,evil/cb",
            "https://*.example/cb",
            "https://[::1]client.example/cb",
            "https://client.example/cb\r\nSet-Cookie: a=b",
            "https://client.example/c b",
            "https://clíent.example/cb",
            "HTTPS://client.example/cb",
            "app:no-slash",
            "ms-msdt:/id",
            "search-ms://evil.example/share",
            "ms-its:/x",
            "chrome-extension://abcdef/page.html",
            "moz-extension://abcdef/page.html",
            "ssh://evil.example/-x",
            "telnet://evil.example/",
            "ldap://evil.example/",
            "smb://evil.example/share",
            "sftp://evil.example/",
            "shell:/startup",
            "livescript:/x",
            "1app:/cb",
        ] {
            assert!(RedirectUri::parse(text).is_none(), "{text}");
        }
        let long = format!("https://client.example/{}", "a".repeat(LIMIT));
        assert!(RedirectUri::parse(&long).is_none());
    }

    /// A client that reads the first of two values would read one that an attacker
    /// registered.
    #[test]
    fn a_redirect_uri_has_no_response_parameters() {
        for text in [
            "https://client.example/cb?code=x",
            "https://client.example/cb?a=1&st%61te=x",
            "http://localhost/cb?iss=https://evil.example",
            "app:/cb?error=access_denied",
            "https://client.example/cb?response=x",
        ] {
            assert!(RedirectUri::parse(text).is_none(), "{text}");
        }
        assert!(RedirectUri::parse("https://client.example/cb?encoded=1").is_some());
    }

    #[test]
    fn only_the_port_on_loopback_may_differ() {
        for (ours, requested, allowed) in [
            ("http://localhost/cb", "http://localhost:5555/cb", true),
            (
                "http://127.0.0.1:1/cb?x=1",
                "http://127.0.0.1:2/cb?x=1",
                true,
            ),
            ("http://[::1]:1/cb", "http://[::1]:2/cb", true),
            ("http://localhost:1/cb", "http://localhost/cb", true),
            ("http://localhost/cb", "http://localhost:5555/cb/", false),
            ("http://localhost/cb", "http://localhost:5555/other", false),
            ("http://localhost/cb", "http://localhost:5555/cb?x=1", false),
            ("http://localhost/cb", "http://127.0.0.1:5555/cb", false),
            (
                "http://localhost/cb",
                "http://localhost:5@evil.example/cb",
                false,
            ),
            ("http://localhost/cb", "http://localhost:99999/cb", false),
            ("http://localhost/cb", "https://localhost/cb", false),
            ("https://a.example/cb", "https://a.example:444/cb", false),
            ("https://a.example/cb", "https://a.example/cb", true),
            ("https://a.example/cb", "https://a.example/cb/../x", false),
            ("app:/cb", "app:/cb2", false),
        ] {
            assert_eq!(
                uri(ours).allows(requested).is_some(),
                allowed,
                "{ours} {requested}"
            );
        }
    }

    #[test]
    fn parameters_join_an_existing_query() {
        let parameters = [("code", "a b"), ("state", "ü&=")];
        assert_eq!(
            uri("http://localhost/cb").with(&parameters),
            "http://localhost/cb?code=a+b&state=%C3%BC%26%3D"
        );
        assert_eq!(
            uri("https://a.example/cb?x=%2F").with(&parameters[..1]),
            "https://a.example/cb?x=%2F&code=a+b"
        );
    }

    #[test]
    fn a_policy_names_the_origin_alone() {
        for (text, source) in [
            ("http://localhost:3118/callback?a", "http://localhost:3118"),
            ("https://a.example/cb", "https://a.example"),
            ("http://[::1]:1/cb", "http:"),
            ("cursor://anysphere/cb", "cursor:"),
            ("com.example.app:/cb", "com.example.app:"),
        ] {
            assert_eq!(uri(text).policy_source(), source);
        }
    }
}
