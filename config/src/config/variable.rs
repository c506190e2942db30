//! The environment variables that this library reads: their names, and how lists are written.

use crate::start_error::SetupErrors;

// Without the feature the variables of OpenTelemetry belong to the application, which can use
// OpenTelemetry itself.
#[cfg(feature = "traces")]
use toolgate_traces::NAMES as TRACE_NAMES;
#[cfg(feature = "traces")]
pub(super) use toolgate_traces::SECRET_NAMES as TRACE_SECRETS;

#[cfg(not(feature = "traces"))]
const TRACE_NAMES: [&str; 0] = [];
#[cfg(not(feature = "traces"))]
pub(super) const TRACE_SECRETS: [&str; 0] = [];

/// The prefix of every variable of Toolgate.
pub(super) const OUR_PREFIX: &str = "TOOLGATE_";

/// The port alone, as hosting platforms and Scalekit's guides set it.
pub(super) const PORT: &str = "PORT";

/// The document that Scalekit's dashboard generates.
pub(super) const METADATA: &str = "METADATA_JSON_RESPONSE";

/// The prefix of Scalekit's other variables.
pub(super) const SCALEKIT_PREFIX: &str = "SCALEKIT_";

/// The id and the secret of this server as a client that introspects tokens (RFC 7662).
pub(super) const INTROSPECTION: [&str; 2] = [
    "TOOLGATE_INTROSPECTION_CLIENT_ID",
    "TOOLGATE_INTROSPECTION_CLIENT_SECRET",
];

/// The id and the secret of this server as a client that signs users in for approvals.
pub(super) const APPROVAL: [&str; 2] = [
    "TOOLGATE_APPROVAL_CLIENT_ID",
    "TOOLGATE_APPROVAL_CLIENT_SECRET",
];

/// The secret of the client that Scalekit's dashboard creates.
pub(super) const SCALEKIT_SECRET: &str = "SCALEKIT_CLIENT_SECRET";

/// The key that seals state, and the previous one.
pub(super) const STATE_KEY: &str = "TOOLGATE_STATE_KEY";

/// The URL of the store that replicas share. It can have a password.
pub(super) const STORE_URL: &str = "TOOLGATE_STORE_URL";

/// The secret of the operator.
pub(super) const ADMIN_SECRET: &str = "TOOLGATE_ADMIN_SECRET";

/// The key of the audit log.
pub(super) const AUDIT_KEY: &str = "TOOLGATE_AUDIT_KEY";

/// The variables whose value can be in the file that `<name>_FILE` names.
pub(super) const SECRETS: [&str; 7] = [
    ADMIN_SECRET,
    STATE_KEY,
    STORE_URL,
    AUDIT_KEY,
    INTROSPECTION[1],
    APPROVAL[1],
    SCALEKIT_SECRET,
];

/// The name of a variable and its value.
pub(super) type NamedValue = (&'static str, String);

/// Returns whether this library reads a variable, or the name has a prefix that it reserves.
pub(super) fn is_reserved(name: &str) -> bool {
    name.starts_with(OUR_PREFIX)
        || name.starts_with(SCALEKIT_PREFIX)
        || name == PORT
        || name == METADATA
        || TRACE_NAMES.contains(&name)
        || TRACE_SECRETS.contains(&name.strip_suffix("_FILE").unwrap_or(name))
}

/// Splits a comma-separated list.
pub(super) fn items(list: &str) -> Vec<&str> {
    let items = list.split(',').map(str::trim);
    items.filter(|item| !item.is_empty()).collect()
}

/// Adds the error of a variable that needs a feature which the program was built without.
pub(super) fn add_missing_feature(variable: &str, feature: &str, errors: &mut SetupErrors) {
    errors.add(
        format!("{variable} is set, and this program was built without the feature `{feature}`"),
        format!(
            "add the feature `{feature}` to the dependency on `toolgate`, or remove the variable"
        ),
    );
}
