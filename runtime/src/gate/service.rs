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
use http::{HeaderMap, HeaderValue, Request, Response, header};
use tower::Service;

use super::{Gate, dispatch::dispatch, refusal::server_error, request_id, request_tracing::traced};
use crate::verify::{Authenticator, NONCE, Proofs};

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
        // The service behind the gate is polled when a request is forwarded to it.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let Self { gate, inner } = self.clone();
        let id = request_id::ensure(request.headers_mut());
        let trace = match gate.observation {
            Some(_) => gate.begin_trace(&mut request, &id),
            None => None,
        };
        // An application's verifier may panic; catching it here fails only this request, not
        // the connection.
        let answer = AssertUnwindSafe(answer(gate, inner, request)).catch_unwind();
        let answer = answer.map(|answer| {
            let mut answer = answer.unwrap_or_else(|_| server_error());
            request_id::echo(answer.headers_mut(), id);
            answer
        });
        match trace {
            None => Box::pin(answer.map(Ok)),
            Some(trace) => Box::pin(traced(trace, answer).map(Ok)),
        }
    }
}

/// Answers a request: authorizes it, dispatches it, and completes the headers of the response.
///
/// This future is allocated for each request. It stays below one kilobyte: state that few
/// requests need is boxed.
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
        let dpop = uses_dpop(&gate.authenticator, &parts.headers);
        let mut response = match gate.authorize(&mut parts, body).await {
            Ok(authorized) => dispatch(&gate, authorized, &mut parts, inner, dpop).await,
            Err(refused) => refused.into_response(gate.refusal_context(dpop)),
        };
        if dpop {
            add_nonce(&gate.authenticator, response.headers_mut());
        }
        response
    }
}

/// Returns whether a request uses the scheme `DPoP`, even if it is malformed.
fn uses_dpop(authenticator: &Authenticator, headers: &HeaderMap) -> bool {
    let is_scheme = |value: &HeaderValue| {
        let scheme = value.as_bytes().split(|&byte| byte == b' ').next();
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"dpop"))
    };
    authenticator.proofs().is_some() && headers.get_all(header::AUTHORIZATION).iter().any(is_scheme)
}

/// Adds the nonce for the client's next proof to an answer (RFC 9449 §8.2), so that the client
/// need not be refused to get it.
fn add_nonce(authenticator: &Authenticator, headers: &mut HeaderMap) {
    let nonce = authenticator.proofs().and_then(Proofs::nonce);
    if let Some(nonce) = nonce.and_then(|nonce| HeaderValue::try_from(nonce).ok()) {
        headers.insert(NONCE, nonce);
    }
}

#[cfg(test)]
mod tests;
