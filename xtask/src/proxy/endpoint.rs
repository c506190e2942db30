//! What a client must find at an endpoint behind the proxy, from the URL of the resource alone.

use serde_json::{Value, json};

use super::{
    curl::{Curl, Request, Response},
    message::{session_call, stateless_call, with_token},
};
use crate::Error;

/// Larger than the 1 MiB that nginx accepts by default, smaller than the server's own limit.
const LARGE: usize = 2 << 20;

/// An endpoint behind the proxy.
#[derive(Debug)]
pub(super) struct Endpoint<'a> {
    pub(super) curl: &'a Curl,
    pub(super) origin: &'a str,
    pub(super) resource: &'a str,
    pub(super) issuer: &'a str,
    /// A tool that reads, and a part of its result.
    pub(super) tool: &'a str,
    pub(super) shows: &'a str,
    /// A token with the scope of that tool alone.
    pub(super) reader: &'a str,
    /// A token with all scopes.
    pub(super) writer: &'a str,
}

/// A check, and what it shows.
type Check<E> = (&'static str, fn(&E) -> Result<(), Error>);

impl Endpoint<'_> {
    /// The checks of `todo`.
    pub(super) const CHECKS: [Check<Self>; 10] = [
        (
            "a 401 names metadata that the proxy forwards",
            Self::publishes_metadata,
        ),
        (
            "the metadata is where RFC 9728 puts it, too",
            Self::has_standard_metadata,
        ),
        (
            "`/docs` is served where the metadata says",
            Self::publishes_docs,
        ),
        (
            "a browser at the endpoint is sent to `/docs`",
            Self::redirects_browsers,
        ),
        (
            "a slash at the end of the URL changes nothing",
            Self::ignores_last_slash,
        ),
        ("a foreign `Host` is refused", Self::refuses_foreign_host),
        (
            "a foreign `Origin` is refused",
            Self::refuses_foreign_origin,
        ),
        (
            "a token is accepted, without and in a session",
            Self::accepts_token,
        ),
        (
            "a 403 names the missing scope and the metadata",
            Self::asks_for_scope,
        ),
        (
            "a request of 2 MiB reaches the server",
            Self::takes_large_requests,
        ),
    ];

    /// The checks of a server in an application, which has no page and its own redirects.
    pub(super) const MOUNTED_CHECKS: [Check<Self>; 4] = [
        ("the metadata", Self::publishes_metadata),
        ("a slash at the end", Self::ignores_last_slash),
        ("a foreign `Host`", Self::refuses_foreign_host),
        ("a foreign `Origin`", Self::refuses_foreign_origin),
    ];

    fn send(&self, request: &Request) -> Result<Response, Error> {
        self.curl.send(request)
    }

    fn read(&self) -> Request {
        stateless_call(self.resource, self.tool, &json!({}))
    }

    fn add(&self, title: &str) -> Request {
        stateless_call(self.resource, "add_todo", &json!({"title": title}))
    }

    /// Returns the public URL below which the proxy forwards.
    fn base(&self) -> Result<&str, Error> {
        let (base, _) = self
            .resource
            .rsplit_once('/')
            .ok_or("the resource has no path")?;
        Ok(base)
    }

    /// Follows a challenge to the metadata.
    fn metadata(&self) -> Result<Response, Error> {
        let refused = self.send(&self.read())?.expect_status(401)?;
        let named = self.metadata_url(&refused)?;
        self.send(&Request::get(named))?.expect_status(200)
    }

    fn metadata_url<'r>(&self, refused: &'r Response) -> Result<&'r str, Error> {
        let named = refused.challenge("resource_metadata");
        let named = named.ok_or_else(|| format!("no challenge: {refused}"))?;
        self.expect_below(named)?;
        Ok(named)
    }

    fn expect_below(&self, url: &str) -> Result<(), Error> {
        let base = self.base()?;
        match url
            .strip_prefix(base)
            .is_some_and(|rest| rest.starts_with('/'))
        {
            true => Ok(()),
            false => Err(format!("{url} is not below {base}").into()),
        }
    }

    fn publishes_metadata(&self) -> Result<(), Error> {
        let metadata = self.metadata()?.json()?;
        expect_equal("resource", &metadata["resource"], &json!(self.resource))?;
        let issuers = &metadata["authorization_servers"];
        expect_equal("authorization_servers", issuers, &json!([self.issuer]))
    }

    fn has_standard_metadata(&self) -> Result<(), Error> {
        let path = self.resource.strip_prefix(self.origin);
        let path = path.ok_or("the resource is at another origin")?;
        let url = format!("{}/.well-known/oauth-protected-resource{path}", self.origin);
        let standard = self.send(&Request::get(url))?.expect_status(200)?;
        expect_equal("the metadata", &standard.json()?, &self.metadata()?.json()?)
    }

    fn publishes_docs(&self) -> Result<(), Error> {
        let metadata = self.metadata()?.json()?;
        let url = metadata["resource_documentation"].as_str();
        let url = url.ok_or("the metadata names no documentation")?;
        self.expect_below(url)?;
        self.expect_docs(url)
    }

    fn expect_docs(&self, url: &str) -> Result<(), Error> {
        let page = self.send(&Request::get(url))?.expect_status(200)?;
        for part in [self.tool, self.resource] {
            if !page.body.contains(part) {
                return Err(format!("{url} does not contain {part}: {page}").into());
            }
        }
        Ok(())
    }

    fn redirects_browsers(&self) -> Result<(), Error> {
        let opened = Request::get(self.resource).with_header("accept", "text/html");
        let redirect = self.send(&opened)?;
        let location = redirect.header("location");
        let location = location.ok_or_else(|| format!("no redirect: {redirect}"))?;
        self.expect_docs(&format!("{}{location}", self.origin))
    }

    fn ignores_last_slash(&self) -> Result<(), Error> {
        let url = format!("{}/", self.resource);
        let call = stateless_call(&url, self.tool, &json!({}));
        let refused = self.send(&call)?.expect_status(401)?;
        self.metadata_url(&refused)?;
        let answer = self.send(&with_token(call, self.reader))?;
        expect_text("the result", &answer.expect_status(200)?, self.shows)
    }

    fn refuses_foreign_host(&self) -> Result<(), Error> {
        self.expect_foreign("host", "evil.example")
    }

    fn refuses_foreign_origin(&self) -> Result<(), Error> {
        self.expect_foreign("origin", "https://evil.example")
    }

    /// Asserts that a call with a valid token is refused for this header alone, by a message of
    /// the server, and without a challenge.
    fn expect_foreign(&self, header: &str, value: &str) -> Result<(), Error> {
        let call = with_token(self.read(), self.reader);
        self.send(&call)?.expect_status(200)?;
        let refused = self
            .send(&call.with_header(header, value))?
            .expect_status(403)?;
        if let Some(challenge) = refused.header("www-authenticate") {
            return Err(format!("a challenge for a foreign {header}: {challenge}").into());
        }
        expect_text("the refusal", &refused, "evil.example")
    }

    fn accepts_token(&self) -> Result<(), Error> {
        let title = "Behind a proxy";
        let added = self.send(&with_token(self.add(title), self.writer))?;
        expect_text("the added item", &added.expect_status(200)?, title)?;
        let list = (self.tool, &json!({}));
        let call = session_call(self.curl, self.resource, Some(self.reader), list)?;
        expect_text("the list", &self.send(&call)?.expect_status(200)?, title)
    }

    /// Asserts that the reader's token is accepted, and none of the foreign ones.
    pub(super) fn accepts_token_alone(&self, foreign: &[&str]) -> Result<(), Error> {
        let answer = self.send(&with_token(self.read(), self.reader))?;
        expect_text("the result", &answer.expect_status(200)?, self.shows)?;
        foreign.iter().try_for_each(|token| {
            let refused = self
                .send(&with_token(self.read(), token))?
                .expect_status(401)?;
            match refused.challenge("error") {
                Some("invalid_token") => Ok(()),
                _ => Err(format!("a foreign token is not the reason: {refused}").into()),
            }
        })
    }

    fn asks_for_scope(&self) -> Result<(), Error> {
        let call = with_token(self.add("Not allowed"), self.reader);
        let refused = self.send(&call)?.expect_status(403)?;
        self.metadata_url(&refused)?;
        let scopes = refused.challenge("scope").unwrap_or_default();
        match scopes.split(' ').any(|scope| scope == "todo:write") {
            true => Ok(()),
            false => Err(format!("the challenge does not name todo:write: {refused}").into()),
        }
    }

    fn takes_large_requests(&self) -> Result<(), Error> {
        let title = "x".repeat(LARGE);
        let answer = self.send(&with_token(self.add(&title), self.writer))?;
        // The server's own words: the title is longer than it may be.
        expect_text("the answer", &answer, "title")
    }
}

/// Asserts that a JSON answer contains a text.
fn expect_text(what: &str, answer: &Response, text: &str) -> Result<(), Error> {
    match answer.json()?.to_string().contains(text) {
        true => Ok(()),
        false => Err(format!("{what} does not contain {text:?}: {answer}").into()),
    }
}

fn expect_equal(what: &str, found: &Value, expected: &Value) -> Result<(), Error> {
    match found == expected {
        true => Ok(()),
        false => Err(format!("{what} is {found} instead of {expected}").into()),
    }
}
