//! The layers of the modules.

/// The layer of each module of these crates. A module may name modules of its own layer or a
/// lower one, except for the pairs in [`APART`].
pub(crate) const LAYERS: &[(&str, u8)] = &[
    ("cli", 5),
    ("clock", 0),
    ("denial", 0),
    ("error", 0),
    ("json", 0),
    ("log_text", 0),
    ("loopback", 0),
    ("rate", 0),
    ("scope", 0),
    ("scopes", 0),
    ("start_error", 0),
    ("access", 1),
    ("authorization", 1),
    ("bearer", 1),
    ("claims", 1),
    ("operation", 1),
    ("caller", 1),
    ("uri_pattern", 1),
    ("issuer", 2),
    ("single_flight", 2),
    ("verify", 2),
    ("item", 3),
    ("observer", 3),
    ("prompt", 3),
    ("resource", 3),
    ("text_argument", 3),
    ("tool", 3),
    ("token_exchange", 4),
    ("gate", 4),
    ("config", 5),
    ("logging", 5),
    ("metadata", 5),
    ("server", 5),
];

/// Modules of lower layers that a module must not name even so.
pub(crate) const APART: &[(&str, &str)] = &[
    ("item", "verify"),
    ("item", "issuer"),
    ("tool", "verify"),
    ("tool", "issuer"),
    ("text_argument", "verify"),
    ("text_argument", "issuer"),
    ("resource", "verify"),
    ("resource", "issuer"),
    ("prompt", "verify"),
    ("prompt", "issuer"),
];
