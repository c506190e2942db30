//! The loopback redirect target of the login.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};

/// The most bytes of a request that are read; codes and states are short.
const LARGEST: usize = 16 << 10;

/// How long one connection may take to send its request.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Waits for the parameters of the authorization response.
///
/// # Errors
///
/// If no response arrives in time.
pub(super) async fn wait(
    listener: &TcpListener,
    limit: Duration,
) -> Result<Vec<(String, String)>, String> {
    // Browsers open idle connections in advance and request an icon, so connections are served
    // concurrently.
    let (sender, mut receiver) = mpsc::channel(1);
    let accept = async {
        loop {
            if let Ok((stream, _)) = listener.accept().await {
                let sender = sender.clone();
                tokio::spawn(async move {
                    if let Ok(Some(parameters)) = timeout(TIMEOUT, serve(stream)).await {
                        let _ = sender.send(parameters).await;
                    }
                });
            }
        }
    };
    tokio::select! {
        found = timeout(limit, receiver.recv()) => match found {
            Ok(Some(parameters)) => Ok(parameters),
            _ => Err(format!("no login within {} s", limit.as_secs())),
        },
        () = accept => Err("the listener has stopped".to_owned()),
    }
}

/// Serves one request. Returns the parameters if it is for the redirect URI.
async fn serve(mut stream: TcpStream) -> Option<Vec<(String, String)>> {
    let mut request = Vec::new();
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        let mut chunk = [0; 2048];
        let count = stream.read(&mut chunk).await.ok()?;
        if count == 0 || request.len() > LARGEST {
            return None;
        }
        request.extend_from_slice(&chunk[..count]);
    }
    let text = String::from_utf8(request).ok()?;
    let target = text.strip_prefix("GET ")?.split(' ').next()?;
    let parameters = target.strip_prefix("/callback?").map(|query| {
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.into_owned().collect::<Vec<_>>()
    });
    let (status, page) = match parameters {
        Some(_) => (
            "200 OK",
            "The login is complete. This page can be closed.\n",
        ),
        None => ("404 Not Found", "Not found.\n"),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    stream.write_all(answer.as_bytes()).await.ok()?;
    let _ = stream.shutdown().await;
    parameters
}
