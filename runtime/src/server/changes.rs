//! What changes while a server runs, and who is told.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use tokio::sync::broadcast;

use crate::admission::Switches;

/// How many changes a listener may be behind before it is told that it missed some.
const BACKLOG: usize = 256;

/// A handle on what changes in a running server: tools that are switched off and on,
/// resources that have new contents.
///
/// Clients that listen are told: those with a session by its stream, those of revision
/// 2026-07-28 by `subscriptions/listen`.
///
/// ```
/// use toolgate::{Changes, Server, mcp_tool, tools};
///
/// /// Restarts the machine.
/// #[mcp_tool(scope = "machine:restart")]
/// fn restart() {}
///
/// let changes = Changes::new();
/// let server = Server::new("machine").tools(tools![restart]).changes(&changes);
/// // Later, while it serves: `changes.switch_off("restart")?;`
/// # assert!(changes.switch_off("restart").is_err(), "it does not run yet");
/// ```
#[derive(Clone)]
pub struct Changes {
    sender: broadcast::Sender<Change>,
    tools: Arc<OnceLock<Tools>>,
}

/// The tools of the server that the handle belongs to.
struct Tools {
    /// Sorted; a tool's place is its number.
    names: Vec<String>,
    switches: Arc<Switches>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// The list of tools.
    Tools,
    /// The list of prompts.
    Prompts,
    /// The list of resources.
    Resources,
    /// The contents of a resource.
    Contents(String),
}

impl Changes {
    /// A handle for one server.
    #[must_use]
    pub fn new() -> Self {
        Self {
            sender: broadcast::Sender::new(BACKLOG),
            tools: Arc::default(),
        }
    }

    /// Switches a tool off: it leaves the list, and answers like one that never was.
    ///
    /// # Errors
    ///
    /// [`NoSuchTool`] when the server has none of this name, or does not run yet.
    pub fn switch_off(&self, tool: &str) -> Result<(), NoSuchTool> {
        self.switch(tool, false)
    }

    /// Switches a tool on again.
    ///
    /// # Errors
    ///
    /// As [`Changes::switch_off`].
    pub fn switch_on(&self, tool: &str) -> Result<(), NoSuchTool> {
        self.switch(tool, true)
    }

    /// Tells those who listen to a resource that it has new contents.
    pub fn resource_updated(&self, uri: impl Into<String>) {
        self.tell(Change::Contents(uri.into()));
    }

    fn switch(&self, tool: &str, on: bool) -> Result<(), NoSuchTool> {
        let fault = || NoSuchTool {
            tool: tool.to_owned(),
            runs: self.tools.get().is_some(),
        };
        let tools = self.tools.get().ok_or_else(fault)?;
        let place = tools.names.binary_search_by(|name| name.as_str().cmp(tool));
        let number = place.ok().and_then(|place| u32::try_from(place).ok());
        if tools.switches.set(number.ok_or_else(fault)?, on) {
            self.tell(Change::Tools);
        }
        Ok(())
    }

    fn tell(&self, change: Change) {
        // That nobody listens is no fault.
        let _ = self.sender.send(change);
    }

    /// Belongs to a server from now on. Says whether it did to none before.
    pub(super) fn attach(&self, names: Vec<String>, switches: &Arc<Switches>) -> bool {
        let tools = Tools {
            names,
            switches: Arc::clone(switches),
        };
        self.tools.set(tools).is_ok()
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<Change> {
        self.sender.subscribe()
    }
}

impl Default for Changes {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes")
            .field("listeners", &self.sender.receiver_count())
            .finish_non_exhaustive()
    }
}

/// A tool that cannot be switched, because the server has none of its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSuchTool {
    tool: String,
    runs: bool,
}

impl fmt::Display for NoSuchTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tool, runs } = self;
        if *runs {
            write!(f, "the server has no tool `{tool}`")
        } else {
            write!(f, "`{tool}` cannot be switched before the server runs")
        }
    }
}

impl std::error::Error for NoSuchTool {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_switched_by_its_name_and_listeners_are_told_once() {
        let changes = Changes::new();
        let switches = Arc::new(Switches::new(2));
        assert!(changes.attach(vec!["a".into(), "b".into()], &switches));
        let mut listener = changes.listen();
        changes.switch_off("b").unwrap();
        changes.switch_off("b").unwrap();
        assert!(switches.is_on(0) && !switches.is_on(1));
        assert_eq!(listener.try_recv(), Ok(Change::Tools));
        assert!(listener.try_recv().is_err());
        changes.switch_on("b").unwrap();
        assert!(switches.is_on(1));
    }

    #[test]
    fn what_is_not_there_cannot_be_switched() {
        let changes = Changes::new();
        assert!(
            changes
                .switch_off("a")
                .unwrap_err()
                .to_string()
                .contains("before")
        );
        changes.attach(vec!["a".into()], &Arc::new(Switches::new(1)));
        assert!(
            changes
                .switch_off("b")
                .unwrap_err()
                .to_string()
                .contains("no tool")
        );
    }

    #[test]
    fn a_handle_belongs_to_one_server() {
        let changes = Changes::new();
        assert!(changes.attach(Vec::new(), &Arc::default()));
        assert!(!changes.attach(Vec::new(), &Arc::default()));
    }
}
