//! [`SignIn`]: who signs in, and what this person grants.

/// Who signs in, and what this person grants.
pub(crate) struct SignIn<'a> {
    /// The subject.
    pub(crate) subject: &'a str,
    /// The ticked scopes.
    pub(crate) ticked: &'a [&'a str],
    /// The ticked roles.
    pub(crate) roles: &'a [&'a str],
    /// Whether the person signs in with the imitated second factor.
    pub(crate) has_second_factor: bool,
}
