//! bearer

/// Stub.
pub fn check(_: &[u8]) {}
