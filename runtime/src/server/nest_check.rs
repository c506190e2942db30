//! Notices that an application nests the router where its configuration does not say so.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{body::Body, extract::NestedPath};
use http::Request;

use crate::config::Paths;

/// Returns a function that forwards requests, and logs once if one arrives through another nested
/// path than configured: clients then look for the metadata where this router does not answer.
pub(super) fn nest_check(paths: &Paths) -> impl Fn(Request<Body>) -> Request<Body> + Clone + use<> {
    let (expected, metadata_url) = (paths.nested.clone(), paths.metadata_url());
    let is_logged = Arc::new(AtomicBool::new(false));
    move |request| {
        let nested = request.extensions().get::<NestedPath>();
        if let Some(nested) = nested.map(NestedPath::as_str)
            && expected.as_deref() != Some(nested)
            && !is_logged.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                "the router is nested under {nested}, and its configuration does not say so: clients look for the metadata at {metadata_url}, where this router does not answer; call `Config::with_nested_path({nested:?})` with a resource whose path begins with {nested}, or merge the router at the root"
            );
        }
        request
    }
}

#[cfg(test)]
mod tests;
