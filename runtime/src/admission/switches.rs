//! Which tools are switched off.

use std::sync::atomic::{AtomicBool, Ordering};

/// A switch for each tool, by its number. All are on at first.
#[derive(Debug, Default)]
pub(crate) struct Switches {
    off: Box<[AtomicBool]>,
}

impl Switches {
    pub(crate) fn new(tools: usize) -> Self {
        Self {
            off: (0..tools).map(|_| AtomicBool::new(false)).collect(),
        }
    }

    /// Whether a tool can be called. One that has no switch cannot be switched off.
    pub(crate) fn is_on(&self, tool: u32) -> bool {
        let switch = self.off.get(tool as usize);
        !switch.is_some_and(|off| off.load(Ordering::Relaxed))
    }

    /// Switches a tool; says whether that changed anything.
    pub(crate) fn set(&self, tool: u32, on: bool) -> bool {
        let switch = self.off.get(tool as usize);
        switch.is_some_and(|off| off.swap(!on, Ordering::Relaxed) == on)
    }
}
