//! Requests with curl, and their responses.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use serde_json::Value;

use crate::{
    Error,
    child_process::{self, Finished},
    client_installer::with_apt,
};

/// What curl writes behind a body: the seconds until the first byte, and until the last.
const TIMES: &str = "\n%{time_starttransfer} %{time_total}";

/// curl, with the only authority that it trusts.
#[derive(Debug)]
pub(super) struct Curl {
    program: PathBuf,
    authority: PathBuf,
    folder: PathBuf,
    bodies: AtomicUsize,
}

/// A request.
#[derive(Debug, Clone, Default)]
pub(super) struct Request {
    url: String,
    headers: Vec<String>,
    body: Option<String>,
}

impl Request {
    pub(super) fn get(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            ..Self::default()
        }
    }

    /// Creates a `POST` of a JSON body.
    pub(super) fn post(url: impl Into<String>, body: impl ToString) -> Self {
        Self {
            body: Some(body.to_string()),
            ..Self::get(url)
        }
        .with_header("content-type", "application/json")
        .with_header("accept", "application/json, text/event-stream")
    }

    /// Sets a header. The last value of a name is sent.
    pub(super) fn with_header(mut self, name: &str, value: &str) -> Self {
        let start = format!("{name}:");
        self.headers.retain(|header| !header.starts_with(&start));
        self.headers.push(format!("{start} {value}"));
        self
    }
}

impl Curl {
    /// Stores bodies in a folder, because a command line is too short for large ones.
    pub(super) fn new(authority: &Path, folder: &Path) -> Result<Self, Error> {
        Ok(Self {
            program: with_apt(&["curl"], "curl")?,
            authority: authority.to_owned(),
            folder: folder.to_owned(),
            bodies: AtomicUsize::new(0),
        })
    }

    /// Sends a request, and returns its whole response. Follows no redirect.
    pub(super) fn send(&self, request: &Request) -> Result<Response, Error> {
        let mut command = Command::new(&self.program);
        // `--disable`: without the settings of the person who runs it.
        command
            .args(["--disable", "--silent", "--show-error", "--include"])
            .args(["--noproxy", "*", "--max-time", "120"])
            .args(["--write-out", TIMES, "--header", "expect:", "--cacert"])
            .arg(&self.authority);
        for header in &request.headers {
            command.args(["--header", header]);
        }
        if let Some(body) = &request.body {
            let number = self.bodies.fetch_add(1, Ordering::Relaxed);
            let path = self.folder.join(format!("body-{number}.json"));
            fs::write(&path, body)?;
            command.arg("--data-binary");
            command.arg(format!("@{}", path.display()));
        }
        let finished = child_process::run(command.arg(&request.url), Duration::from_secs(130))?;
        let read = |finished: &Finished| Response::read(&finished.out());
        let response = finished.succeeded().then(|| read(&finished)).flatten();
        response.ok_or_else(|| format!("{}: {}", request.url, finished.report()).into())
    }
}

/// A response.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: String,
    /// From the request to the first byte of the response.
    pub(super) first_byte: Duration,
    /// From the request to the last byte of the response.
    pub(super) total: Duration,
}

impl Response {
    /// Reads what curl printed.
    fn read(printed: &str) -> Option<Self> {
        let (head, rest) = printed.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_lowercase(), value.trim().to_owned()))
        });
        let (body, times) = rest.rsplit_once('\n')?;
        let (first_byte, total) = times.split_once(' ')?;
        let seconds = |text: &str| Duration::try_from_secs_f64(text.parse().ok()?).ok();
        Some(Self {
            status,
            headers: headers.collect::<Option<_>>()?,
            body: body.to_owned(),
            first_byte: seconds(first_byte)?,
            total: seconds(total)?,
        })
    }

    /// Returns a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(one, _)| one == name);
        header.map(|(_, value)| value.as_str())
    }

    /// Returns a parameter of the challenge (RFC 9110 §11.6.1).
    pub(super) fn challenge(&self, name: &str) -> Option<&str> {
        let challenge = self.header("www-authenticate")?.strip_prefix("Bearer ")?;
        let mut parameters = challenge.split(", ").filter_map(|one| one.split_once('='));
        let (_, value) = parameters.find(|(one, _)| *one == name)?;
        value.strip_prefix('"')?.strip_suffix('"')
    }

    /// Returns the JSON of the body, or of the last event of an event stream.
    pub(super) fn json(&self) -> Result<Value, Error> {
        let is_stream = self.header("content-type") == Some("text/event-stream");
        let text = match is_stream {
            true => self
                .body
                .lines()
                .rev()
                .find_map(|line| line.strip_prefix("data: {")),
            false => self.body.strip_prefix('{'),
        };
        let text = text.map(|rest| format!("{{{rest}"));
        let json = serde_json::from_str(&text.unwrap_or_default());
        json.map_err(|error| format!("{self}: no JSON: {error}").into())
    }

    /// Returns an error unless this is the status.
    pub(super) fn expect_status(self, status: u16) -> Result<Self, Error> {
        match self.status == status {
            true => Ok(self),
            false => Err(format!("{self} instead of {status}").into()),
        }
    }
}

impl std::fmt::Display for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { status, total, .. } = self;
        let body = self.body.trim();
        write!(
            f,
            "status {status} after {total:.1?}, {:?}, {body:.300}",
            self.headers
        )
    }
}

#[cfg(test)]
mod tests;
