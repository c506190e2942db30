//! A connection over which any bytes can be sent.

use std::time::Duration;

use support::server::Running;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A connection to a server under test.
pub(super) struct Raw(TcpStream);

impl Raw {
    /// Connects.
    pub(super) async fn open(running: &Running) -> Self {
        Self(
            TcpStream::connect(running.address())
                .await
                .expect("it listens"),
        )
    }

    /// Sends bytes as they are.
    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // A server that has refused already may have closed its side.
        let _ = self.0.write_all(bytes.as_ref()).await;
    }

    /// All that comes within a time, and whether the server then closed the connection.
    pub(super) async fn read_for(&mut self, time: Duration) -> (String, bool) {
        let mut all = Vec::new();
        let closed = tokio::time::timeout(time, async {
            let mut buffer = [0; 4096];
            loop {
                match self.0.read(&mut buffer).await {
                    Ok(0) | Err(_) => return,
                    Ok(read) => all.extend_from_slice(&buffer[..read]),
                }
            }
        })
        .await
        .is_ok();
        (String::from_utf8_lossy(&all).into_owned(), closed)
    }

    /// The answers to what was sent, within a short time.
    pub(super) async fn answers(&mut self) -> Vec<u16> {
        let (text, _) = self.read_for(Duration::from_millis(600)).await;
        statuses(&text)
    }
}

/// The statuses of the answers in a text.
fn statuses(text: &str) -> Vec<u16> {
    text.split("HTTP/1.")
        .skip(1)
        .filter_map(|answer| answer.get(2..5)?.parse().ok())
        .collect()
}
