//! claims

/// Stub.
pub fn check(_: &[u8]) {}
