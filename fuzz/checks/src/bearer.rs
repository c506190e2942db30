//! The `Authorization` header and the query, compared with a second parser of RFC 6750 §2.

use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use toolgate::auth::{BearerError, BearerToken};

use crate::choices::Choices;

/// Parses the credentials in these bytes.
///
/// # Panics
///
/// If toolgate and the naive parser disagree.
pub fn check(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let mut headers = HeaderMap::new();
    for _ in 0..choices.one(&[1, 1, 1, 2, 0]) {
        if let Ok(value) = HeaderValue::from_bytes(&value(&mut choices)) {
            headers.append(AUTHORIZATION, value);
        }
    }
    let query = query(&mut choices);
    let read = BearerToken::from_headers(&headers, query.as_deref());
    let values: Vec<_> = headers
        .get_all(AUTHORIZATION)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    let output = read
        .as_ref()
        .map(|token| token.as_ref().map(BearerToken::as_str));
    assert_eq!(
        output,
        expected(&values, query.as_deref())
            .as_ref()
            .map(|token| *token),
        "{values:?} {query:?}"
    );
    if let Ok(Some(token)) = &read {
        let again = BearerToken::new(token.as_str()).expect("a parsed token is valid");
        assert_eq!(again.as_str(), token.as_str());
        assert_eq!(format!("{token:?}"), "BearerToken([redacted])");
    }
}

fn value(choices: &mut Choices<'_>) -> Vec<u8> {
    if choices.byte() >= 192 {
        return choices.few().to_vec();
    }
    let scheme = choices.one(&[
        "Bearer", "bearer", "BEARER", "Bearer:", "\"Bearer", "Basic", "DPoP", "Bearerx", " Bearer",
        "\tBearer", "",
    ]);
    let between = choices.one(&[" ", "  ", "", "\t", " \t", "=", ", "]);
    let mut value = [scheme, between].concat().into_bytes();
    match choices.byte() {
        0..128 => value.extend_from_slice(b"abc.DEF-1_~+/=="),
        _ => value.extend_from_slice(choices.few()),
    }
    value.extend_from_slice(
        choices
            .mostly("", &[" ", "=", "a", " x", ",Bearer a"])
            .as_bytes(),
    );
    value
}

fn query(choices: &mut Choices<'_>) -> Option<String> {
    match choices.byte() {
        0..128 => None,
        128..192 => Some(String::from_utf8_lossy(choices.few()).into_owned()),
        _ => {
            let name = choices.one(&[
                "access_token",
                "access%5Ftoken",
                "%61ccess_token",
                "access_token%00",
                "Access_token",
                "access+token",
                "x%26access_token",
                "access%5ftoken",
                "access%_token",
            ]);
            let around = choices.one(&[
                "N", "N=a", "x=1&N=a", "N&x", "x=N", "&&N", "x;N=a", "N==", "=N",
            ]);
            Some(around.replace('N', name))
        }
    }
}

fn expected<'v>(values: &[&'v [u8]], query: Option<&str>) -> Result<Option<&'v str>, BearerError> {
    let names = query.unwrap_or_default().split('&');
    let mut names = names.map(|pair| decoded(pair.split('=').next().unwrap_or_default()));
    if names.any(|name| name == b"access_token") {
        return Err(BearerError::InQuery);
    }
    let value = match values {
        [] => return Ok(None),
        [one] => *one,
        _ => return Err(BearerError::Repeated),
    };
    // The first word is the intended scheme, whatever precedes it.
    let word = value
        .split(|byte| !byte.is_ascii_alphanumeric())
        .find(|word| !word.is_empty())
        .unwrap_or_default();
    if !word.eq_ignore_ascii_case(b"bearer") {
        return Ok(None);
    }
    let text = std::str::from_utf8(value).map_err(|_| BearerError::Malformed)?;
    let (scheme, token) = text.split_once(' ').ok_or(BearerError::Malformed)?;
    let token = token.trim_start_matches(' ');
    let body = token.trim_end_matches('=');
    let is_token = !body.is_empty()
        && body
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._~+/".contains(c));
    match scheme.eq_ignore_ascii_case("bearer") && is_token {
        true => Ok(Some(token)),
        false => Err(BearerError::Malformed),
    }
}

/// Decodes `application/x-www-form-urlencoded`: `+` is a space, and `%` starts two hex digits.
fn decoded(name: &str) -> Vec<u8> {
    let bytes = name.as_bytes();
    let mut decoded = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let number = digits
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (number, bytes[at]) {
            (Some(number), _) => {
                decoded.push(number);
                at += 2;
            }
            (None, b'+') => decoded.push(b' '),
            (None, byte) => decoded.push(byte),
        }
        at += 1;
    }
    decoded
}
