//! The gate as a tower layer.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use rmcp::transport::streamable_http_server::StreamableHttpService;
use tower::{Layer, Service};

use crate::gate::{self, GateService};

use super::GuardedHandler;

/// The first half of the gate, in front of a service. Wrap it directly around the service
/// whose handler is [guarded](super::HandlerGate::guard). A service without the second half does not
/// compile:
///
/// ```compile_fail
/// # fn unguarded<H: rmcp::ServerHandler>(gate: toolgate::Gate, make: fn() -> H) {
/// use rmcp::transport::streamable_http_server::StreamableHttpService;
/// use toolgate::gate::LocalSessions;
/// use tower::Layer;
///
/// let service: StreamableHttpService<H, LocalSessions> =
///     StreamableHttpService::new(move || Ok(make()), gate.sessions(), gate.transport());
/// let service = gate.layer().layer(service);
/// # }
/// ```
#[derive(Clone)]
pub struct HandlerGateLayer(pub(super) Arc<gate::Gate>);

impl<S: GuardedService> Layer<S> for HandlerGateLayer {
    type Service = GatedService<S>;

    fn layer(&self, service: S) -> GatedService<S> {
        GatedService(GateService::new(Arc::clone(&self.0), service))
    }
}

/// A service behind the gate's layer.
#[derive(Clone)]
pub struct GatedService<S>(GateService<S>);

impl<S, B> Service<Request<Body>> for GatedService<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.0.call(request)
    }
}

/// A service that checks again what the gate has authorized.
#[diagnostic::on_unimplemented(
    message = "a gate's layer can wrap only a guarded service, and `{Self}` is not one",
    label = "this service does not check what the gate admitted",
    note = "create the handler through the gate: `StreamableHttpService::new(gate.guard_each(…), …)`",
    note = "the layer must be the innermost: put other layers around it"
)]
pub trait GuardedService: sealed::Sealed {}

impl<H, M> GuardedService for StreamableHttpService<GuardedHandler<H>, M> {}

mod sealed {
    use super::{GuardedHandler, StreamableHttpService};

    #[expect(unnameable_types, reason = "so that no other crate can implement it")]
    pub trait Sealed {}

    impl<H, M> Sealed for StreamableHttpService<GuardedHandler<H>, M> {}
}
