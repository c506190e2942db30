//! What an item requires in addition to its scopes: roles, a person, and how the caller has
//! logged in.

use std::time::Duration;

mod text;

/// What an item requires of its caller in addition to scopes: roles, a person, an authentication
/// context (`acr`), and a recent login (`max_age`).
///
/// Each condition can only deny. An item with conditions needs a token, also if nothing else
/// requires one.
///
/// ```
/// use std::time::Duration;
/// use toolgate::auth::Conditions;
///
/// const STRICT: Conditions = Conditions::NONE
///     .with_roles(&[&["editor"], &["author", "reviewer"]])
///     .with_acr(&["urn:example:mfa"])
///     .with_max_age(Duration::from_secs(300));
/// assert_ne!(STRICT, Conditions::NONE);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Conditions {
    pub(super) roles: &'static [&'static [&'static str]],
    pub(super) acr: &'static [&'static str],
    pub(super) max_age: Option<Duration>,
    pub(super) person: bool,
}

impl Conditions {
    /// No condition.
    pub const NONE: Self = Self {
        roles: &[],
        acr: &[],
        max_age: None,
        person: false,
    };

    /// Requires every role of one of these sets. A set without a role admits no caller.
    ///
    /// # Panics
    ///
    /// If a role is empty or has a control character. In a constant, this is an error at
    /// compile time.
    #[must_use]
    pub const fn with_roles(self, roles: &'static [&'static [&'static str]]) -> Self {
        let mut sets = roles;
        while let [set, others @ ..] = sets {
            let mut names = *set;
            while let [name, rest @ ..] = names {
                assert!(
                    is_role(name),
                    "a role must not be empty and must not have a control character"
                );
                names = rest;
            }
            sets = others;
        }
        Self { roles, ..self }
    }

    /// Requires that the caller has logged in with one of these authentication contexts, the
    /// preferred one first (RFC 9470 §3, `acr_values`).
    ///
    /// # Panics
    ///
    /// If a value is empty, or has a character other than printable ASCII without space,
    /// quotation mark and backslash: a challenge names the values, separated by spaces. In a
    /// constant, this is an error at compile time.
    #[must_use]
    pub const fn with_acr(self, values: &'static [&'static str]) -> Self {
        let mut rest = values;
        while let [value, others @ ..] = rest {
            assert!(
                is_acr(value),
                "an acr value must be printable ASCII without space, quotation mark and backslash"
            );
            rest = others;
        }
        Self {
            acr: values,
            ..self
        }
    }

    /// Requires that the caller has logged in at most this long ago, in whole seconds
    /// (RFC 9470 §3, `max_age`). A token without `auth_time` does not satisfy it.
    #[must_use]
    pub const fn with_max_age(self, max_age: Duration) -> Self {
        Self {
            max_age: Some(max_age),
            ..self
        }
    }

    /// Requires that a person stands behind the call. A token that does not show it is refused.
    #[must_use]
    pub const fn with_person(self) -> Self {
        Self {
            person: true,
            ..self
        }
    }

    /// Returns the sets of roles. A caller needs every role of one set.
    #[must_use]
    pub const fn roles(&self) -> &'static [&'static [&'static str]] {
        self.roles
    }

    /// Returns the accepted authentication contexts, the preferred one first.
    #[must_use]
    pub const fn acr(&self) -> &'static [&'static str] {
        self.acr
    }

    /// Returns whether a person must stand behind the call.
    #[must_use]
    pub const fn person(&self) -> bool {
        self.person
    }

    /// Returns how long ago the caller may have logged in.
    #[must_use]
    pub const fn max_age(&self) -> Option<Duration> {
        self.max_age
    }
}

const fn is_role(text: &str) -> bool {
    let mut bytes = text.as_bytes();
    while let [byte, rest @ ..] = bytes {
        if byte.is_ascii_control() {
            return false;
        }
        bytes = rest;
    }
    !text.is_empty()
}

const fn is_acr(text: &str) -> bool {
    let mut bytes = text.as_bytes();
    while let [byte, rest @ ..] = bytes {
        if !matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e) {
            return false;
        }
        bytes = rest;
    }
    !text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_would_break_out_of_a_challenge_is_refused() {
        for value in ["", "a b", "a\"", "a\\b", "ä", "a\n"] {
            assert!(!is_acr(value), "{value:?}");
        }
        assert!(is_acr("urn:example:mfa") && is_acr("https://refeds.org/profile/mfa"));
        for role in ["", "a\nb", "\u{7f}"] {
            assert!(!is_role(role), "{role:?}");
        }
        assert!(is_role("App Admin") && is_role("Büro"));
    }
}
