//! The gate as a tower service around another.

use std::{
    convert::Infallible,
    panic::AssertUnwindSafe,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use futures_util::{FutureExt, future::BoxFuture};
use http::{Request, Response, StatusCode};
use tower::Service;

use super::{Gate, refusal::oauth_error};

/// A service behind the gate.
#[derive(Clone)]
pub(crate) struct GateService<I> {
    gate: Arc<Gate>,
    inner: I,
}

impl<I> GateService<I> {
    pub(crate) fn new(gate: Arc<Gate>, inner: I) -> Self {
        Self { gate, inner }
    }
}

impl<I, B> Service<Request<Body>> for GateService<I>
where
    I: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    I::Future: Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // The service behind is asked when a request has passed.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Self { gate, inner } = self.clone();
        // A verifier of the application's own may panic: that costs this one request, not
        // the connection, on which others may be waiting.
        let answer = AssertUnwindSafe(answer(gate, inner, request)).catch_unwind();
        Box::pin(answer.map(|answer| Ok(answer.unwrap_or_else(|_| broken()))))
    }
}

/// Judges a request, and runs it if it is let in.
///
/// Room for this is asked for with each request, and a kilobyte is what allocators find at
/// once. So what few requests need is on the heap by itself.
fn answer<I, B>(
    gate: Arc<Gate>,
    inner: I,
    request: Request<Body>,
) -> impl Future<Output = Response<Body>> + Send
where
    I: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    I::Future: Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    let (mut parts, body) = request.into_parts();
    async move {
        let dpop = gate.is_dpop(&parts.headers);
        let mut response = 'answer: {
            let mut authorized = match gate.authorize(&mut parts, body).await {
                Ok(authorized) => authorized,
                Err(refusal) => break 'answer refusal.into_response(gate.voice(dpop)),
            };
            if authorized.room.is_some() {
                // A caller who hangs up half-way must not leave a session behind that
                // nobody owns and nothing counts.
                let gate = Arc::clone(&gate);
                let opening = async move { gate.run(authorized, parts, inner).await }.boxed();
                break 'answer tokio::spawn(opening).await.unwrap_or_else(|_| broken());
            }
            match gate.run_directly(&mut authorized).await {
                Some(answer) => answer,
                None => gate.run(authorized, parts, inner).boxed().await,
            }
        };
        if dpop {
            gate.add_nonce(response.headers_mut());
        }
        response
    }
}

/// The answer in place of one that was not finished.
pub(super) fn broken() -> Response<Body> {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    oauth_error(status, "server_error", "the server could not answer", "")
}

#[cfg(test)]
mod tests;
