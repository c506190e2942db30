//! A proxy before the server that is correct unless a test changes it.

use std::net::SocketAddr;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use reqwest::{Client, redirect::Policy};
use tokio::net::TcpListener;

/// Changes a request, or answers it.
pub(crate) type Before = fn(&mut Parts) -> Option<Response>;

/// Changes a response.
pub(crate) type After = fn(&mut Response);

/// Starts one that forwards to this address.
pub(crate) fn start(listener: TcpListener, to: SocketAddr, before: Before, after: After) {
    let client = Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .expect("a client");
    let router = Router::new().fallback(async move |request: Request| {
        let mut response = forward(&client, to, before, request).await;
        after(&mut response);
        response
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
}

async fn forward(client: &Client, to: SocketAddr, before: Before, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    if let Some(response) = before(&mut parts) {
        return response;
    }
    let body = to_bytes(body, 1 << 20).await.expect("a small body");
    let mut headers = parts.headers;
    headers.remove(header::CONTENT_LENGTH);
    let sent = client
        .request(parts.method, format!("http://{to}{}", parts.uri))
        .headers(headers)
        .body(body)
        .send()
        .await;
    let Ok(answer) = sent else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove(header::TRANSFER_ENCODING);
    let bytes = answer.bytes().await.unwrap_or_default();
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
