//! Invalid tokens use no memory after the request, however many there are.
//!
//! Each request carries a new token: random text, JWT-like text, a token from an untrusted
//! issuer, or a token for another audience. The test compares the memory of the process, which
//! contains server, client and issuer, after a warm-up and at the end.
//!
//! By default there are enough requests to notice sixty bytes per token. For a million, with
//! the figures printed:
//!
//! ```text
//! GARBAGE=1000000 cargo test --release -p toolgate-tests --test invalid_token_memory -- --nocapture
//! ```
#![cfg(target_os = "linux")]

use std::{env, fs, time::Instant};

use serde_json::json;
use support::{
    MockIssuer, SigningKey, TokenBuilder,
    running_server::RunningServer,
    tool_server::{self, Runs},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The number of tokens unless `GARBAGE` is set.
const TOKENS: usize = 12_000;

/// After this many, the allocator has reached its working size.
const WARM_UP: usize = 4_000;

/// The most that the process may grow, in bytes.
const MOST: usize = 768 * 1024;

/// The number of connections.
const CONNECTIONS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn distinct_invalid_tokens_do_not_grow_memory() {
    let count = env::var("GARBAGE").map_or(TOKENS, |text| text.parse().expect("a number"));
    let issuer = MockIssuer::start().await;
    let runs = Runs::default();
    let server = tool_server::protected_unverified_server(&runs);
    let running = RunningServer::start(server, |config| config.with_issuer(issuer.url())).await;
    let untrusted_key = SigningKey::p256("p256");

    let begin = Instant::now();
    send(&running, &issuer, &untrusted_key, 0..WARM_UP).await;
    let before = resident();
    let mut after = before;
    let mut sent = WARM_UP;
    while sent < WARM_UP + count {
        let next = (sent + count.div_ceil(5)).min(WARM_UP + count);
        send(&running, &issuer, &untrusted_key, sent..next).await;
        sent = next;
        after = resident();
        tell(sent, after, begin);
    }
    assert!(runs.all().is_empty());
    assert!(
        after.saturating_sub(before) < MOST,
        "{count} tokens left {} bytes",
        after.saturating_sub(before)
    );
    let allowed = 2 + usize::try_from(begin.elapsed().as_secs()).expect("a short time");
    assert!(
        issuer.jwks_requests() <= allowed,
        "{} fetches",
        issuer.jwks_requests()
    );
}

/// Sends the tokens of these numbers, and requires that each is refused.
async fn send(
    running: &RunningServer,
    issuer: &MockIssuer,
    untrusted_key: &SigningKey,
    numbers: std::ops::Range<usize>,
) {
    let connections = (0..CONNECTIONS).map(|first| {
        let numbers = numbers.clone().skip(first).step_by(CONNECTIONS);
        async move {
            let mut connection = Connection::open(running).await;
            for number in numbers {
                let token = garbage(running, issuer, untrusted_key, number);
                assert_eq!(connection.call(&token).await, "401", "{token}");
            }
        }
    });
    futures_util::future::join_all(connections).await;
}

fn garbage(
    running: &RunningServer,
    issuer: &MockIssuer,
    untrusted_key: &SigningKey,
    number: usize,
) -> String {
    let good = || {
        let token = issuer
            .token()
            .audience(&running.resource())
            .scope("desk:read");
        token.claim("jti", json!(number))
    };
    match number % 8 {
        0 => format!("garbage-{number}"),
        1 => format!("{number}.{number}.{number}"),
        2 => good()
            .header("kid", json!(number.to_string()))
            .signature(&[7; 64])
            .build(),
        3 => good().signature(&[7; 64]).build(),
        4 => good().forged_with(untrusted_key).build(),
        5 => good()
            .audience(&format!("https://{number}.example"))
            .build(),
        6 => good().expires_in(-600).build(),
        _ => TokenBuilder::new(&format!("https://{number}.example"), untrusted_key).build(),
    }
}

/// A keep-alive connection without a client's own buffers.
struct Connection {
    stream: TcpStream,
    host: String,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(running: &RunningServer) -> Self {
        let stream = TcpStream::connect(running.address())
            .await
            .expect("it listens");
        stream.set_nodelay(true).expect("a socket");
        let host = running.address().to_string();
        Self {
            stream,
            host,
            buffer: vec![0; 4096],
        }
    }

    /// Returns the status of a call.
    async fn call(&mut self, token: &str) -> String {
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","arguments":{}}}"#;
        let request = format!(
            "POST /mcp HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\naccept: application/json, text/event-stream\r\n\
             content-length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        self.stream
            .write_all(request.as_bytes())
            .await
            .expect("it reads");
        let mut filled = 0;
        loop {
            let read = self
                .stream
                .read(&mut self.buffer[filled..])
                .await
                .expect("it answers");
            assert_ne!(read, 0, "it hung up");
            filled += read;
            let text = std::str::from_utf8(&self.buffer[..filled]).expect("text");
            let Some((head, rest)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .expect("a length");
            if rest.len() == length.parse::<usize>().expect("a number") {
                return head[9..12].to_owned();
            }
        }
    }
}

/// Returns the resident memory of this process, in bytes.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kilobytes
        .expect("a line")
        .parse::<usize>()
        .expect("a number")
        * 1024
}

#[expect(clippy::print_stderr, reason = "the figures are what it is run for")]
fn tell(sent: usize, resident: usize, begin: Instant) {
    eprintln!(
        "{sent} tokens, {} KiB in use, {:?}",
        resident / 1024,
        begin.elapsed()
    );
}
