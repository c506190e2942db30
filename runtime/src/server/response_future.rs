//! The future of a response, as the services of a server return it.

use std::convert::Infallible;

use axum::body::Body;
use futures_util::future::BoxFuture;
use http::Response;

/// A response that is never an error: errors are responses, too.
pub(super) type ResponseFuture = BoxFuture<'static, Result<Response<Body>, Infallible>>;
