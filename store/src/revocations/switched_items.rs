//! The items that the operator has switched off, which are part of the list.

use std::collections::BTreeSet;

use toolgate_core::clock::UnixTime;

use super::Revocations;
use crate::ItemName;

/// Gets the items that the operator has switched off, after each change of the list.
pub(super) type SwitchItems = Box<dyn Fn(&BTreeSet<ItemName>) + Send + Sync>;

impl Revocations {
    /// Calls this with the items that the operator has switched off, now and after each change.
    #[doc(hidden)]
    pub fn on_switched(&self, switch: impl Fn(&BTreeSet<ItemName>) + Send + Sync + 'static) {
        if self.0.switches.set(Box::new(switch)).is_ok() {
            self.announce(self.write());
        }
    }

    pub(crate) fn switched_off(&self) -> Vec<ItemName> {
        self.read().list.switched_off().iter().cloned().collect()
    }

    pub(crate) fn now(&self) -> Option<UnixTime> {
        Some(self.0.server.get()?.clock.now())
    }
}
