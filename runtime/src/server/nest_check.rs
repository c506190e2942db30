//! Notices that an application nests the router where its configuration does not say so.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{body::Body, extract::NestedPath};
use http::Request;

use crate::config::Paths;

/// Compares the path under which requests are nested with the configured one.
#[derive(Clone)]
pub(super) struct NestCheck(Arc<Expected>);

struct Expected {
    nested: Option<String>,
    metadata_url: String,
    is_logged: AtomicBool,
}

impl NestCheck {
    pub(super) fn new(paths: &Paths) -> Self {
        Self(Arc::new(Expected {
            nested: paths.nested().map(str::to_owned),
            metadata_url: paths.metadata_url(),
            is_logged: AtomicBool::new(false),
        }))
    }

    /// Logs once if a request comes through another nest than the configured one: clients then
    /// look for the metadata at a URL that leads nowhere.
    pub(super) fn check(&self, request: &Request<Body>) {
        let Some(nested) = request.extensions().get::<NestedPath>() else {
            return;
        };
        let nested = nested.as_str();
        if self.0.nested.as_deref() != Some(nested)
            && !self.0.is_logged.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                "the router is nested under {nested}, and its configuration does not say so: clients look for the metadata at {}, where this router does not answer; call `Config::with_nested_path({nested:?})` with a resource whose path begins with {nested}, or merge the router at the root",
                self.0.metadata_url
            );
        }
    }
}

#[cfg(test)]
mod tests;
