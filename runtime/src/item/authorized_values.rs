//! [`AuthorizedValues`]: the parameters of an item that its `authorize` function has authorized.

use std::{
    any::Any,
    fmt,
    sync::{Mutex, PoisonError},
};

use serde_json::{Map, Value};

/// The values that an `authorize` function has authorized: a tuple in the order of the item's
/// parameters.
pub struct AuthorizedValues {
    values: Mutex<Box<dyn Any + Send>>,
    /// The arguments that the values were read from, for an item that shows them to its user.
    shown: Map<String, Value>,
}

impl AuthorizedValues {
    pub(super) fn new<T: Send + 'static>(values: T) -> Self {
        Self {
            values: Mutex::new(Box::new(values)),
            shown: Map::new(),
        }
    }

    /// Adds the arguments to show.
    pub(super) fn with_shown(self, shown: Map<String, Value>) -> Self {
        Self { shown, ..self }
    }

    /// Takes the arguments to show.
    pub(super) fn take_shown(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.shown)
    }

    /// Returns the values, or `None` if they are of another type.
    pub(super) fn downcast<T: 'static>(self) -> Option<T> {
        let values = self
            .values
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        values.downcast().ok().map(|values| *values)
    }
}

impl fmt::Debug for AuthorizedValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Arguments are the user's data, which must not get into a log by accident.
        f.debug_struct("AuthorizedValues").finish_non_exhaustive()
    }
}
