//! Bodies that do not end: each occupies a connection for a bounded time.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep},
};

use super::*;

/// Every endpoint that reads a body, and its media type.
const ENDPOINTS: [(&str, &str); 5] = [
    ("/development/register", "application/json"),
    ("/development/token", FORM),
    ("/development/revoke", FORM),
    ("/development/introspect", FORM),
    ("/development/authorize/decision", FORM),
];
const FORM: &str = "application/x-www-form-urlencoded";

/// One byte every five seconds, without end.
fn dripping() -> Body {
    Body::from_stream(stream::unfold((), |()| async {
        sleep(Duration::from_secs(5)).await;
        Some((Ok::<_, Infallible>(Bytes::from_static(b"a")), ()))
    }))
}

/// Half a body, and then nothing.
fn half() -> Body {
    let first = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"grant_type=a"))]);
    Body::from_stream(stream::StreamExt::chain(first, stream::pending()))
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_is_refused_after_its_time() {
    let world = World::new();
    for (path, media_type) in ENDPOINTS {
        for body in [dripping(), half()] {
            let begun = Instant::now();
            let request = request("POST", path).header(header::CONTENT_TYPE, media_type);
            let answer = world.send(request.body(body).unwrap()).await;
            assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT, "{path}");
            assert_eq!(begun.elapsed().as_secs(), 60, "{path}");
            assert!(answer.text.contains("did not arrive in time"), "{path}");
        }
    }
}

#[tokio::test]
async fn a_body_is_bounded_in_bytes() {
    let world = World::new();
    for (path, media_type) in ENDPOINTS {
        let post = || request("POST", path).header(header::CONTENT_TYPE, media_type);
        let body = Body::from("a".repeat(64 * 1024 + 1));
        let answer = world.send(post().body(body).unwrap()).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        // Without a declared length.
        let chunk = Ok::<_, Infallible>(Bytes::from(vec![b'a'; 64 * 1024 + 1]));
        let body = Body::from_stream(stream::iter([chunk]));
        let answer = world.send(post().body(body).unwrap()).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
}

/// Over a socket the connection ends too, although its client continues to send.
#[tokio::test]
async fn the_connection_of_a_slow_body_is_closed() {
    let world = World::with(|settings| settings.body_time = Duration::from_millis(300));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = world
        .issuer
        .router()
        .into_make_service_with_connect_info::<SocketAddr>();
    let serving = tokio::spawn(async move { axum::serve(listener, service).await });
    for (path, media_type) in ENDPOINTS {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: {media_type}\r\ncontent-length: 1000\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let (mut reader, mut writer) = socket.into_split();
        let drip = tokio::spawn(async move {
            while writer.write_all(b"a").await.is_ok() {
                sleep(Duration::from_millis(20)).await;
            }
        });
        let mut answer = Vec::new();
        let mut buffer = [0; 1024];
        let reading = async {
            // A reset ends it too: data sent after the answer is never read.
            while let Ok(count @ 1..) = reader.read(&mut buffer).await {
                answer.extend_from_slice(&buffer[..count]);
            }
        };
        let ended = tokio::time::timeout(Duration::from_secs(20), reading).await;
        assert!(ended.is_ok(), "{path}: the connection is still open");
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 408 "), "{path}: {answer}");
        drip.abort();
    }
    serving.abort();
}
