//! The paths of a server: as clients write them, and as requests arrive here.
//!
//! The two differ if an application nests the router, or if a proxy rewrites paths.

use std::collections::BTreeSet;

use super::{
    ListenSettings, ResourceIdentifier, url_validation,
    well_known_paths::{APPROVALS_PATH, DOCS_PATH, METADATA_PATH},
};
use crate::start_error::SetupErrors;

/// The paths of a server. None has a slash at its end.
#[derive(Debug, Clone)]
pub struct Paths {
    origin: String,
    /// The path of the resource.
    resource: String,
    /// The public path below which the metadata and the page are published.
    prefix: String,
    /// The path at which requests for the endpoint arrive; empty for the root.
    pub endpoint: String,
    /// The beginning of public paths that is removed before requests arrive.
    removed: String,
    /// The path under which the application nests the router.
    pub nested: Option<String>,
    has_docs_page: bool,
    /// The path at which requests for the page below the endpoint arrive, if the configured URL
    /// of the page is there.
    docs_below_endpoint: Option<String>,
    /// Whether a mounted router serves `/healthz` and `/readyz`.
    pub has_health_paths: bool,
}

impl Paths {
    /// Derives the paths, or adds the errors in the settings.
    pub(super) fn new(
        settings: &ListenSettings,
        resource: &ResourceIdentifier,
        errors: &mut SetupErrors,
    ) -> Self {
        let public = resource.path();
        let listened = settings.listen_path.as_deref().unwrap_or(public);
        let nested = settings.nested_path.as_deref().unwrap_or_default();
        let endpoint = below(listened, nested).unwrap_or_else(|| {
            errors.add(
                format!("the router is nested under {nested:?}, but its endpoint {listened:?} is not below this path"),
                format!("set the resource to the URL that clients connect to, such as {}{nested}/mcp", resource.origin()),
            );
            listened
        });
        let removed = public.strip_suffix(endpoint).unwrap_or_default();
        let prefix = match &settings.path_prefix {
            Some(prefix) if below(public, prefix).is_none() => {
                errors.add(
                    format!("the path prefix is {prefix:?}, but the path of the resource {:?} does not begin with it", resource.as_str()),
                    "set TOOLGATE_PATH_PREFIX to the beginning of the path in TOOLGATE_RESOURCE, as whole segments",
                );
                ""
            }
            Some(prefix) => prefix,
            None if nested.is_empty() => "",
            None => removed,
        };
        // The endpoint must not be in the place of the metadata or the page.
        let rest = below(public, prefix).unwrap_or_default();
        let mut is_free = true;
        for path in BTreeSet::from([endpoint, rest]) {
            if let Err(error) = url_validation::check_path(path) {
                let what = format!("the endpoint is served at {path:?}, which {}", error.what);
                errors.add(what, error.remedy);
                is_free = false;
            }
        }
        let paths = Self {
            origin: resource.origin().to_owned(),
            resource: public.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: endpoint.to_owned(),
            removed: removed.to_owned(),
            nested: settings.nested_path.clone(),
            has_docs_page: settings.has_docs_page,
            docs_below_endpoint: docs_below(endpoint, settings.docs_url.as_deref(), resource),
            has_health_paths: settings.has_health_paths,
        };
        // With a prefix and another path that a proxy removes, a published path of the page or the
        // metadata can arrive at the endpoint. The router panics at two routes with one path.
        if is_free && paths.documents().contains(endpoint) {
            errors.add(
                format!("the endpoint is served at {endpoint:?}, where requests for the page or the metadata arrive"),
                "choose another path for TOOLGATE_LISTEN_PATH, such as /mcp",
            );
        }
        paths
    }

    /// Returns every path at which requests for the metadata and the page arrive.
    fn documents(&self) -> BTreeSet<String> {
        let mut paths = self.metadata(false);
        for path in self.docs_routes(false) {
            paths.extend(["", ".md", ".json"].map(|end| format!("{path}{end}")));
        }
        paths
    }

    /// Whether the root of the origin is not the root of this server.
    pub(super) fn is_below_root(&self) -> bool {
        !self.removed.is_empty()
    }

    /// Returns the URL of the metadata that challenges name (RFC 9728 §5.1).
    pub fn metadata_url(&self) -> String {
        format!("{}{}", self.origin, self.metadata_below_prefix())
    }

    fn metadata_below_prefix(&self) -> String {
        let rest = below(&self.resource, &self.prefix).unwrap_or_default();
        format!("{}{METADATA_PATH}{rest}", self.prefix)
    }

    /// Returns the paths at which requests for the metadata arrive: of the URL in challenges and
    /// of RFC 9728 §3.1, each with and without a slash at its end.
    pub fn metadata(&self, is_mounted: bool) -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        for public in [
            self.metadata_below_prefix(),
            format!("{METADATA_PATH}{}", self.resource),
        ] {
            let local = self.local(&public);
            if !local.ends_with(METADATA_PATH) {
                paths.insert(format!("{local}/"));
            }
            paths.insert(local.to_owned());
        }
        if !is_mounted {
            paths.insert(METADATA_PATH.to_owned());
        }
        paths
    }

    /// Returns the public path of the documentation page, or `None` if there is no page.
    pub fn docs(&self, is_mounted: bool) -> Option<String> {
        (!is_mounted || self.has_docs_page).then(|| format!("{}{DOCS_PATH}", self.prefix))
    }

    /// Returns the public URL of the documentation page.
    pub(super) fn docs_url(&self, is_mounted: bool) -> Option<String> {
        Some(format!("{}{}", self.origin, self.docs(is_mounted)?))
    }

    /// Returns the paths at which requests for the page arrive. Its other renderings are there with
    /// `.md` and `.json` at the end.
    pub fn docs_routes(&self, is_mounted: bool) -> BTreeSet<String> {
        let public = self.docs(is_mounted);
        let local = public.iter().map(|path| self.local(path).to_owned());
        let below = public.as_ref().and(self.docs_below_endpoint.clone());
        let alone = (!is_mounted).then(|| DOCS_PATH.to_owned());
        local.chain(below).chain(alone).collect()
    }

    /// Returns the public path of the pages for approvals.
    pub fn approvals(&self) -> String {
        format!("{}{APPROVALS_PATH}", self.prefix)
    }

    /// Returns the path at which requests for the pages for approvals arrive.
    pub fn approvals_route(&self) -> String {
        self.local(&self.approvals()).to_owned()
    }

    /// Reports an endpoint at the path of the pages for approvals: the router panics if two routes
    /// have the same path.
    pub fn check_approvals(&self, errors: &mut SetupErrors) {
        let route = self.approvals_route();
        if below(&self.endpoint, &route).is_some() {
            errors.add(
                format!("the endpoint is served at {:?}, where requests for the pages of approvals arrive", self.endpoint),
                "choose a path for the resource that does not begin with /approvals, such as /mcp",
            );
        }
    }

    /// Returns the path at which requests for a public path arrive.
    fn local<'p>(&self, public: &'p str) -> &'p str {
        below(public, &self.removed).unwrap_or(public)
    }
}

/// Returns the path at which requests for the documentation page arrive below the endpoint, if
/// it is published below the resource: guides register `<resource>/docs` at a provider.
fn docs_below(endpoint: &str, url: Option<&str>, resource: &ResourceIdentifier) -> Option<String> {
    let path = url?.strip_prefix(resource.origin())?;
    let path = path.split(['?', '#']).next()?;
    let rest = path.strip_prefix(resource.path())?;
    // The router panics at a path that it reads as a pattern or already has.
    let is_plain = |segment: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        !segment.is_empty() && segment.bytes().all(plain)
    };
    let is_route = !resource.path().is_empty() && rest.strip_prefix('/')?.split('/').all(is_plain);
    let arriving = format!("{endpoint}{rest}");
    (is_route && url_validation::check_path(&arriving).is_ok()).then_some(arriving)
}

/// Returns the rest of a path below another path, or `None` if it is not below it.
fn below<'p>(path: &'p str, prefix: &str) -> Option<&'p str> {
    path.strip_prefix(prefix)
        .filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests;
