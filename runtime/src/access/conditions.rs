//! What an item requires beside its scopes: roles, and how its caller has logged in.

use std::time::Duration;

use super::ResolvedAccess;
use crate::{claims::Claims, clock::UnixTime};

mod text;

/// How far `auth_time` may be in the future, in seconds: the clocks of two machines differ.
const LEEWAY: u64 = 30;

/// What an item requires of its caller beside scopes: roles, an authentication context
/// (`acr`), and a recent login (`max_age`).
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
    roles: &'static [&'static [&'static str]],
    acr: &'static [&'static str],
    max_age: Option<Duration>,
}

impl Conditions {
    /// No condition.
    pub const NONE: Self = Self {
        roles: &[],
        acr: &[],
        max_age: None,
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

    /// Returns how long ago the caller may have logged in.
    #[must_use]
    pub const fn max_age(&self) -> Option<Duration> {
        self.max_age
    }

    /// Returns the set of roles that lacks the fewest, unless the caller has all of one set.
    pub(crate) fn missing_roles(&self, claims: &Claims) -> Option<&'static [&'static str]> {
        let lacks = |set: &[&str]| set.iter().filter(|role| !claims.has_role(role)).count();
        let is_held = |set: &&[&str]| !set.is_empty() && lacks(set) == 0;
        match self.roles.iter().any(|set| is_held(set)) {
            true => None,
            false => self.roles.iter().copied().min_by_key(|set| lacks(set)),
        }
    }

    /// Returns whether the login of the caller is strong enough and, unless `now` is `None`,
    /// recent enough (RFC 9470 §5). A missing claim is never enough.
    pub(crate) fn accepts_login(&self, claims: &Claims, now: Option<UnixTime>) -> bool {
        let is_strong = self.acr.is_empty()
            || claims
                .acr()
                .is_some_and(|acr| self.acr.iter().any(|one| *one == acr));
        let is_recent = match (self.max_age, now) {
            (None, _) | (_, None) => true,
            (Some(max_age), Some(now)) => claims.auth_time().is_some_and(|login| {
                login <= now.plus(LEEWAY) && now.since(login) <= max_age.as_secs()
            }),
        };
        is_strong && is_recent
    }
}

/// Access with conditions beside its scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Conditional {
    pub(super) scopes: ResolvedAccess,
    pub(super) conditions: Conditions,
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
mod tests;
