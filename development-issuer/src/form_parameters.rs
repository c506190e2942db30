//! The parameters of a query or a form (RFC 6749 §3.1 and §3.2).

use std::{error::Error, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody, to_bytes},
    extract::Request,
    http::{StatusCode, header::CONTENT_TYPE},
};
use http_body_util::LengthLimitError;
use url::form_urlencoded;

use crate::json_response::OAuthError;

/// The maximum size of a form, in bytes: enough for a sealed authorization request.
const FORM_LIMIT: usize = 64 * 1024;

/// The decoded names and values.
pub(crate) struct FormParameters(Vec<(String, String)>);

/// A parameter that may occur once was repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RepeatedParameterError;

impl FormParameters {
    pub(crate) fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// Reads the form in a request within `time`, and refuses other media types.
    pub(crate) async fn from_form(request: Request, time: Duration) -> Result<Self, OAuthError> {
        let (parts, body) = request.into_parts();
        let media_type = parts
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .unwrap_or_default();
        if !media_type
            .trim()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        {
            return Err(OAuthError::new(
                "invalid_request",
                "the body must be application/x-www-form-urlencoded",
            ));
        }
        read_body(body, FORM_LIMIT, time)
            .await
            .map(|bytes| Self::parse(&bytes))
    }

    /// Returns the value of a parameter that may occur once. An empty value counts as omitted
    /// (RFC 6749 §3.1).
    pub(crate) fn one(&self, name: &'static str) -> Result<Option<&str>, RepeatedParameterError> {
        let mut values = self.all(name);
        let first = values.next();
        match values.next() {
            None => Ok(first.filter(|value| !value.is_empty())),
            Some(_) => Err(RepeatedParameterError),
        }
    }

    /// Like [`FormParameters::one`], but a missing parameter is an error.
    pub(crate) fn required(
        &self,
        name: &'static str,
        missing: &'static str,
    ) -> Result<&str, OAuthError> {
        self.one(name)?
            .ok_or(OAuthError::new("invalid_request", missing))
    }

    /// Checks that no other resource than this one is requested (RFC 8707 §2). It is also the
    /// default.
    pub(crate) fn check_resource(&self, resource: &str) -> Result<(), OAuthError> {
        match self.all("resource").all(|requested| requested == resource) {
            true => Ok(()),
            false => Err(OAuthError::new(
                "invalid_target",
                "resource is not the resource of this issuer",
            )),
        }
    }

    /// Returns every value of a parameter that may be repeated.
    pub(crate) fn all(&self, name: &'static str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

impl From<RepeatedParameterError> for OAuthError {
    fn from(RepeatedParameterError: RepeatedParameterError) -> Self {
        Self::new("invalid_request", "a parameter is sent more than once")
    }
}

/// Reads a body of at most `limit` bytes within `time`. Without the time limit, a client that
/// sends half a form would hold a connection open forever (CWE-400).
pub(crate) async fn read_body(
    body: Body,
    limit: usize,
    time: Duration,
) -> Result<Bytes, OAuthError> {
    const TOO_LARGE: OAuthError =
        OAuthError::new("invalid_request", "the body is too large for this endpoint")
            .with_status(StatusCode::PAYLOAD_TOO_LARGE);
    const TOO_SLOW: OAuthError = OAuthError::new(
        "invalid_request",
        "the body did not arrive in time; send the request again",
    )
    .with_status(StatusCode::REQUEST_TIMEOUT);
    // A declared length that is too large needs no reading.
    if body.size_hint().lower() > limit as u64 {
        return Err(TOO_LARGE);
    }
    let read = tokio::time::timeout(time, to_bytes(body, limit)).await;
    read.map_err(|_| TOO_SLOW)?.map_err(|error| {
        match error
            .source()
            .is_some_and(|cause| cause.is::<LengthLimitError>())
        {
            true => TOO_LARGE,
            false => OAuthError::new("invalid_request", "the body is incomplete"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_read_once_and_an_empty_one_is_omitted() {
        let parameters = FormParameters::parse(b"a=1&b=2&b=2&c=&d&e=%20x+y");
        assert_eq!(parameters.one("a"), Ok(Some("1")));
        assert_eq!(parameters.one("b"), Err(RepeatedParameterError));
        assert_eq!(parameters.one("c"), Ok(None));
        assert_eq!(parameters.one("d"), Ok(None));
        assert_eq!(parameters.one("e"), Ok(Some(" x y")));
        assert_eq!(parameters.one("f"), Ok(None));
        assert_eq!(parameters.all("b").count(), 2);
    }

    #[test]
    fn an_escaped_name_is_the_same_name() {
        assert_eq!(
            FormParameters::parse(b"a=1&%61=2").one("a"),
            Err(RepeatedParameterError)
        );
    }
}
