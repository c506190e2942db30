//! What values a schema allows.
