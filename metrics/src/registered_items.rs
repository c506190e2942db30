//! [`RegisteredItems`]: the metrics of each item, found by the address of its name instead of by
//! its labels, which takes a lock and a hash.

use std::sync::{Arc, OnceLock};

use prometheus_client::metrics::{counter::Counter, histogram::Histogram};

/// One item, with the metrics of a call that succeeds. Each is set by its first use, so an item that
/// nobody calls has none.
#[derive(Debug)]
pub(crate) struct RegisteredItem {
    method: &'static str,
    /// Keeps the address.
    name: Arc<str>,
    pub(crate) admitted: OnceLock<Counter>,
    pub(crate) ran: OnceLock<Counter>,
    pub(crate) duration: OnceLock<Histogram>,
}

/// The items of a server, sorted by the addresses of their names.
#[derive(Debug, Default)]
pub(crate) struct RegisteredItems(Box<[RegisteredItem]>);

fn address(name: &Arc<str>) -> usize {
    Arc::as_ptr(name).addr()
}

impl RegisteredItems {
    pub(crate) fn new(items: impl IntoIterator<Item = (&'static str, Arc<str>)>) -> Self {
        let items = items.into_iter().map(|(method, name)| RegisteredItem {
            method,
            name,
            admitted: OnceLock::new(),
            ran: OnceLock::new(),
            duration: OnceLock::new(),
        });
        let mut items: Box<[_]> = items.collect();
        items.sort_unstable_by_key(|item| address(&item.name));
        Self(items)
    }

    /// Returns the item whose name is this `Arc`, if `method` is the method that runs it.
    pub(crate) fn get(&self, method: &str, name: &Arc<str>) -> Option<&RegisteredItem> {
        let found = self
            .0
            .binary_search_by_key(&address(name), |item| address(&item.name));
        let item = self.0.get(found.ok()?)?;
        (item.method == method).then_some(item)
    }
}
