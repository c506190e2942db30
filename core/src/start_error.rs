//! Errors before the first request, all reported together.

use std::fmt;

/// Every error that prevents the start, each with its fix.
#[derive(Clone, PartialEq, Eq)]
pub struct StartError {
    errors: Vec<SetupError>,
}

impl StartError {
    /// Returns the errors in the order in which they were found; never empty.
    #[must_use]
    pub fn errors(&self) -> &[SetupError] {
        &self.errors
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.errors.as_slice() {
            [only] => write!(f, "the server cannot start: {only}"),
            many => {
                write!(f, "the server cannot start, for {} reasons:", many.len())?;
                for (number, error) in many.iter().enumerate() {
                    write!(f, "\n  {}. {error}", number + 1)?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for StartError {}

/// One error: what is wrong, named as the user wrote it, and how to fix it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupError {
    what: String,
    remedy: String,
}

impl SetupError {
    /// Returns what is wrong.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Returns how to fix it.
    #[must_use]
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.what, self.remedy)
    }
}

/// Collects errors, so that all of them can be fixed in one pass.
#[derive(Debug, Default)]
pub struct SetupErrors(Vec<SetupError>);

impl SetupErrors {
    /// Adds an error: what is wrong, and how to fix it.
    pub fn add(&mut self, what: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(SetupError {
            what: what.into(),
            remedy: remedy.into(),
        });
    }

    /// Adds the errors of an earlier step.
    pub fn extend(&mut self, earlier: StartError) {
        self.0.extend(earlier.errors);
    }

    /// Adds other errors.
    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Returns the errors of a step that cannot continue. There is at least one.
    pub fn into_error(self) -> StartError {
        debug_assert!(!self.0.is_empty());
        StartError { errors: self.0 }
    }

    /// Returns `value` if there are no errors.
    pub fn finish<T>(self, value: T) -> Result<T, StartError> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(StartError { errors: self.0 })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_is_reported_with_its_remedy() {
        let mut errors = SetupErrors::default();
        errors.add("TOOLGATE_BIND is \"x\"", "write an address");
        errors.add("two tools are named \"a\"", "rename one");
        let told = format!("{:?}", errors.finish(()).unwrap_err());
        for part in [
            "2 reasons",
            "1. TOOLGATE_BIND",
            "write an address",
            "2. two tools",
            "rename one",
        ] {
            assert!(told.contains(part), "{told}");
        }
    }

    #[test]
    fn no_error_gives_the_value() {
        assert_eq!(SetupErrors::default().finish(7), Ok(7));
    }
}
