use std::time::Duration;

use super::{Request, Response};

const REFUSED: &str = "HTTP/2 401 \r\nServer: nginx\r\nwww-authenticate: Bearer resource_metadata=\"https://localhost:1/notes/x\", scope=\"a b\", error=\"invalid_token\"\r\n\r\n{\"error\": 1}\n0.25 1.5";

#[test]
fn what_curl_prints_is_read() {
    let response = Response::read(REFUSED).expect("a response");
    assert_eq!(response.status, 401);
    assert_eq!(response.header("server"), Some("nginx"));
    assert_eq!(response.body, "{\"error\": 1}");
    assert_eq!(response.first_byte, Duration::from_millis(250));
    assert_eq!(response.total, Duration::from_millis(1500));
    assert_eq!(response.json().expect("JSON")["error"], 1);
    let named = response.challenge("resource_metadata");
    assert_eq!(named, Some("https://localhost:1/notes/x"));
    assert_eq!(response.challenge("scope"), Some("a b"));
    assert_eq!(response.challenge("error_description"), None);
    assert!(response.expect_status(200).is_err());
}

#[test]
fn what_is_not_a_response_is_not_read() {
    for printed in [
        "",
        "\n0.1 0.2",
        "HTTP/2 two \r\n\r\n\n0.1 0.2",
        "HTTP/2 200 \r\nno header\r\n\r\n\n0.1 0.2",
        "HTTP/2 200 \r\n\r\n",
        "HTTP/2 200 \r\n\r\nbody\n0.1",
        "HTTP/2 200 \r\n\r\nbody\n-1 2",
    ] {
        assert_eq!(Response::read(printed), None, "{printed:?}");
    }
}

#[test]
fn the_message_of_an_event_stream_is_its_last_event() {
    let printed = "HTTP/2 200 \r\ncontent-type: text/event-stream\r\n\r\ndata:\nid: 0\n\n:\n\ndata: {\"id\": 1}\n\ndata: {\"id\": 2}\n\n\n0.1 0.2";
    let response = Response::read(printed).expect("a response");
    assert_eq!(response.json().expect("JSON")["id"], 2);
    let empty = Response::read("HTTP/2 200 \r\n\r\n<html>\n0.1 0.2").expect("a response");
    assert!(empty.json().is_err());
}

#[test]
fn a_header_is_sent_once() {
    let request = Request::post("u", "{}").with_header("accept", "application/json");
    let accept = |header: &&String| header.starts_with("accept");
    let sent: Vec<_> = request.headers.iter().filter(accept).collect();
    assert_eq!(sent, ["accept: application/json"]);
}
