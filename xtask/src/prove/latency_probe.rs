//! Measures response times of `/healthz` and of a protected call.

use std::{
    fmt,
    thread::{self, sleep},
    time::{Duration, Instant},
};

use crate::Error;

use super::http_client::{Connection, TIMEOUT};

/// The pause between two requests of one kind.
const REST: Duration = Duration::from_millis(5);

/// Response times of one kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Latencies {
    pub(super) median: Duration,
    /// The 99th percentile.
    pub(super) high: Duration,
}

/// Response times of both kinds of request.
pub(super) struct Probed {
    pub(super) health: Latencies,
    pub(super) call: Latencies,
}

/// Sends both kinds of request for the given time.
pub(super) fn run(port: u16, token: &str, time: Duration) -> Result<Probed, Error> {
    let (health, call) = (health(port), call(port, token));
    thread::scope(|scope| {
        let health = scope.spawn(|| latencies(port, &health, time));
        let call = scope.spawn(|| latencies(port, &call, time));
        let join = |one: thread::ScopedJoinHandle<'_, Result<Latencies, String>>| {
            let finished = one.join().map_err(|_| "a probe thread panicked")?;
            finished.map_err(Error::from)
        };
        Ok(Probed {
            health: join(health)?,
            call: join(call)?,
        })
    })
}

fn health(port: u16) -> String {
    format!("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n")
}

/// Builds a call of `list_todos` in one request of 2026-07-28.
fn call(port: u16, token: &str) -> String {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_todos","arguments":{},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"prove","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}"#;
    format!(
        "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
         MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: list_todos\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Repeats one request. Each uses a new connection, because new clients have to connect too.
fn latencies(port: u16, request: &str, time: Duration) -> Result<Latencies, String> {
    let begun = Instant::now();
    let mut took = Vec::new();
    while begun.elapsed() < time {
        let asked = Instant::now();
        let answer = Connection::open(port).and_then(|mut connection| {
            connection.write(request.as_bytes())?;
            connection.answer()
        });
        match answer {
            Ok(200) => took.push(asked.elapsed()),
            Ok(status) => return Err(format!("{status} instead of 200 to: {}", first(request))),
            // No response counts as the full waiting time.
            Err(_) => took.push(asked.elapsed().max(TIMEOUT)),
        }
        sleep(REST);
    }
    Latencies::of(took).ok_or_else(|| format!("no request was sent: {}", first(request)))
}

fn first(request: &str) -> &str {
    request.lines().next().unwrap_or_default()
}

impl Latencies {
    fn of(mut took: Vec<Duration>) -> Option<Self> {
        took.sort_unstable();
        let at = |percent: usize| {
            let place = (took.len() * percent).div_ceil(100);
            took.get(place.saturating_sub(1)).copied()
        };
        Some(Self {
            median: at(50)?,
            high: at(99)?,
        })
    }
}

impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (median, high) = (milliseconds(self.median), milliseconds(self.high));
        write!(f, "{median}, {high}")
    }
}

pub(super) fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::{Duration, Latencies};

    #[test]
    fn the_slow_ones_are_in_the_high_figure() {
        let millis = |numbers: &[u64]| {
            let times = numbers.iter().map(|&number| Duration::from_millis(number));
            Latencies::of(times.collect())
        };
        assert_eq!(millis(&[]), None);
        let mut numbers: Vec<u64> = (1..=100).collect();
        numbers.reverse();
        let latencies = millis(&numbers).expect("some");
        assert_eq!(latencies.to_string(), "50.0 ms, 99.0 ms");
        let latencies = millis(&[7, 3000]).expect("some");
        assert_eq!(latencies.to_string(), "7.0 ms, 3000.0 ms");
    }
}
