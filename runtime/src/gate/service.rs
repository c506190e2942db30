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
        let answer = async move {
            let (mut parts, body) = request.into_parts();
            let dpop = gate.is_dpop(&parts.headers);
            let mut response = match gate.judge(&mut parts, body).await {
                // A caller who hangs up half-way must not leave a session behind that
                // nobody owns and nothing counts.
                Ok(passed) if passed.opens_session => {
                    let gate = Arc::clone(&gate);
                    let opening = tokio::spawn(async move { gate.run(passed, parts, inner).await });
                    opening.await.unwrap_or_else(|_| broken())
                }
                Ok(passed) => gate.run(passed, parts, inner).await,
                Err(refusal) => refusal.into_response(gate.voice(dpop)),
            };
            if dpop {
                gate.add_nonce(response.headers_mut());
            }
            response
        };
        // A verifier of the application's own may panic: that costs this one request, not
        // the connection, on which others may be waiting.
        let answer = AssertUnwindSafe(answer).catch_unwind();
        Box::pin(answer.map(|answer| Ok(answer.unwrap_or_else(|_| broken()))))
    }
}

/// The answer in place of one that was not finished.
pub(super) fn broken() -> Response<Body> {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    oauth_error(status, "server_error", "the server could not answer", "")
}

#[cfg(test)]
mod tests;
