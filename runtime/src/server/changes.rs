//! Changes while a server runs, and who is notified.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use tokio::sync::broadcast;

use crate::authorization::{Switches, Target};

/// How many changes a listener may be behind before it misses some.
const BACKLOG: usize = 256;

/// Changes a running server: switches tools, prompts and resources off and on, and announces
/// new contents of resources.
///
/// Listening clients are notified: clients with a session on its stream, clients of revision
/// 2026-07-28 by `subscriptions/listen`. Only a client that may read a resource is notified
/// of its changes.
///
/// ```
/// use toolgate::{Changes, Server, mcp_tool, tools};
///
/// /// Restarts the machine.
/// #[mcp_tool(scope = "machine:restart")]
/// fn restart() {}
///
/// let changes = Changes::new();
/// let server = Server::new("machine").tools(tools![restart]).with_changes(&changes);
/// // Later, while it serves: `changes.switch_off("restart")?;`
/// # assert!(changes.switch_off("restart").is_err(), "it does not run yet");
/// ```
#[derive(Clone)]
pub struct Changes {
    sender: broadcast::Sender<Change>,
    server: Arc<OnceLock<(Names, Arc<Switches>)>>,
}

/// The names that a server's items are switched by. An item's index is its number.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) tools: Vec<String>,
    pub(super) prompts: Vec<String>,
    /// URIs and templates, as declared.
    pub(super) resources: Vec<String>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// The list of tools changed.
    Tools,
    /// The list of prompts changed.
    Prompts,
    /// The list of resources changed.
    Resources,
    /// The contents of the resource with this URI changed.
    Contents(String),
}

impl Changes {
    /// Creates a handle for one server.
    #[must_use]
    pub fn new() -> Self {
        Self {
            sender: broadcast::Sender::new(BACKLOG),
            server: Arc::default(),
        }
    }

    /// Switches a tool off: it disappears from the list, and a call is answered as for an
    /// unknown tool.
    ///
    /// # Errors
    ///
    /// [`UnknownItemError`] if the server has no tool of this name, or does not run yet.
    pub fn switch_off(&self, tool: &str) -> Result<(), UnknownItemError> {
        self.switch(Kind::Tool, tool, false)
    }

    /// Switches a tool on again.
    ///
    /// # Errors
    ///
    /// As [`Changes::switch_off`].
    pub fn switch_on(&self, tool: &str) -> Result<(), UnknownItemError> {
        self.switch(Kind::Tool, tool, true)
    }

    /// Switches a prompt off, as [`Changes::switch_off`] does a tool.
    ///
    /// # Errors
    ///
    /// As [`Changes::switch_off`].
    pub fn switch_prompt_off(&self, prompt: &str) -> Result<(), UnknownItemError> {
        self.switch(Kind::Prompt, prompt, false)
    }

    /// Switches a prompt on again.
    ///
    /// # Errors
    ///
    /// As [`Changes::switch_off`].
    pub fn switch_prompt_on(&self, prompt: &str) -> Result<(), UnknownItemError> {
        self.switch(Kind::Prompt, prompt, true)
    }

    /// Switches a resource off, as [`Changes::switch_off`] does a tool. `uri` is its URI, or
    /// the template as written in the attribute.
    ///
    /// # Errors
    ///
    /// As [`Changes::switch_off`].
    pub fn switch_resource_off(&self, uri: &str) -> Result<(), UnknownItemError> {
        self.switch(Kind::Resource, uri, false)
    }

    /// Switches a resource on again.
    ///
    /// # Errors
    ///
    /// As [`Changes::switch_off`].
    pub fn switch_resource_on(&self, uri: &str) -> Result<(), UnknownItemError> {
        self.switch(Kind::Resource, uri, true)
    }

    /// Notifies the listeners of a resource that it has new contents. For a template, pass
    /// the URI of the resource that changed.
    pub fn resource_updated(&self, uri: impl Into<String>) {
        self.tell(Change::Contents(uri.into()));
    }

    fn switch(&self, kind: Kind, name: &str, on: bool) -> Result<(), UnknownItemError> {
        let fault = || UnknownItemError {
            kind,
            name: name.to_owned(),
            runs: self.server.get().is_some(),
        };
        let (names, switches) = self.server.get().ok_or_else(fault)?;
        let names = match kind {
            Kind::Tool => &names.tools,
            Kind::Prompt => &names.prompts,
            Kind::Resource => &names.resources,
        };
        let place = names.iter().position(|known| known == name);
        let number = place.and_then(|place| u32::try_from(place).ok());
        let number = number.ok_or_else(fault)?;
        let (target, change) = match kind {
            Kind::Tool => (Target::Tool(number), Change::Tools),
            Kind::Prompt => (Target::Prompt(number), Change::Prompts),
            Kind::Resource => (Target::Resource(number), Change::Resources),
        };
        if switches.set(target, on) {
            self.tell(change);
        }
        Ok(())
    }

    fn tell(&self, change: Change) {
        // Sending fails only if there are no listeners.
        let _ = self.sender.send(change);
    }

    /// Attaches the handle to a server. Returns `false` if it is already attached to one.
    pub(super) fn attach(&self, names: Names, switches: &Arc<Switches>) -> bool {
        self.server.set((names, Arc::clone(switches))).is_ok()
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

/// The error of switching an item that the server does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownItemError {
    kind: Kind,
    name: String,
    runs: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tool,
    Prompt,
    Resource,
}

impl fmt::Display for UnknownItemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, name, runs } = self;
        let noun = match kind {
            Kind::Tool => "tool",
            Kind::Prompt => "prompt",
            Kind::Resource => "resource",
        };
        if *runs {
            write!(f, "the server has no {noun} `{name}`")
        } else {
            write!(f, "`{name}` cannot be switched before the server runs")
        }
    }
}

impl std::error::Error for UnknownItemError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names {
            tools: vec!["a".into(), "b".into()],
            prompts: vec!["p".into()],
            resources: vec!["r://all".into(), "r://{id}".into()],
        }
    }

    #[test]
    fn each_thing_is_switched_by_its_name_and_listeners_are_told_once() {
        let changes = Changes::new();
        let switches = Arc::new(Switches::new(2, 1, 2));
        assert!(changes.attach(names(), &switches));
        let mut listener = changes.listen();
        changes.switch_off("b").unwrap();
        changes.switch_off("b").unwrap();
        assert!(switches.is_on(Target::Tool(0)) && !switches.is_on(Target::Tool(1)));
        changes.switch_prompt_off("p").unwrap();
        changes.switch_resource_off("r://{id}").unwrap();
        assert!(!switches.is_on(Target::Prompt(0)) && !switches.is_on(Target::Resource(1)));
        for told in [Change::Tools, Change::Prompts, Change::Resources] {
            assert_eq!(listener.try_recv(), Ok(told));
        }
        assert!(listener.try_recv().is_err());
        changes.switch_on("b").unwrap();
        changes.switch_prompt_on("p").unwrap();
        changes.switch_resource_on("r://{id}").unwrap();
        for target in [Target::Tool(1), Target::Prompt(0), Target::Resource(1)] {
            assert!(switches.is_on(target));
        }
    }

    #[test]
    fn what_is_not_there_cannot_be_switched() {
        let changes = Changes::new();
        let told = |fault: Result<(), UnknownItemError>| fault.unwrap_err().to_string();
        assert!(told(changes.switch_off("a")).contains("before"));
        changes.attach(names(), &Arc::new(Switches::new(2, 1, 2)));
        assert!(told(changes.switch_off("p")).contains("no tool `p`"));
        assert!(told(changes.switch_prompt_off("a")).contains("no prompt `a`"));
        assert!(told(changes.switch_resource_off("r://7")).contains("no resource `r://7`"));
    }

    #[test]
    fn a_handle_belongs_to_one_server() {
        let changes = Changes::new();
        assert!(changes.attach(names(), &Arc::default()));
        assert!(!changes.attach(names(), &Arc::default()));
    }
}
