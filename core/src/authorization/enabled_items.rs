//! [`EnabledItems`]: which items are off at run time.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::Target;

/// A switch for each tool, prompt and resource, by its index. All are on at first.
#[derive(Debug, Default)]
pub struct EnabledItems {
    tools: Box<[AtomicBool]>,
    prompts: Box<[AtomicBool]>,
    resources: Box<[AtomicBool]>,
    /// How many times an item was switched.
    changes: AtomicU64,
}

impl EnabledItems {
    /// Builds switches for this many tools, prompts and resources.
    pub fn new(tools: usize, prompts: usize, resources: usize) -> Self {
        let all_enabled = |count| (0..count).map(|_| AtomicBool::new(false)).collect();
        Self {
            tools: all_enabled(tools),
            prompts: all_enabled(prompts),
            resources: all_enabled(resources),
            changes: AtomicU64::new(0),
        }
    }

    /// Returns whether an item is on. An item without a switch is always on.
    pub fn is_on(&self, target: Target) -> bool {
        !self
            .switch(target)
            .is_some_and(|off| off.load(Ordering::Relaxed))
    }

    /// Switches one item. Returns whether that changed its state.
    pub fn set(&self, target: Target, on: bool) -> bool {
        let switch = self.switch(target);
        let is_changed = switch.is_some_and(|off| off.swap(!on, Ordering::Relaxed) == on);
        if is_changed {
            // `Release` pairs with `Acquire` below: a reader of the new count sees the
            // switch.
            self.changes.fetch_add(1, Ordering::Release);
        }
        is_changed
    }

    /// Returns how many times an item was switched. Results computed before the count
    /// changed may be stale.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    fn switch(&self, target: Target) -> Option<&AtomicBool> {
        match target {
            Target::Tool(number) => self.tools.get(number as usize),
            Target::Prompt(number) => self.prompts.get(number as usize),
            Target::Resource(number) => self.resources.get(number as usize),
        }
    }
}
