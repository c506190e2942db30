//! The errors of `confirm` and `approve` that the attributes and `access!` share.

/// An item with both.
pub(crate) const BOTH: &str = "an item has either `confirm` or `approve`: remove `confirm`, because a decision on the server's own page is the stronger one";

/// A public item with `approve`.
pub(crate) const PUBLIC: &str = "a public item has no signed-in user who could approve it: require a scope or `authenticated` in place of `public`, or remove `approve`";
