//! Reads the bearer token of a request, only from the `Authorization` header (RFC 6750 §2).
//!
//! A token in the query string is refused, not ignored: it is already in logs, and its
//! owner should learn that. Two credentials are refused because another reader of the
//! request could take the other one.

use std::fmt;

use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};

mod bearer_error;

pub use bearer_error::BearerError;

/// A bearer token as received. `Debug` prints `[redacted]`.
#[derive(Clone)]
pub struct BearerToken {
    header: HeaderValue,
    start: usize,
}

impl BearerToken {
    /// Parses a token from its text, for tests and for your own proxies.
    ///
    /// # Errors
    ///
    /// [`BearerError::Malformed`] if the text is not a `b64token` (RFC 6750 §2.1).
    pub fn new(token: &str) -> Result<Self, BearerError> {
        let header = HeaderValue::from_str(token).map_err(|_| BearerError::Malformed)?;
        Self::within(header, 0)
    }

    /// Reads the bearer token of a request: at most one, in the `Authorization` header.
    ///
    /// Returns `None` for credentials of another scheme. Malformed credentials of the
    /// `Bearer` scheme (in any case, RFC 9110 §11.1) are an error, never `None`.
    ///
    /// # Errors
    ///
    /// A [`BearerError`] if the request's credentials are not a single valid token.
    pub fn from_headers(
        headers: &HeaderMap,
        query: Option<&str>,
    ) -> Result<Option<Self>, BearerError> {
        let read = Credentials::from_headers(headers, query, false)?;
        Ok(read.map(|credentials| credentials.token))
    }

    /// Returns the token's text. Never write it to a log, a response or another request.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // `within` has checked that every byte is ASCII.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// Returns the token's bytes, for hashing and counting.
    #[doc(hidden)]
    pub fn as_bytes(&self) -> &[u8] {
        self.header.as_bytes().get(self.start..).unwrap_or_default()
    }

    fn within(header: HeaderValue, start: usize) -> Result<Self, BearerError> {
        match is_b64token(&header.as_bytes()[start..]) {
            true => Ok(Self { header, start }),
            false => Err(BearerError::Malformed),
        }
    }
}

/// A token and the scheme it was sent with.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The scheme of `Authorization`.
    pub scheme: Scheme,
    /// The token.
    pub token: BearerToken,
}

/// The authentication scheme of the credentials.
///
/// `repr(usize)` gives the types that contain `Credentials` a niche of a full word. Without
/// it, they would use the single spare byte of `HeaderValue`, and that layout copies
/// slowly: 40 ns for each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Scheme {
    /// A bearer token (RFC 6750 §2.1).
    Bearer,
    /// A token bound to a key (RFC 9449 §7.1).
    Dpop,
}

impl Credentials {
    /// Copies the token into its own allocation, for use beyond the request: a header value
    /// shares its memory with everything that was read with it.
    pub(crate) fn detached(self) -> Self {
        let token = BearerToken::new(self.token.as_str()).unwrap_or(self.token);
        Self { token, ..self }
    }

    /// Like [`BearerToken::from_headers`]; with `dpop`, also accepts the scheme `DPoP`.
    pub fn from_headers(
        headers: &HeaderMap,
        query: Option<&str>,
        dpop: bool,
    ) -> Result<Option<Self>, BearerError> {
        if query.is_some_and(names_a_token) {
            return Err(BearerError::InQuery);
        }
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let Some(header) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(BearerError::Repeated);
        }
        let bytes = header.as_bytes();
        // `Bearer:`, a tab or a quotation mark is a mistake in writing a bearer token. It
        // must not count as another scheme, which would hide the mistake.
        let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric();
        let start = bytes.iter().position(is_scheme).unwrap_or(bytes.len());
        let after = &bytes[start..];
        let scheme = after.iter().take_while(|byte| is_scheme(byte)).count();
        let named = match &after[..scheme] {
            name if name.eq_ignore_ascii_case(b"bearer") => Scheme::Bearer,
            name if dpop && name.eq_ignore_ascii_case(b"dpop") => Scheme::Dpop,
            _ => return Ok(None),
        };
        // RFC 9110 §11.4: one or more spaces between the scheme and its token68.
        let spaces = after[scheme..].iter().take_while(|&&byte| byte == b' ');
        match (start, spaces.count()) {
            (0, spaces @ 1..) => Ok(Some(Self {
                scheme: named,
                token: BearerToken::within(header.clone(), scheme + spaces)?,
            })),
            _ => Err(BearerError::Malformed),
        }
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken([redacted])")
    }
}

/// `b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="` (RFC 6750 §2.1).
fn is_b64token(bytes: &[u8]) -> bool {
    let padding = bytes.iter().rev().take_while(|&&byte| byte == b'=').count();
    let body = &bytes[..bytes.len() - padding];
    // Chunks without a branch per byte let the compiler vectorize the check. A token has
    // about a thousand bytes, and this runs for every request.
    let (many, rest) = body.as_chunks::<32>();
    let is_right = |part: &[u8]| part.iter().fold(true, |right, &byte| right & is_b64(byte));
    !body.is_empty() && many.iter().all(|part| is_right(part)) && is_right(rest)
}

const fn is_b64(byte: u8) -> bool {
    // `-`, `.` and `/` directly precede the digits.
    let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let is_digit_or_near = byte.wrapping_sub(b'-') <= b'9' - b'-';
    is_letter | is_digit_or_near | (byte == b'_') | (byte == b'~') | (byte == b'+')
}

/// Returns whether a query string has the parameter of RFC 6750 §2.3, however it is
/// escaped.
fn names_a_token(query: &str) -> bool {
    url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "access_token")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<Option<String>, BearerError> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        BearerToken::from_headers(&headers, None)
            .map(|token| token.map(|token| token.as_str().to_owned()))
    }

    #[test]
    fn a_token_has_the_characters_of_its_grammar_and_no_others() {
        let grammar = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
        for byte in 0..=u8::MAX {
            assert_eq!(is_b64(byte), grammar(byte), "{byte}");
            // At any position, in a token of any length.
            for (length, place) in [(1, 0), (64, 63), (65, 64), (200, 100)] {
                let mut token = vec![b'a'; length];
                token[place] = byte;
                let is_padding = byte == b'=' && place + 1 == length && length > 1;
                assert_eq!(is_b64token(&token), grammar(byte) || is_padding, "{byte}");
            }
        }
    }

    #[test]
    fn the_scheme_is_read_in_any_case() {
        for value in [
            "Bearer abc.DEF-1_~+/==",
            "bearer abc.DEF-1_~+/==",
            "BEARER   abc.DEF-1_~+/==",
        ] {
            assert_eq!(
                read(&[value]),
                Ok(Some("abc.DEF-1_~+/==".to_owned())),
                "{value}"
            );
        }
    }

    #[test]
    fn another_scheme_is_no_token() {
        for value in ["Basic YTpi", "DPoP abc", "Bearerabc", "bear abc", ""] {
            assert_eq!(read(&[value]), Ok(None), "{value}");
        }
    }

    #[test]
    fn a_token_of_the_dpop_scheme_is_one_where_such_are_known() {
        let read = |value: &'static str, dpop| {
            let mut headers = HeaderMap::new();
            headers.append(AUTHORIZATION, HeaderValue::from_static(value));
            let read = Credentials::from_headers(&headers, None, dpop);
            read.map(|read| read.map(|read| (read.scheme, read.token.as_str().to_owned())))
        };
        for value in ["DPoP abc", "dpop abc", "DPOP  abc"] {
            assert_eq!(
                read(value, true),
                Ok(Some((Scheme::Dpop, "abc".to_owned()))),
                "{value}"
            );
            assert_eq!(read(value, false), Ok(None), "{value}");
        }
        for value in [
            "DPoP",
            "DPoP ",
            "DPoP a b",
            "DPoP: a",
            "DPoP\ta",
            "\"DPoP a\"",
        ] {
            assert_eq!(read(value, true), Err(BearerError::Malformed), "{value}");
        }
        assert_eq!(read("DPoPx abc", true), Ok(None));
        assert_eq!(
            read("Bearer abc", true),
            Ok(Some((Scheme::Bearer, "abc".to_owned())))
        );
    }

    #[test]
    fn a_malformed_token_is_never_taken_for_none() {
        for value in [
            "Bearer",
            "Bearer ",
            "Bearer =",
            "Bearer a b",
            "Bearer a,Bearer b",
            "Bearer a=b",
            "Bearer \"a\"",
            "Bearer\ta",
            "Bearer: a",
            "Bearer=a",
            "Bearer,a",
            "Bearer+a",
            "\"Bearer a\"",
            "\tBearer a",
        ] {
            assert_eq!(read(&[value]), Err(BearerError::Malformed), "{value}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(
            AUTHORIZATION,
            HeaderValue::from_bytes(b"Bearer \xc3\xa4").unwrap(),
        );
        assert_eq!(
            BearerToken::from_headers(&headers, None).unwrap_err(),
            BearerError::Malformed
        );
    }

    #[test]
    fn two_credentials_are_refused_even_if_equal_or_of_another_scheme() {
        assert_eq!(read(&["Bearer a", "Bearer a"]), Err(BearerError::Repeated));
        assert_eq!(
            read(&["Basic YTpi", "Bearer a"]),
            Err(BearerError::Repeated)
        );
    }

    #[test]
    fn a_token_in_the_query_is_refused_however_it_is_escaped() {
        for query in [
            "access_token=a",
            "x=1&access_token",
            "access%5Ftoken=a",
            "%61ccess_token=",
        ] {
            assert_eq!(
                BearerToken::from_headers(&HeaderMap::new(), Some(query)).unwrap_err(),
                BearerError::InQuery,
                "{query}"
            );
        }
        assert!(
            BearerToken::from_headers(&HeaderMap::new(), Some("token=a&x=access_token")).is_ok()
        );
    }

    #[test]
    fn an_error_says_what_is_wrong() {
        for (error, word) in [
            (BearerError::InQuery, "URL"),
            (BearerError::Repeated, "more than one"),
            (BearerError::Malformed, "malformed"),
        ] {
            assert!(error.to_string().contains(word), "{error:?}");
        }
    }

    #[test]
    fn what_is_kept_longer_than_its_request_has_memory_of_its_own() {
        let mut headers = HeaderMap::new();
        headers.append(AUTHORIZATION, HeaderValue::from_static("DPoP abc"));
        let read = Credentials::from_headers(&headers, None, true)
            .unwrap()
            .unwrap();
        let detached = read.clone().detached();
        assert_eq!(
            (detached.scheme, detached.token.as_str()),
            (Scheme::Dpop, "abc")
        );
        assert_ne!(
            detached.token.as_bytes().as_ptr(),
            read.token.as_bytes().as_ptr()
        );
    }

    #[test]
    fn a_token_does_not_print() {
        let token = BearerToken::new("secret").unwrap();
        assert_eq!(format!("{token:?}"), "BearerToken([redacted])");
    }
}
