//! The environment variables that this library reads: their names, and how lists are written.

/// The prefix of every variable of Toolgate.
pub(super) const OUR_PREFIX: &str = "TOOLGATE_";

/// The port alone, as hosting platforms and Scalekit's guides set it.
pub(super) const PORT: &str = "PORT";

/// The document that Scalekit's dashboard generates.
pub(super) const METADATA: &str = "METADATA_JSON_RESPONSE";

/// The prefix of Scalekit's other variables.
const SCALEKIT_PREFIX: &str = "SCALEKIT_";

/// The name of a variable and its value.
pub(super) type NamedValue = (&'static str, String);

/// Returns whether this library reads a variable, or the name has a prefix that it reserves.
pub(super) fn is_reserved(name: &str) -> bool {
    name.starts_with(OUR_PREFIX)
        || name.starts_with(SCALEKIT_PREFIX)
        || name == PORT
        || name == METADATA
}

/// Splits a comma-separated list.
pub(super) fn items(list: &str) -> Vec<&str> {
    let items = list.split(',').map(str::trim);
    items.filter(|item| !item.is_empty()).collect()
}
