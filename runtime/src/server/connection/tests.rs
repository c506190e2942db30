use axum::{Router, body::Bytes};
use futures_util::{StreamExt, stream};
use http::Response;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex},
    time::{Instant, sleep, timeout},
};

use super::*;
use crate::server::http_entry::{HttpEntry, ResponseFuture};

mod timeouts;

/// Much longer than anything waits here.
const LONG: Duration = Duration::from_secs(3600);

/// More than a connection takes at once.
const LARGE: usize = 1 << 20;

/// A server with an answer that takes two minutes, one that is silent for as long in its
/// middle, a large one, and one that is there at once.
fn router() -> Router {
    Router::new()
        .route("/late", axum::routing::get(async || sleep(MINUTES).await))
        .route("/stream", axum::routing::get(async || streamed()))
        .route("/large", axum::routing::get(async || vec![b'a'; LARGE]))
        .route("/endless", axum::routing::get(async || endless()))
        .fallback(async || "at once")
}

const MINUTES: Duration = Duration::from_secs(120);

fn streamed() -> Body {
    let pieces = stream::iter(["first", "last"]).then(async |piece| {
        if piece == "last" {
            sleep(MINUTES).await;
        }
        Ok::<_, io::Error>(Bytes::from(piece))
    });
    Body::from_stream(pieces)
}

fn endless() -> Body {
    let ticks = stream::repeat(Bytes::from_static(&[b'a'; 1024])).then(async |tick| {
        sleep(Duration::from_secs(1)).await;
        Ok::<_, io::Error>(tick)
    });
    Body::from_stream(ticks)
}

/// Connects to a server that goes on by itself.
fn connect() -> DuplexStream {
    let (client, server) = duplex(4096);
    tokio::spawn(keep(server, router()));
    client
}

/// Serves one connection, and looks after it.
async fn keep<I>(server: I, router: Router)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let endpoint = |_| -> ResponseFuture { Box::pin(async { Ok(Response::default()) }) };
    let entry = HttpEntry::new(router, std::sync::Arc::new(endpoint), "/mcp");
    let _ = connection(server, None, entry).await;
}

/// Waits for the end of a connection: what came until then, and after how many seconds.
async fn until_the_end(client: &mut DuplexStream) -> (String, u64) {
    let (start, mut all) = (Instant::now(), Vec::new());
    let read = timeout(LONG, client.read_to_end(&mut all)).await;
    read.expect("it ends").unwrap();
    let all = String::from_utf8(all).unwrap();
    (all, start.elapsed().as_secs())
}

async fn ask(client: &mut DuplexStream, path: &str) {
    let request = format!("GET {path} HTTP/1.1\r\nhost: h\r\n\r\n");
    client.write_all(request.as_bytes()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_or_not_enough_is_hung_up_on_in_time() {
    for silence in [
        &b""[..],
        b"G",
        b"GET / HTTP/1.1\r\nhost: h\r\n",
        b"PRI * HTTP/2.0\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r",
    ] {
        let mut client = connect();
        client.write_all(silence).await.unwrap();
        let (told, seconds) = until_the_end(&mut client).await;
        assert_eq!(told, "");
        assert!((30..=40).contains(&seconds), "{silence:?}: {seconds} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_comes_by_a_byte_at_a_time_is_no_head() {
    let mut client = connect();
    let start = Instant::now();
    let head = b"GET / HTTP/1.1\r\nx-slow: "
        .iter()
        .chain([b'a'; 1000].iter());
    for byte in head {
        sleep(Duration::from_secs(1)).await;
        if client.write_all(&[*byte]).await.is_err() {
            break;
        }
    }
    assert!((30..=41).contains(&start.elapsed().as_secs()));
}

#[tokio::test(start_paused = true)]
async fn who_asks_again_and_again_is_not_hung_up_on_until_they_stop() {
    let mut client = connect();
    let mut buffer = [0; 4096];
    for _ in 0..20 {
        ask(&mut client, "/").await;
        let read = client.read(&mut buffer).await.unwrap();
        assert!(buffer[..read].ends_with(b"at once"));
        sleep(Duration::from_secs(29)).await;
    }
    let (told, seconds) = until_the_end(&mut client).await;
    assert_eq!(told, "");
    assert!((1..=11).contains(&seconds), "{seconds} s");
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_the_server_is_not_hung_up_on() {
    let mut client = connect();
    ask(&mut client, "/late").await;
    let (told, seconds) = until_the_end(&mut client).await;
    assert!(told.starts_with("HTTP/1.1 200"), "{told}");
    assert!((150..=160).contains(&seconds), "{seconds} s");

    let mut client = connect();
    ask(&mut client, "/stream").await;
    let (told, seconds) = until_the_end(&mut client).await;
    assert!(told.contains("first") && told.contains("last"), "{told}");
    assert!((150..=160).contains(&seconds), "{seconds} s");
}

#[tokio::test(start_paused = true)]
async fn an_answer_may_be_taken_slowly_but_has_to_be_taken() {
    let mut client = connect();
    ask(&mut client, "/large").await;
    let (mut taken, mut buffer) = (0, [0; 4096]);
    while taken < LARGE {
        sleep(Duration::from_secs(280)).await;
        let read = client.read(&mut buffer).await.unwrap();
        assert!(read > 0, "cut off after {taken} bytes");
        taken += read;
    }

    // One that has a length, and one that goes on for ever.
    for path in ["/large", "/endless"] {
        let mut client = connect();
        ask(&mut client, path).await;
        sleep(Duration::from_secs(320)).await;
        let (told, seconds) = until_the_end(&mut client).await;
        assert!(told.len() < LARGE);
        assert_eq!(seconds, 0, "{path}");
    }
}

/// A reader that is slower than the system's buffers are small, over a real socket.
#[tokio::test(start_paused = true)]
async fn who_reads_slowly_over_a_socket_is_not_hung_up_on() {
    const HUGE: usize = 16 << 20;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (server, _) = listener.accept().await.unwrap();
        let router = Router::new().fallback(async || vec![b'a'; HUGE]);
        keep(server, router).await;
    });
    let mut client = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = b"GET / HTTP/1.1\r\nhost: h\r\n\r\n";
    client.write_all(request).await.unwrap();
    let (mut taken, mut buffer) = (0, vec![0; 1 << 16]);
    while taken < HUGE {
        let read = client.read(&mut buffer).await.unwrap();
        assert!(read > 0, "cut off after {taken} bytes");
        taken += read;
        sleep(Duration::from_secs(4)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_of_http2_is_asked_whether_it_is_there() {
    const PREFACE_AND_SETTINGS: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let mut client = connect();
    client.write_all(PREFACE_AND_SETTINGS).await.unwrap();
    let (mut told, mut buffer) = (Vec::new(), [0; 4096]);
    let start = Instant::now();
    while let Ok(Ok(read @ 1..)) = timeout(LONG, client.read(&mut buffer)).await {
        told.extend_from_slice(&buffer[..read]);
    }
    // hyper's own clock: a PING frame (RFC 9113 §6.7) after 30 seconds, and 20 for the answer.
    let ping = b"\0\0\x08\x06\0\0\0\0\0";
    assert!(told.windows(ping.len()).any(|frame| frame == ping));
    assert!(start.elapsed().as_secs() >= 45);
}
