//! Logs in at an MCP server from a terminal, and prints the access token for `curl`.
//!
//! With `finance-news` running, run
//!
//! ```text
//! TOKEN=$(cargo run -p login -- http://127.0.0.1:10000/mcp news:read)
//! ```
//!
//! It prints a URL to open in a browser. After you have given consent there, `$TOKEN` is the
//! token, for the scopes that follow the server's URL. Without scopes, it requests those
//! of the server's challenge.
//!
//! Anyone who has the token can use it. Do not paste it anywhere else.

use std::{
    env,
    error::Error,
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use axum::{Router, http::Uri, routing::get};
use rmcp::transport::auth::{AuthorizationRequest, OAuthState};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    time::timeout,
};

/// How long the user may take to decide.
const PATIENCE: Duration = Duration::from_secs(600);

const USAGE: &str = "usage: login <URL of an MCP server> [scope …]";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [server, scopes @ ..] if !server.starts_with('-') => log_in(server, scopes).await,
        [help] if help == "--help" || help == "-h" => Ok(USAGE.to_owned()),
        _ => Err(USAGE.into()),
    };
    match done.and_then(|text| Ok(writeln!(io::stdout(), "{text}")?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

async fn log_in(server: &str, scopes: &[String]) -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let request = AuthorizationRequest::new(format!("{origin}/callback"))
        .with_client_name("A terminal")
        .with_initial_scope_selection()
        .with_scopes(scopes);
    let mut session = OAuthState::new(server, None).await?;
    session
        .start_authorization(request)
        .await
        .map_err(|error| format!("{error}; is a server with OAuth running there?"))?;
    let url = session.get_authorization_url().await?;
    writeln!(io::stderr(), "Open this in a browser:\n\n  {url}\n")?;
    let back = timeout(PATIENCE, callback(listener)).await;
    let back = back.map_err(|_| "the browser did not return within ten minutes")??;
    // This checks `state` and, if the server sends it, `iss` (RFC 9207).
    session
        .handle_callback_url(&format!("{origin}{back}"))
        .await
        .map_err(|error| format!("no token was issued: {error}"))?;
    let manager = session
        .into_authorization_manager()
        .ok_or("no token was issued")?;
    Ok(manager.get_access_token().await?)
}

/// Waits for the redirect of the browser, and returns its path and query.
async fn callback(listener: TcpListener) -> Result<String, Box<dyn Error>> {
    let (tell, mut told) = mpsc::channel(1);
    let came = get(async move |uri: Uri| {
        let _ = tell.send(uri.to_string()).await;
        "You can close this window and go back to the terminal.\n"
    });
    let router = Router::new().route("/callback", came);
    let (stop, stopping) = oneshot::channel::<()>();
    let server = axum::serve(listener, router).with_graceful_shutdown(async {
        let _ = stopping.await;
    });
    let server = tokio::spawn(server.into_future());
    let came = told.recv().await.ok_or("the browser's redirect was lost")?;
    let _ = stop.send(());
    // Leave the browser time to receive its page.
    let _ = timeout(Duration::from_secs(1), server).await;
    Ok(came)
}
