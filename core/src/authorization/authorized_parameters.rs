//! [`AuthorizedParameters`]: what a permit covers beyond its target.

use std::{
    any::Any,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// The parameters of a request that its item has authorized, until the first run takes them. Only
/// the item knows their type.
#[derive(Clone, Default)]
pub(super) struct AuthorizedParameters(Option<Arc<Mutex<Option<Parameters>>>>);

type Parameters = Box<dyn Any + Send>;

impl AuthorizedParameters {
    pub(super) fn new(parameters: Parameters) -> Self {
        Self(Some(Arc::new(Mutex::new(Some(parameters)))))
    }

    pub(super) fn take<T: 'static>(&self) -> Option<T> {
        let slot = self.0.as_ref()?;
        let parameters = slot.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        parameters.downcast().ok().map(|parameters| *parameters)
    }
}

impl fmt::Debug for AuthorizedParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Parameters are the user's data, which must not get into a log by accident.
        f.debug_struct("AuthorizedParameters")
            .finish_non_exhaustive()
    }
}
