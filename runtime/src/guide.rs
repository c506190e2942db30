//! Guides. This module exists only in the documentation.

#[doc = include_str!("../guide/clients.md")]
pub mod clients {}
#[doc = include_str!("../guide/tokens.md")]
pub mod tokens {}
