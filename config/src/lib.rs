//! The configuration of `toolgate`: what its variables, its files and the code set, and the
//! validation of all of it before anything starts.
//!
//! Its interface is for the crates of toolgate of the same version only. `toolgate` re-exports what
//! users need; of those types, the methods that are for toolgate alone are hidden.

mod config;
pub mod item_limits;
pub mod rate;
mod rate_settings;
mod request_limits;
mod session_limits;
pub mod throttle;
mod trusted_proxies;

#[cfg(all(feature = "approval", feature = "testing"))]
pub use config::TestApprovals;
pub use config::{
    AdminSettings, ClientCredentials, Config, Environment, LIVENESS_PATH, MergedMetadata, Paths,
    PublishedScopes, READINESS_PATH, ResourceIdentifier, ResourceMetadata, ValidAudit, ValidConfig,
    ValidIssuer,
};
pub use rate_settings::RateSettings;
pub use request_limits::{BODY_TIME, RequestLimits};
pub use session_limits::SessionLimits;
pub use trusted_proxies::TrustedProxies;

// Short paths to the core, and to the OAuth side.
use toolgate_core::{caller, json, loopback, start_error};
use toolgate_oauth::{issuer, secret_file, verify};
