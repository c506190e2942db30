//! Changes while a server runs, and who is notified.

use std::{
    collections::{BTreeSet, HashSet},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::broadcast;
use toolgate_store::{ItemKind, ItemName};

use crate::{
    authorization::{EnabledItems, Target},
    item::{Item, KindParts},
    prompt::PromptKind,
    resource::ResourceKind,
    tool::ToolKind,
};

/// How many changes a listener may be behind before it misses some.
const BACKLOG: usize = 256;

/// Changes a running server: switches tools, prompts and resources off and on, and announces
/// new contents of resources.
///
/// Listening clients are notified: a client with a session on the stream of the session, a client
/// of revision 2026-07-28 on the stream of its `subscriptions/listen`. Only a client that may read
/// a resource is notified of its changes.
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
    of_lists: Arc<AtomicU64>,
    server: Arc<OnceLock<(Names, Arc<EnabledItems>)>>,
    /// The items that the program or the operator has switched off.
    off: Arc<Mutex<Off>>,
}

/// The items that are switched off, each with the party that has switched it off.
type Off = HashSet<(Target, Hand)>;

/// The party that switches an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Hand {
    Program,
    Operator,
}

impl Hand {
    const ALL: [Self; 2] = [Self::Program, Self::Operator];
}

/// The items of a server, each with the name by which it is switched. The name of a resource is its
/// URI or template, as declared.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<(Target, &'static str)>);

impl Names {
    /// Adds the items of one kind. An item's index is its number.
    pub(super) fn extend<K: KindParts>(&mut self, items: &[Item<(), K>]) {
        let names = items.iter().map(Item::address_text).zip(0..);
        self.0
            .extend(names.map(|(name, index)| (K::target(index), name)));
    }

    fn target<K: KindParts>(&self, name: &str) -> Option<Target> {
        let mut items = self.0.iter();
        let found = items.find(|(target, known)| *known == name && K::index(*target).is_some());
        found.map(|(target, _)| *target)
    }

    fn named(&self, item: &ItemName) -> Option<Target> {
        match item.kind {
            ItemKind::Tool => self.target::<ToolKind>(&item.name),
            ItemKind::Prompt => self.target::<PromptKind>(&item.name),
            ItemKind::Resource => self.target::<ResourceKind>(&item.name),
        }
    }
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

impl Change {
    /// Returns the change of the list that has this item.
    fn of_list(target: Target) -> Self {
        match target {
            Target::Tool(_) => Self::Tools,
            Target::Prompt(_) => Self::Prompts,
            Target::Resource(_) => Self::Resources,
        }
    }
}

impl Changes {
    /// Creates a handle for one server.
    #[must_use]
    pub fn new() -> Self {
        Self {
            sender: broadcast::Sender::new(BACKLOG),
            of_lists: Arc::default(),
            server: Arc::default(),
            off: Arc::default(),
        }
    }

    /// Switches a tool off: it disappears from the list, and a call is answered as for an
    /// unknown tool.
    ///
    /// # Errors
    ///
    /// [`UnknownItemError`] if the server has no tool of this name, or does not run yet.
    pub fn switch_off(&self, tool: &str) -> Result<(), UnknownItemError> {
        self.switch::<ToolKind>(tool, false)
    }

    /// Switches a tool on again.
    ///
    /// # Errors
    ///
    /// As [`Changes::switch_off`].
    pub fn switch_on(&self, tool: &str) -> Result<(), UnknownItemError> {
        self.switch::<ToolKind>(tool, true)
    }

    /// Switches a prompt off, as [`Changes::switch_off`] does a tool.
    ///
    /// # Errors
    ///
    /// As [`Changes::switch_off`].
    pub fn switch_prompt_off(&self, prompt: &str) -> Result<(), UnknownItemError> {
        self.switch::<PromptKind>(prompt, false)
    }

    /// Switches a prompt on again.
    ///
    /// # Errors
    ///
    /// As [`Changes::switch_off`].
    pub fn switch_prompt_on(&self, prompt: &str) -> Result<(), UnknownItemError> {
        self.switch::<PromptKind>(prompt, true)
    }

    /// Switches a resource off, as [`Changes::switch_off`] does a tool. `uri` is its URI, or
    /// the template as written in the attribute.
    ///
    /// # Errors
    ///
    /// As [`Changes::switch_off`].
    pub fn switch_resource_off(&self, uri: &str) -> Result<(), UnknownItemError> {
        self.switch::<ResourceKind>(uri, false)
    }

    /// Switches a resource on again.
    ///
    /// # Errors
    ///
    /// As [`Changes::switch_off`].
    pub fn switch_resource_on(&self, uri: &str) -> Result<(), UnknownItemError> {
        self.switch::<ResourceKind>(uri, true)
    }

    /// Notifies the listeners of a resource that it has new contents. For a template, pass
    /// the URI of the resource that changed.
    pub fn resource_updated(&self, uri: impl Into<String>) {
        self.notify(Change::Contents(uri.into()));
    }

    /// Makes these the items that the operator has switched off. Ignores names that the server does
    /// not have: another version of the server has them.
    pub(super) fn set_operators(&self, switched_off: &BTreeSet<ItemName>) {
        let Some((names, enabled_items)) = self.server.get() else {
            return;
        };
        let wanted = switched_off.iter().filter_map(|item| names.named(item));
        let wanted: HashSet<Target> = wanted.collect();
        let mut off = self.lock();
        let set = off.iter().filter(|(_, hand)| *hand == Hand::Operator);
        let set: HashSet<Target> = set.map(|(target, _)| *target).collect();
        for target in wanted.symmetric_difference(&set) {
            let is_on = set.contains(target);
            self.set(enabled_items, &mut off, (*target, Hand::Operator), is_on);
        }
    }

    /// Checks that the server has an item.
    #[cfg(feature = "admin")]
    pub(super) fn check(&self, item: &ItemName) -> Result<(), UnknownItemError> {
        let server = self.server.get();
        let found = server.and_then(|(names, _)| names.named(item));
        found.map(drop).ok_or_else(|| UnknownItemError {
            noun: item.kind.as_str(),
            name: item.name.clone(),
            is_running: server.is_some(),
        })
    }

    /// Returns whether the operator has switched an item off.
    pub(super) fn is_off_by_operator(&self, target: Target) -> bool {
        // Without the lock first: each run is checked, and nearly every item is on.
        let is_on = self.server.get().is_none_or(|(_, all)| all.is_on(target));
        !is_on && self.lock().contains(&(target, Hand::Operator))
    }

    /// Switches an item for the program.
    fn switch<K: KindParts>(&self, name: &str, on: bool) -> Result<(), UnknownItemError> {
        let unknown = || UnknownItemError {
            noun: K::NOUN,
            name: name.to_owned(),
            is_running: self.server.get().is_some(),
        };
        let (names, enabled_items) = self.server.get().ok_or_else(unknown)?;
        let target = names.target::<K>(name).ok_or_else(unknown)?;
        self.set(enabled_items, &mut self.lock(), (target, Hand::Program), on);
        Ok(())
    }

    /// Switches an item. It is on if neither the program nor the operator has switched it off. The
    /// caller holds the lock for both steps: two concurrent switches must not leave an item on.
    fn set(
        &self,
        enabled_items: &EnabledItems,
        off: &mut Off,
        (target, hand): (Target, Hand),
        on: bool,
    ) {
        match on {
            true => off.remove(&(target, hand)),
            false => off.insert((target, hand)),
        };
        let is_on = Hand::ALL.iter().all(|hand| !off.contains(&(target, *hand)));
        if enabled_items.set(target, is_on) {
            self.count_list_change();
            self.notify(Change::of_list(target));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Off> {
        self.off.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn notify(&self, change: Change) {
        // Sending fails only if there are no listeners.
        let _ = self.sender.send(change);
    }

    /// Attaches the handle to a server. Returns `false` if it is already attached to one.
    pub(super) fn attach(&self, names: Names, enabled_items: &Arc<EnabledItems>) -> bool {
        self.server.set((names, Arc::clone(enabled_items))).is_ok()
    }

    /// Counts a change of a list.
    pub(super) fn count_list_change(&self) {
        self.of_lists.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the number of changes of lists until now.
    pub(super) fn of_lists(&self) -> u64 {
        self.of_lists.load(Ordering::Relaxed)
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
    noun: &'static str,
    name: String,
    is_running: bool,
}

impl fmt::Display for UnknownItemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { noun, name, .. } = self;
        if self.is_running {
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
        Names(vec![
            (Target::Tool(0), "a"),
            (Target::Tool(1), "b"),
            (Target::Prompt(0), "p"),
            (Target::Resource(0), "r://all"),
            (Target::Resource(1), "r://{id}"),
        ])
    }

    #[test]
    fn each_thing_is_switched_by_its_name_and_listeners_are_notified_once() {
        let changes = Changes::new();
        let enabled_items = Arc::new(EnabledItems::new(2, 1, 2));
        assert!(changes.attach(names(), &enabled_items));
        let mut listener = changes.listen();
        changes.switch_off("b").unwrap();
        changes.switch_off("b").unwrap();
        assert!(enabled_items.is_on(Target::Tool(0)) && !enabled_items.is_on(Target::Tool(1)));
        changes.switch_prompt_off("p").unwrap();
        changes.switch_resource_off("r://{id}").unwrap();
        assert!(
            !enabled_items.is_on(Target::Prompt(0)) && !enabled_items.is_on(Target::Resource(1))
        );
        for told in [Change::Tools, Change::Prompts, Change::Resources] {
            assert_eq!(listener.try_recv(), Ok(told));
        }
        assert!(listener.try_recv().is_err());
        changes.switch_on("b").unwrap();
        changes.switch_prompt_on("p").unwrap();
        changes.switch_resource_on("r://{id}").unwrap();
        for target in [Target::Tool(1), Target::Prompt(0), Target::Resource(1)] {
            assert!(enabled_items.is_on(target));
        }
    }

    #[test]
    fn what_is_not_there_cannot_be_switched() {
        let changes = Changes::new();
        let told = |fault: Result<(), UnknownItemError>| fault.unwrap_err().to_string();
        assert!(told(changes.switch_off("a")).contains("before"));
        changes.attach(names(), &Arc::new(EnabledItems::new(2, 1, 2)));
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
