//! [`AuthorizedValues`]: what an `authorize` function has authorized.

use std::{
    any::Any,
    fmt,
    sync::{Mutex, PoisonError},
};

/// The values that an `authorize` function has authorized: a tuple in the order of the item's
/// parameters.
pub struct AuthorizedValues(Mutex<Box<dyn Any + Send>>);

impl AuthorizedValues {
    pub(super) fn new<T: Send + 'static>(values: T) -> Self {
        Self(Mutex::new(Box::new(values)))
    }

    /// Returns the values, or `None` if they are of another type.
    pub(super) fn downcast<T: 'static>(self) -> Option<T> {
        let values = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        values.downcast().ok().map(|values| *values)
    }
}

impl fmt::Debug for AuthorizedValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Arguments are the user's data, which must not get into a log by accident.
        f.debug_struct("AuthorizedValues").finish_non_exhaustive()
    }
}
