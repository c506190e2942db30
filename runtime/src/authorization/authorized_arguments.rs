//! [`AuthorizedArguments`]: the arguments of a call that its permit covers.

use std::{
    any::Any,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Map, Value};

/// Arguments that the permitted item has validated and its `authorize` function has authorized.
pub(crate) struct AuthorizedArguments {
    /// The arguments as JSON, with defaults.
    pub(crate) json: Map<String, Value>,
    pub(crate) values: AuthorizedValues,
}

/// The values that an `authorize` function has authorized: a tuple of the item's arguments, in
/// their order.
pub struct AuthorizedValues(Mutex<Box<dyn Any + Send>>);

impl AuthorizedValues {
    pub(crate) fn new<T: Send + 'static>(values: T) -> Self {
        Self(Mutex::new(Box::new(values)))
    }

    /// Returns the values, or `None` if they are of another type.
    pub(crate) fn downcast<T: 'static>(self) -> Option<T> {
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

/// The arguments of one permit, until the first run takes them.
#[derive(Clone, Default)]
pub(super) struct ArgumentSlot(Option<Arc<Mutex<Option<AuthorizedArguments>>>>);

impl ArgumentSlot {
    pub(super) fn new(arguments: AuthorizedArguments) -> Self {
        Self(Some(Arc::new(Mutex::new(Some(arguments)))))
    }

    pub(super) fn take(&self) -> Option<AuthorizedArguments> {
        let slot = self.0.as_ref()?;
        slot.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for ArgumentSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArgumentSlot").finish_non_exhaustive()
    }
}
