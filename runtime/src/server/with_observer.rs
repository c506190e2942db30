//! `with_observer` of a server and of a gate.

use std::sync::Arc;

use crate::observer::Observer;

use super::{HandlerGateBuilder, Server};

impl<S> Server<S> {
    /// Reports every decision of the gate, and how every permitted run ends. Hidden, as
    /// [`Observer`](crate::__private::Observer) is.
    #[doc(hidden)]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.policy.observer = Some(observer);
        self
    }
}

impl HandlerGateBuilder {
    /// As [`Server::with_observer`].
    #[doc(hidden)]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.policy.observer = Some(observer);
        self
    }
}
