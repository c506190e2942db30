//! Conditions as text, for tables of access.

use std::fmt;

use super::Conditions;

/// Such as `a person; role editor; acr mfa or hwk; login at most 300 s ago`.
impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if self.person {
            parts.push("a person".to_owned());
        }
        if !self.roles.is_empty() {
            let sets: Vec<_> = self.roles.iter().map(|set| set.join(" and ")).collect();
            parts.push(format!("role {}", sets.join(", or ")));
        }
        if !self.acr.is_empty() {
            parts.push(format!("acr {}", self.acr.join(" or ")));
        }
        if let Some(age) = self.max_age {
            parts.push(format!("login at most {} s ago", age.as_secs()));
        }
        f.write_str(&parts.join("; "))
    }
}
