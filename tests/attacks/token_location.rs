//! A token is accepted only in one header, and only once (RFC 6750 §2).

use reqwest::{RequestBuilder, Url, header::HeaderValue};

use crate::{
    attack_case::{Case, Expected, request},
    fixture::Fixture,
};

/// Sets the `Authorization` header to this text, where `{}` is a valid token.
fn header(w: &Fixture, request: RequestBuilder, text: &str) -> RequestBuilder {
    let text = text.replace("{}", &w.good().build());
    let value = HeaderValue::from_bytes(text.as_bytes()).expect("a header's value");
    request.header("authorization", value)
}

/// Puts a valid token into another header.
fn elsewhere(w: &Fixture, request: RequestBuilder, name: &str, text: &str) -> RequestBuilder {
    request.header(name, text.replace("{}", &w.good().build()))
}

/// Sends the same request to a URL with this query.
fn query(w: &Fixture, request: RequestBuilder, text: &str) -> RequestBuilder {
    let text = text.replace("{}", &w.good().build());
    let url = Url::parse(&format!("{}?{text}", w.running.resource())).expect("a URL");
    let (client, built) = request.build_split();
    let mut built = built.expect("a request");
    *built.url_mut() = url;
    RequestBuilder::from_parts(client, built)
}

use Expected::{BadRequest, Invalid, NoToken, Runs};

#[rustfmt::skip]
pub(crate) const CASES: &[Case] = &[
    request("a valid request", "RFC 6750 §2.1", Runs, |w, r| header(w, r, "Bearer {}")),
    request("the scheme in lower case", "RFC 9110 §11.1", Runs, |w, r| header(w, r, "bearer {}")),
    request("the scheme in capitals", "RFC 9110 §11.1", Runs, |w, r| header(w, r, "BEARER {}")),
    request("two spaces after the scheme", "RFC 9110 §11.4", Runs, |w, r| header(w, r, "Bearer  {}")),
    request("no header at all", "RFC 6750 §3.1: no error", NoToken, |_, r| r),
    request("an empty header", "RFC 6750 §3.1", NoToken, |w, r| header(w, r, "")),
    request("a token without a scheme", "RFC 6750 §2.1", NoToken, |w, r| header(w, r, "{}")),
    request("the Basic scheme", "RFC 7617", NoToken, |w, r| header(w, r, "Basic YWxpY2U6c2VjcmV0")),
    request("the Basic scheme with a token", "RFC 7617", NoToken, |w, r| header(w, r, "Basic {}")),
    request("the Token scheme", "RFC 9110 §11.1", NoToken, |w, r| header(w, r, "Token {}")),
    request("a scheme that begins with Bearer", "RFC 9110 §11.1", NoToken, |w, r| header(w, r, "BearerX {}")),
    request("a scheme that ends in Bearer", "RFC 9110 §11.1", NoToken, |w, r| header(w, r, "XBearer {}")),
    request("the scheme alone", "RFC 6750 §3.1: malformed is not absent", Invalid, |w, r| header(w, r, "Bearer")),
    request("the scheme with a tab", "RFC 9110 §11.4: a space", Invalid, |w, r| header(w, r, "Bearer\t{}")),
    request("two tokens in one header", "RFC 6750 §2.1", Invalid, |w, r| header(w, r, "Bearer {} {}")),
    request("two tokens with a comma", "RFC 6750 §2.1", Invalid, |w, r| header(w, r, "Bearer {},{}")),
    request("two credentials with a comma", "RFC 9110 §11.6.2: one", Invalid, |w, r| header(w, r, "Bearer {}, Basic YTpi")),
    request("a token in quotes", "RFC 6750 §2.1: b64token", Invalid, |w, r| header(w, r, "Bearer \"{}\"")),
    request("a token as a parameter", "RFC 6750 §2.1: b64token", Invalid, |w, r| header(w, r, "Bearer token=\"{}\"")),
    request("a token with a semicolon", "RFC 6750 §2.1: b64token", Invalid, |w, r| header(w, r, "Bearer {};x")),
    request("a token with a letter beyond ASCII", "RFC 6750 §2.1: b64token", Invalid, |w, r| header(w, r, "Bearer {}ä")),
    request("a token in curly brackets", "RFC 7515 §7.2: no JSON form", Invalid, |w, r| header(w, r, "Bearer {\"payload\":\"e30\",\"signatures\":[]}")),
    request("a token with an escaped dot", "RFC 6750 §2.1: b64token", Invalid, |w, r| { let token = w.good().build().replace('.', "%2E"); header(w, r, &format!("Bearer {token}")) }),
    request("a padded token", "RFC 6750 §2.1 allows =, RFC 7515 §2 does not", Invalid, |w, r| header(w, r, "Bearer {}==")),
    request("padding alone", "RFC 6750 §2.1: one character at least", Invalid, |w, r| header(w, r, "Bearer ==")),
    request("two headers", "RFC 9110 §5.3: not a list", BadRequest, |w, r| header(w, header(w, r, "Bearer {}"), "Bearer {}")),
    request("two headers, the second of another scheme", "RFC 9110 §5.3", BadRequest, |w, r| header(w, header(w, r, "Bearer {}"), "Basic YTpi")),
    request("two headers, the first of another scheme", "RFC 9110 §5.3", BadRequest, |w, r| header(w, header(w, r, "Basic YTpi"), "Bearer {}")),
    request("a token in the query", "RFC 6750 §2.3, OAuth 2.1 §5.1.1", BadRequest, |w, r| query(w, r, "access_token={}")),
    request("a token in the query and in the header", "RFC 6750 §2: one way", BadRequest, |w, r| header(w, query(w, r, "access_token={}"), "Bearer {}")),
    request("a token in the query by an escaped name", "RFC 3986 §2.1", BadRequest, |w, r| query(w, r, "access%5ftoken={}")),
    request("a token in the query after others", "RFC 6750 §2.3", BadRequest, |w, r| query(w, r, "a=1&b=2&access_token={}")),
    request("an empty token in the query", "RFC 6750 §2.3", BadRequest, |w, r| query(w, r, "access_token=")),
    request("a token in the query by another name", "RFC 6750 §2: it is none", NoToken, |w, r| query(w, r, "token={}")),
    request("a token in a form", "RFC 6750 §2.2: not here", NoToken, |w, r| r.header("x-form", "1").query(&[("x", "1")]).body(format!("access_token={}", w.good().build()))),
    request("a token in a cookie", "RFC 6750 §2", NoToken, |w, r| elsewhere(w, r, "cookie", "access_token={}")),
    request("a token for a proxy", "RFC 9110 §11.7", NoToken, |w, r| elsewhere(w, r, "proxy-authorization", "Bearer {}")),
    request("a token in X-Forwarded-Authorization", "CVE-2025-64484: headers that a client can send", NoToken, |w, r| elsewhere(w, r, "x-forwarded-authorization", "Bearer {}")),
    request("a token in X-Access-Token", "CVE-2025-64484", NoToken, |w, r| elsewhere(w, r, "x-access-token", "{}")),
    request("a token in X-API-Key", "CVE-2025-64484", NoToken, |w, r| elsewhere(w, r, "x-api-key", "{}")),
    request("a name in X-Forwarded-User", "CVE-2025-64484", NoToken, |_, r| r.header("x-forwarded-user", "alice")),
    request("a name in X-Forwarded-User, with an underscore", "CVE-2025-64484", NoToken, |_, r| r.header("x_forwarded_user", "alice")),
    request("scopes in X-Scopes", "trap 26: verified claims alone", NoToken, |_, r| r.header("x-scopes", "desk:read")),
    request("a claim to be a trusted proxy", "CVE-2026-40575", NoToken, |_, r| r.header("x-forwarded-for", "127.0.0.1").header("x-original-url", "/healthz")),
];
