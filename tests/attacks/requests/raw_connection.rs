//! A connection for arbitrary bytes.

use std::time::Duration;

use support::running_server::RunningServer;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A connection to a server under test.
pub(super) struct RawConnection(TcpStream);

impl RawConnection {
    /// Connects.
    pub(super) async fn open(running: &RunningServer) -> Self {
        Self(
            TcpStream::connect(running.address())
                .await
                .expect("it listens"),
        )
    }

    /// Sends bytes unchanged.
    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // A server that has already refused may have closed its side.
        let _ = self.0.write_all(bytes.as_ref()).await;
    }

    /// Reads for a time. Returns the text, and whether the server closed the connection.
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

    /// Reads responses for a short time, and returns their statuses.
    pub(super) async fn answers(&mut self) -> Vec<u16> {
        let (text, _) = self.read_for(Duration::from_millis(600)).await;
        statuses(&text)
    }
}

/// Returns the statuses of the responses in a text.
fn statuses(text: &str) -> Vec<u16> {
    text.split("HTTP/1.")
        .skip(1)
        .filter_map(|answer| answer.get(2..5)?.parse().ok())
        .collect()
}
