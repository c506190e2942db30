//! The paths of a server, and the CORS rules around all of them.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    routing::{MethodRouter, any, get},
};
use futures_util::future::join_all;
use http::{
    HeaderName, HeaderValue, Method, Request, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER},
    request::Parts,
};
use serde_json::{Value, json};
use toolgate_docs_page::content_security_policy;
use tower::util::MapRequestLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::{
    config::{LIVENESS_PATH, Paths, READINESS_PATH},
    gate::{OriginRules, oauth_error},
};

use super::{
    approval_pages::ApprovalRoutes,
    browser_redirect::{is_browser, see_docs},
    http_entry::{Endpoint, HttpEntry, ResponseFuture},
    nest_check::nest_check,
    not_found::with_not_found,
    readiness::Readiness,
    startup_banner::StartupBanner,
    static_documents::{Documentation, MetadataDocuments},
};

/// The contents of the routes other than the MCP endpoint.
#[derive(Clone)]
pub(super) struct Served {
    pub(super) resource: String,
    pub(super) paths: Paths,
    pub(super) metadata: MetadataDocuments,
    pub(super) documentation: Documentation,
    pub(super) cors: CorsLayer,
    /// The routes of the embedded issuer, if it is used. They have their own CORS rules.
    pub(super) issuer_routes: Option<Router>,
    /// The pages for approvals, which no other origin may read.
    pub(super) approval_routes: Option<ApprovalRoutes>,
    pub(super) readiness: Readiness,
}

/// The routes of a server inside an application.
pub(super) struct MountedRoutes {
    pub(super) router: Router,
    pub(super) resource: String,
    /// The paths of the router, and one of the development issuer's.
    pub(super) paths: BTreeSet<String>,
    pub(super) readiness: Readiness,
    /// Whether the application wants health paths.
    pub(super) has_health_paths: bool,
    /// The start-up banner, unless it is switched off.
    pub(super) banner: Option<StartupBanner>,
}

impl MountedRoutes {
    /// Returns the routes, with health paths if the application wants them.
    pub(super) fn into_router(self) -> Router {
        match self.has_health_paths {
            true => self.router.merge(health(vec![self.readiness])),
            false => self.router,
        }
    }

    /// Prints the start-up banner, unless it is switched off.
    pub(super) fn announce(&mut self) {
        if let Some(banner) = self.banner.take() {
            banner.mounted().announce(self.readiness.clone());
        }
    }
}

/// Builds the routes of a server without an application around it.
pub(super) fn alone(endpoint: Endpoint, served: Served) -> HttpEntry {
    let path = served.paths.endpoint.clone();
    let docs = served.paths.docs(false).unwrap_or_default();
    let cors = served.cors.clone();
    let health = health(vec![served.readiness.clone()]).route_layer(cors.clone());
    let (router, _) = routes(Arc::clone(&endpoint), served, false);
    HttpEntry::new(
        with_not_found(router.merge(health), cors, docs),
        endpoint,
        &path,
    )
}

/// Builds the routes of a server inside an application. All other paths belong to the
/// application.
pub(super) fn mounted(
    endpoint: Endpoint,
    served: Served,
    banner: Option<StartupBanner>,
) -> MountedRoutes {
    let check = MapRequestLayer::new(nest_check(&served.paths));
    let has_health_paths = served.paths.has_health_paths;
    let (readiness, resource) = (served.readiness.clone(), served.resource.clone());
    let (router, paths) = routes(endpoint, served, true);
    MountedRoutes {
        router: router.layer(check),
        resource,
        paths,
        readiness,
        has_health_paths,
        banner,
    }
}

/// Builds the routes of the endpoint and its documents, and returns them with their paths.
fn routes(endpoint: Endpoint, served: Served, is_mounted: bool) -> (Router, BTreeSet<String>) {
    let Served {
        paths,
        metadata,
        documentation,
        cors,
        issuer_routes,
        approval_routes,
        ..
    } = served;
    let document = match is_mounted {
        true => metadata.mounted,
        false => metadata.alone,
    };
    let document = read(move || bytes(document.clone(), "application/json", "public, max-age=300"));
    let mut all = BTreeSet::new();
    let mut router = Router::new();
    let mut add = |path: String, route: &MethodRouter| {
        router = std::mem::take(&mut router).route(&path, route.clone());
        all.insert(path);
    };
    for path in paths.metadata(is_mounted) {
        add(path, &document);
    }
    let renderings = renderings(documentation);
    for path in paths.docs_routes(is_mounted) {
        for (end, route) in &renderings {
            add(format!("{path}{end}"), route);
        }
    }
    let docs = paths.docs(is_mounted);
    let docs = docs.and_then(|path| HeaderValue::try_from(path).ok());
    let endpoint = any(move |request: Request<Body>| -> ResponseFuture {
        match docs.as_ref().filter(|_| is_browser(&request)) {
            Some(docs) => Box::pin(std::future::ready(Ok(see_docs(docs)))),
            None => endpoint(request),
        }
    });
    let path = &paths.endpoint;
    let mut endpoints = Router::new();
    // Two routes, because clients do not follow a redirect of a POST.
    for path in [path.to_owned(), format!("{path}/")] {
        if !path.is_empty() {
            endpoints = endpoints.route(&path, endpoint.clone());
            all.insert(path);
        }
    }
    // CORS is outermost, so that a page can read refusals too.
    let mut router = readable(router).route_layer(cors).merge(endpoints);
    if let Some(pages) = approval_routes {
        router = router.merge(pages.router);
        all.insert(format!("{}/{{id}}", pages.path));
    }
    if let Some(issuer) = issuer_routes {
        router = router.merge(issuer);
        all.insert("/.well-known/oauth-authorization-server".to_owned());
    }
    (router, all)
}

/// Builds `/healthz`, and `/readyz` for all of these servers.
pub(super) fn health(servers: Vec<Readiness>) -> Router {
    let router = Router::new()
        .route(LIVENESS_PATH, read(|| Response::new(Body::from("ok\n"))))
        .route(
            READINESS_PATH,
            get(async move || ready(first_error(&servers).await)),
        );
    readable(router)
}

/// Checks all servers concurrently. Returns the error of the first one that is not ready.
async fn first_error(servers: &[Readiness]) -> Option<String> {
    let errors = join_all(servers.iter().map(Readiness::error)).await;
    errors.into_iter().flatten().next()
}

/// Answers other methods at readable paths.
fn readable(router: Router) -> Router {
    router.method_not_allowed_fallback(async || {
        oauth_error(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "only GET and HEAD are allowed at this path",
            "",
        )
    })
}

/// Builds the route of a readable path. All have one type, which is compiled once.
fn read(tell: impl Fn() -> Response<Body> + Send + Sync + 'static) -> MethodRouter {
    let tell: Arc<dyn Fn() -> Response<Body> + Send + Sync> = Arc::new(tell);
    get(move || std::future::ready(tell()))
}

/// Builds CORS for exactly the origins that the gate allows. `parameter_headers` are the
/// headers in which clients repeat arguments.
pub(super) fn cors(origins: OriginRules, parameter_headers: Vec<HeaderName>) -> CorsLayer {
    let origins = Arc::new(origins);
    let allow = AllowOrigin::predicate(move |origin: &HeaderValue, _: &Parts| {
        origins.allows_origin(origin.as_bytes())
    });
    let fixed = [
        "authorization",
        "content-type",
        "accept",
        "last-event-id",
        "mcp-protocol-version",
        "mcp-session-id",
        "mcp-method",
        "mcp-name",
        "dpop",
    ]
    .map(HeaderName::from_static);
    CorsLayer::new()
        .allow_origin(allow)
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers(
            fixed
                .into_iter()
                .chain(parameter_headers)
                .collect::<Vec<_>>(),
        )
        .expose_headers(
            [
                "www-authenticate",
                "mcp-session-id",
                "mcp-protocol-version",
                "dpop-nonce",
                crate::observer::REQUEST_ID,
            ]
            .map(HeaderName::from_static),
        )
        .max_age(std::time::Duration::from_secs(3600))
}

fn bytes(content: Bytes, kind: &'static str, cache: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(content));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

/// Builds the route of each rendering of the documentation, with the end of its path.
fn renderings(documentation: Documentation) -> [(&'static str, MethodRouter); 3] {
    let Documentation {
        html,
        markdown,
        json,
    } = documentation;
    let page = move || {
        let mut response = rendering(html.clone(), "text/html; charset=utf-8");
        if let Ok(policy) = HeaderValue::from_str(content_security_policy()) {
            response
                .headers_mut()
                .insert(CONTENT_SECURITY_POLICY, policy);
        }
        response
    };
    let markdown = move || rendering(markdown.clone(), "text/markdown; charset=utf-8");
    let json = move || rendering(json.clone(), "application/json");
    [
        ("", read(page)),
        (".md", read(markdown)),
        (".json", read(json)),
    ]
}

fn rendering(content: Bytes, kind: &'static str) -> Response<Body> {
    let mut response = bytes(content, kind, "public, max-age=300");
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ] {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    response
}

fn ready(error: Option<String>) -> Response<Body> {
    let (status, body) = match error {
        None => (StatusCode::OK, json!({"ready": true})),
        Some(reason) => (
            StatusCode::SERVICE_UNAVAILABLE,
            json!({"ready": false, "reason": reason}),
        ),
    };
    let mut response = answer(status, &body);
    if status != StatusCode::OK {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}

fn answer(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
