//! The response of a server, and the endpoint as a function.

use std::{convert::Infallible, sync::Arc};

use axum::body::Body;
use futures_util::future::BoxFuture;
use http::{Request, Response};

/// A response that is never an error: errors are responses, too.
pub(super) type ResponseFuture = BoxFuture<'static, Result<Response<Body>, Infallible>>;

/// The endpoint of a server. It has one type, so that its routes are compiled once.
pub(super) type Endpoint = Arc<dyn Fn(Request<Body>) -> ResponseFuture + Send + Sync>;
