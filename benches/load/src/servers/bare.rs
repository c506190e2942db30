//! A handler that returns recorded bytes: the cost of HTTP alone.

use std::collections::BTreeMap;

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode},
    routing::any,
};

use crate::{Fault, connection::Recorded};

/// Builds a router with one path for each response. The responses are JSON, keyed by path.
pub(super) fn router(answers: &str) -> Result<Router, Fault> {
    let answers: BTreeMap<String, Recorded> = serde_json::from_str(answers)?;
    let mut router = Router::new();
    for (path, answer) in answers {
        let status = StatusCode::from_u16(answer.status)?;
        let body = Bytes::from(answer.body);
        let mut headers = HeaderMap::new();
        for (name, value) in answer.fields {
            headers.append(
                HeaderName::from_bytes(name.as_bytes())?,
                HeaderValue::from_str(&value)?,
            );
        }
        let handler = move || {
            let mut response = Response::new(Body::from(body.clone()));
            *response.status_mut() = status;
            *response.headers_mut() = headers.clone();
            std::future::ready(response)
        };
        router = router.route(&path, any(handler));
    }
    Ok(router)
}
