//! The walks through the guide: the pages of each one, and the steps that the pages mark.

use std::path::Path;

mod page_step;
mod stated_output;

pub use page_step::{Kind, PageStep, Typed, patched, typed};
pub use stated_output::missing;

/// A walk, and the pages that it takes its steps from, in order.
#[derive(Debug)]
pub struct Walk {
    /// The name in the comments of the pages.
    pub name: &'static str,
    /// Paths below `docs/src`.
    pub pages: &'static [&'static str],
}

/// The walks in the order in which they run. Those after the first use the installed `toolgate`.
pub const WALKS: [Walk; 4] = [
    Walk {
        name: "new",
        pages: &["tool.md"],
    },
    Walk {
        name: "write",
        pages: &["tool.md", "first-server.md"],
    },
    Walk {
        name: "rmcp",
        pages: &["tool.md", "migrating/rmcp.md"],
    },
    Walk {
        name: "scalekit",
        pages: &["tool.md", "providers/scalekit.md"],
    },
];

impl Walk {
    /// Returns its steps from the pages of a checkout.
    ///
    /// # Panics
    ///
    /// If a page cannot be read, or marks a step that does not exist.
    #[must_use]
    pub fn steps(&self, checkout: &Path) -> Vec<PageStep> {
        let pages = self.pages.iter();
        let steps = pages.flat_map(|page| steps_of_page(checkout, page));
        steps
            .filter(|step| step.walks.iter().any(|walk| walk == self.name))
            .collect()
    }
}

/// Reads the steps of one page of a checkout, of all walks.
///
/// # Panics
///
/// If the page cannot be read, or marks a step that does not exist.
#[must_use]
pub fn steps_of_page(checkout: &Path, page: &str) -> Vec<PageStep> {
    page_step::read(&checkout.join("docs/src"), page)
}
