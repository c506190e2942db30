//! The paths that a server has in addition to its endpoint.

/// The well-known prefix of metadata paths (RFC 9728 §3).
pub(super) const METADATA_PATH: &str = "/.well-known/oauth-protected-resource";
/// The liveness endpoint.
pub const LIVENESS_PATH: &str = "/healthz";
/// The readiness endpoint.
pub const READINESS_PATH: &str = "/readyz";
/// The documentation page.
pub(super) const DOCS_PATH: &str = "/docs";
/// The pages for approvals.
pub(super) const APPROVALS_PATH: &str = "/approvals";

/// The paths that every server serves in addition to its endpoint. An endpoint must not start with
/// the first segment of any of them. `Paths::check_approvals` checks [`APPROVALS_PATH`].
pub(super) const OWN_PATHS: [&str; 6] = [
    METADATA_PATH,
    LIVENESS_PATH,
    READINESS_PATH,
    DOCS_PATH,
    "/docs.md",
    "/docs.json",
];
