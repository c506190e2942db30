//! The parts of the server that the answer of a refusal is rendered from.

use crate::challenge::Challenges;
use crate::scope::ScopeTable;

use super::response_cache::RefusalCache;

/// What a refusal needs from the server to become an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct RefusalContext<'a> {
    pub(super) challenges: &'a Challenges,
    pub(super) cache: &'a RefusalCache,
    pub(super) table: &'a ScopeTable,
    pub(super) hosts: &'a [String],
    /// Whether challenges also name the scheme `DPoP`: the request used it, or the
    /// server requires it.
    pub(super) dpop: bool,
    /// Whether the program states its only caller, who has no token and cannot get one.
    pub(super) is_local: bool,
}
