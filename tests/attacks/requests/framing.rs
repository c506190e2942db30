//! Requests whose start, end or target is ambiguous.

use support::unsigned_tokens;

use super::{raw_connection::RawConnection, start_tool_server, start_with_open_handshake};

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

/// Sends bytes over one connection and checks all statuses. 400 and 401 for a missing session
/// id mean the same here: the request was parsed, and nothing ran.
#[tokio::test]
async fn a_request_ends_in_one_place() {
    let (running, runs) = start_with_open_handshake().await;
    let host = running.address();
    let length = PING.len();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
    );
    let hidden = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let chunked = format!("{length:x}\r\n{PING}\r\n0\r\n");
    for (what, request, expected) in [
        (
            "both lengths",
            format!("{head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}\r\n"),
            &[400][..],
        ),
        (
            "a request hidden behind both lengths",
            format!(
                "{head}Content-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}",
                5 + hidden.len()
            ),
            &[401],
        ),
        (
            "two lengths that differ",
            format!("{head}Content-Length: {length}\r\nContent-Length: 0\r\n\r\n{PING}"),
            &[400],
        ),
        (
            "a list of lengths",
            format!("{head}Content-Length: {length}, {length}\r\n\r\n{PING}"),
            &[400],
        ),
        (
            "a length with a sign",
            format!("{head}Content-Length: +{length}\r\n\r\n{PING}"),
            &[400],
        ),
        (
            "an unknown coding",
            format!("{head}Transfer-Encoding: xchunked\r\n\r\n{chunked}\r\n"),
            &[400],
        ),
        (
            "a coding behind chunked",
            format!("{head}Transfer-Encoding: chunked, identity\r\n\r\n{chunked}\r\n"),
            &[400],
        ),
        (
            "a folded line",
            format!("{head}X-A: b\r\n c\r\nContent-Length: {length}\r\n\r\n{PING}"),
            &[400],
        ),
        (
            "a NUL in a header",
            format!("{head}X-A: b\0c\r\nContent-Length: {length}\r\n\r\n{PING}"),
            &[400],
        ),
        (
            "a space before the colon",
            format!("{head}Authorization : Bearer a\r\nContent-Length: {length}\r\n\r\n{PING}"),
            &[400],
        ),
        (
            "a header of a megabyte",
            format!("{head}X-A: {}\r\n\r\n", "a".repeat(1_000_000)),
            &[431],
        ),
        (
            "two hundred headers",
            format!("{head}{}\r\n", "X-A: a\r\n".repeat(200)),
            &[431],
        ),
        (
            "a body behind a GET",
            format!(
                "GET /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Length: {}\r\n\r\n{hidden}",
                hidden.len()
            ),
            &[400],
        ),
        (
            "three requests at once",
            format!(
                "{head}Content-Length: {length}\r\n\r\n{PING}{hidden}GET /nothing HTTP/1.1\r\nHost: {host}\r\n\r\n"
            ),
            &[400, 200, 404],
        ),
        (
            "a promise of a body",
            format!("{head}Expect: 100-continue\r\nContent-Length: {length}\r\n\r\n{PING}"),
            &[100, 400],
        ),
    ] {
        let mut raw = RawConnection::open(&running).await;
        raw.send(&request).await;
        assert_eq!(raw.answers().await, expected, "{what}");
    }
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_request_is_for_one_server() {
    let (running, _) = start_with_open_handshake().await;
    let host = running.address();
    let tail = format!(
        "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: {}\r\n\r\n{PING}",
        PING.len()
    );
    for (what, head, expected) in [
        (
            "its own target",
            format!("POST http://{host}/mcp HTTP/1.1\r\nHost: {host}\r\n"),
            400,
        ),
        (
            "another's target",
            format!("POST http://evil.example/mcp HTTP/1.1\r\nHost: {host}\r\n"),
            403,
        ),
        (
            "its own target, another's header",
            format!("POST http://{host}/mcp HTTP/1.1\r\nHost: evil.example\r\n"),
            403,
        ),
        (
            "user information in the target",
            format!("POST http://evil@{host}/mcp HTTP/1.1\r\nHost: {host}\r\n"),
            403,
        ),
        (
            "user information in the header",
            format!("POST /mcp HTTP/1.1\r\nHost: evil@{host}\r\n"),
            403,
        ),
        (
            "two hosts",
            format!("POST /mcp HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n"),
            403,
        ),
        ("no host", "POST /mcp HTTP/1.0\r\n".to_owned(), 403),
        (
            "an empty host",
            "POST /mcp HTTP/1.1\r\nHost:\r\n".to_owned(),
            403,
        ),
        (
            "a forwarded host",
            format!("POST /mcp HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: {host}\r\n"),
            403,
        ),
    ] {
        let mut raw = RawConnection::open(&running).await;
        raw.send(format!("{head}{tail}")).await;
        assert_eq!(raw.answers().await, [expected], "{what}");
    }
}

#[tokio::test]
async fn a_token_is_read_from_the_header_and_in_one_spelling() {
    let (running, runs) = start_tool_server().await;
    let host = running.address();
    let token = unsigned_tokens::token(&unsigned_tokens::claims(&running.resource(), "desk:read"));
    let call =
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","arguments":{}}}"#;
    let length = call.len();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
    );
    let form = format!("access_token={token}");
    for (what, request, expected, error) in [
        (
            "a trailer",
            format!(
                "{head}Transfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n{length:x}\r\n{call}\r\n0\r\nAuthorization: Bearer {token}\r\n\r\n"
            ),
            401,
            "no_token",
        ),
        (
            "a form",
            format!(
                "POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
                form.len()
            ),
            401,
            "no_token",
        ),
        (
            "a cookie",
            format!("{head}Cookie: access_token={token}\r\nContent-Length: {length}\r\n\r\n{call}"),
            401,
            "no_token",
        ),
        (
            "another header",
            format!(
                "{head}Proxy-Authorization: Bearer {token}\r\nX-Authorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n{call}"
            ),
            401,
            "no_token",
        ),
        (
            "a tab",
            format!(
                "{head}Authorization: Bearer\t{token}\r\nContent-Length: {length}\r\n\r\n{call}"
            ),
            401,
            "invalid_token",
        ),
        (
            "a colon",
            format!(
                "{head}Authorization: Bearer: {token}\r\nContent-Length: {length}\r\n\r\n{call}"
            ),
            401,
            "invalid_token",
        ),
        (
            "two in one",
            format!(
                "{head}Authorization: Bearer {token}, Bearer {token}\r\nContent-Length: {length}\r\n\r\n{call}"
            ),
            401,
            "invalid_token",
        ),
        (
            "a hundred kilobytes",
            format!(
                "{head}Authorization: Bearer {}\r\nContent-Length: {length}\r\n\r\n{call}",
                "a".repeat(100_000)
            ),
            401,
            "invalid_token",
        ),
        (
            "two",
            format!(
                "{head}Authorization: Bearer {token}\r\nAuthorization: Basic YTpi\r\nContent-Length: {length}\r\n\r\n{call}"
            ),
            400,
            "invalid_request",
        ),
    ] {
        let mut raw = RawConnection::open(&running).await;
        raw.send(&request).await;
        let (answer, _) = raw.read_for(std::time::Duration::from_millis(600)).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {expected}")),
            "{what}: {answer}"
        );
        assert!(
            answer.contains(&format!(r#"{{"error":"{error}""#)),
            "{what}: {answer}"
        );
    }
    assert_eq!(runs.all(), [""; 0]);
}
