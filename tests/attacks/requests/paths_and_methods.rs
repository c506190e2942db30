//! Paths and methods without a handler, or with another one.

use std::time::Duration;

use super::{raw_connection::RawConnection, start_tool_server};

/// Sends one request from a local page, character for character.
async fn send(raw: &mut RawConnection, host: &str, method: &str, path: &str) -> String {
    let origin = "http://localhost:5173";
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\n");
    raw.send(format!(
        "{head}Content-Length: 0\r\nConnection: close\r\n\r\n"
    ))
    .await;
    raw.read_for(Duration::from_secs(5)).await.0
}

#[tokio::test]
async fn only_the_configured_paths_lead_to_the_endpoint() {
    let (running, _) = start_tool_server().await;
    let host = running.address().to_string();
    for (method, path, status) in [
        ("POST", "/mcp", 401),
        ("POST", "/mcp/", 401),
        ("POST", "/mcp?x=y", 401),
        ("POST", "/mcp//", 404),
        ("POST", "//mcp", 404),
        ("POST", "/./mcp", 404),
        ("POST", "/mcp/.", 404),
        ("POST", "/mcp/%2e", 404),
        ("POST", "/x/../mcp", 404),
        ("POST", "/MCP", 404),
        ("POST", "/mcp;x", 404),
        ("POST", "/%6dcp", 404),
        ("POST", "/mcp%2f", 404),
        ("POST", "/mcp%00", 404),
        ("GET", "/.well-known/oauth-protected-resource%2fmcp", 404),
        ("GET", "/.well-known%2foauth-protected-resource", 404),
        ("GET", "/.well-known/oauth-protected-resource/", 404),
        ("GET", "/.well-known/oauth-protected-resource/mcp/x", 404),
        ("GET", "/.well-known/oauth-protected-resource/mcp/", 200),
        ("POST", "/.well-known/oauth-protected-resource", 405),
        ("DELETE", "/.well-known/oauth-protected-resource/mcp", 405),
        ("POST", "/healthz", 405),
        ("POST", "/readyz", 405),
        ("PUT", "/docs", 405),
        ("BREW", "/docs", 405),
        ("PUT", "/docs.md", 405),
        ("BREW", "/docs.json", 405),
        ("GET", "/docs.md/", 404),
        ("GET", "/docs.xml", 404),
        ("TRACE", "/mcp", 405),
        ("CONNECT", "/mcp", 405),
        ("BREW", "/nothing", 404),
        ("GET", "/nothing", 404),
    ] {
        let answer = send(
            &mut RawConnection::open(&running).await,
            &host,
            method,
            path,
        )
        .await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{method} {path}: {answer}"
        );
        let cors = "access-control-allow-origin: http://localhost:5173";
        assert!(answer.contains(cors), "{method} {path}: {answer}");
        if status >= 400 {
            assert!(
                answer.contains("application/json"),
                "{method} {path}: {answer}"
            );
            assert!(
                answer.contains(r#"{"error":""#),
                "{method} {path}: {answer}"
            );
        }
        if status == 405 {
            assert!(answer.contains("\r\nallow: "), "{method} {path}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_preflight_is_answered_at_every_path() {
    let (running, _) = start_tool_server().await;
    let host = running.address().to_string();
    for path in [
        "/mcp",
        "/docs",
        "/docs.md",
        "/docs.json",
        "/nothing",
        "/.well-known/oauth-protected-resource/mcp",
    ] {
        let answer = send(
            &mut RawConnection::open(&running).await,
            &host,
            "OPTIONS",
            path,
        )
        .await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        assert!(
            answer.contains("access-control-allow-headers: authorization"),
            "{path}: {answer}"
        );
    }
}
