//! Which scopes the protected resource metadata publishes.

use super::{Config, Environment, redacted_value::quoted_without_secrets};

pub(super) const PUBLISHED_SCOPES: &str = "TOOLGATE_PUBLISHED_SCOPES";

/// Which scopes `scopes_supported` of the protected resource metadata has (RFC 9728 §2).
///
/// Some clients request every scope of that list at the first login. If the list has only the
/// scopes of the first login, they request the others when a call needs them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublishedScopes {
    /// Every scope that an item needs: the default.
    #[default]
    All,
    /// The scopes of items without `step_up`: those that the first challenge names, too.
    Baseline,
}

impl Config {
    /// Publishes these scopes as `scopes_supported`. The challenges, the page and what items
    /// require do not change.
    ///
    /// ```
    /// use toolgate::{Config, auth::PublishedScopes};
    ///
    /// let config = Config::new("https://mcp.example.com/mcp")
    ///     .with_issuer("https://login.example.com")
    ///     .with_published_scopes(PublishedScopes::Baseline);
    /// # assert!(config.warnings().is_empty());
    /// ```
    #[must_use]
    pub fn with_published_scopes(mut self, scopes: PublishedScopes) -> Self {
        self.published_scopes = scopes;
        self
    }
}

/// Reads the variable.
pub(super) fn read(config: &mut Config, environment: &Environment) {
    config.published_scopes = match environment.get(PUBLISHED_SCOPES) {
        None => return,
        Some("all") => PublishedScopes::All,
        Some("baseline") => PublishedScopes::Baseline,
        Some(text) => {
            return config.add_error(
                format!(
                    "{PUBLISHED_SCOPES} is {}, which is neither all nor baseline",
                    quoted_without_secrets(text)
                ),
                "write baseline, so that clients request other scopes when a call needs them",
            );
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::start_errors;

    #[test]
    fn another_word_is_an_error() {
        let told = start_errors(&[(PUBLISHED_SCOPES, "some")]);
        assert!(told.contains("is \"some\", which is neither"), "{told}");
    }
}
