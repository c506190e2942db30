//! Malicious servers: the command ends, and contacts no other server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::command::run;

/// A server that sends `head` on every connection and then repeats `more`. It counts its
/// connections.
async fn serve(head: String, more: &'static [u8]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            let head = head.clone();
            tokio::spawn(async move {
                let mut request = [0; 64 << 10];
                let _ = stream.read(&mut request).await;
                let mut is_open = stream.write_all(head.as_bytes()).await.is_ok();
                while is_open && !more.is_empty() {
                    is_open = stream.write_all(more).await.is_ok();
                }
                if head.is_empty() {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    (url, count)
}

#[tokio::test]
async fn a_silent_server_ends_in_a_timeout() {
    let (url, _) = serve(String::new(), b"").await;
    let ran = run(&[&url, "--timeout", "1"], &[]).await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.errors.contains("no response within 1 s"), "{ran:?}");
}

#[tokio::test]
async fn a_body_without_an_end_is_read_to_the_limit() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n";
    let (url, _) = serve(head.to_owned(), &[b' '; 64 << 10]).await;
    let ran = run(&[&url, "--json"], &[]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(ran.findings()["challenge.status"]["verdict"], "fail");
}

#[tokio::test]
async fn a_stream_without_an_end_is_looked_at_and_left() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: hello\n\n";
    let (url, _) = serve(head.to_owned(), b"").await;
    let start = Instant::now();
    let ran = run(&[&url, "--json", "--timeout", "2"], &[]).await;
    assert_eq!(ran.findings()["challenge.get"]["verdict"], "warn");
    assert!(
        start.elapsed() < Duration::from_secs(300),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let (elsewhere, visited) = serve("HTTP/1.1 200 OK\r\n\r\n".to_owned(), b"").await;
    let head = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    let (url, _) = serve(head, b"").await;
    let ran = run(&[&url, "--json"], &["secret".to_owned()]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(visited.load(Ordering::Relaxed), 0);
}
