//! The access that each operation requires. Built once, at start-up.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use foldhash::fast::RandomState;

use crate::{
    access::ResolvedAccess,
    clock::SharedClock,
    operation::Operation,
    scope::{ScopeSet, ScopeTable},
    uri_pattern::{UriPattern, plainest_spelling},
};

use super::{EnabledItems, Target};

/// Items by name. The server's author chose the names, so a client cannot choose names that
/// collide, and the hash need not resist that. A hash that resists collisions makes a
/// decision 50 % slower.
type Named = HashMap<Box<str>, (Target, ResolvedAccess), RandomState>;

/// The items that a server offers, each with the access it requires, in index order.
#[derive(Debug, Default)]
pub struct ProtectedItems {
    /// Tools by name.
    pub tools: Vec<(Box<str>, ResolvedAccess)>,
    /// Prompts by name.
    pub prompts: Vec<(Box<str>, ResolvedAccess)>,
    /// Resources by URI or template.
    pub resources: Vec<(UriPattern, ResolvedAccess)>,
    /// Whether clients can subscribe to changes.
    pub changes: bool,
    /// Which of these items are switched on.
    pub enabled_items: Arc<EnabledItems>,
    /// The clock that the age of a login is measured with.
    pub clock: SharedClock,
}

/// The rules of one server.
#[derive(Debug)]
pub struct Rules {
    /// Unique within the process. The bits and indexes of one `Rules` are not valid in
    /// another.
    pub id: u64,
    table: ScopeTable,
    tools: Named,
    prompts: Named,
    /// Resources whose URI has no variables: the key is the plain spelling, the value holds
    /// the URI as declared.
    resources: HashMap<Box<str>, (&'static str, (Target, ResolvedAccess)), RandomState>,
    templates: Vec<(UriPattern, (Target, ResolvedAccess))>,
    changes: bool,
    enabled_items: Arc<EnabledItems>,
    has_decision_point: bool,
    pub(super) clock: SharedClock,
    handshake: ResolvedAccess,
    /// The access required before the server reports that an item does not exist.
    access_to_learn_existence: ResolvedAccess,
    pub(super) baseline: ScopeSet,
}

/// The access that one operation requires.
pub(super) enum Rule<'r> {
    /// The access of one target.
    Target(Target, &'r ResolvedAccess),
    /// The access of an operation without a target.
    Untargeted(&'r ResolvedAccess),
    /// The access of several targets, all of which must admit the caller.
    Every(Vec<&'r ResolvedAccess>),
    /// The operation has no rule.
    Missing,
}

impl Rules {
    /// Builds the rules for the items that a server offers.
    ///
    /// `baseline` is the scopes to request from a client that arrives without a token;
    /// `open` allows the handshake and lists without a token.
    pub fn new(table: ScopeTable, items: ProtectedItems, baseline: ScopeSet, open: bool) -> Self {
        let ProtectedItems {
            tools,
            prompts,
            resources,
            changes,
            enabled_items,
            clock,
        } = items;
        let accesses = || {
            let named = tools.iter().chain(&prompts).map(|(_, access)| access);
            named.chain(resources.iter().map(|(_, access)| access))
        };
        let nothing_to_protect = accesses().next().is_some()
            && accesses().all(|access| *access == ResolvedAccess::Public);
        let public_if = |condition| match condition {
            true => ResolvedAccess::Public,
            false => ResolvedAccess::Authenticated,
        };
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let mut rules = Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            table,
            tools: numbered(tools, Target::Tool),
            prompts: numbered(prompts, Target::Prompt),
            resources: HashMap::default(),
            templates: Vec::new(),
            changes,
            enabled_items,
            has_decision_point: false,
            clock,
            handshake: public_if(open),
            access_to_learn_existence: public_if(nothing_to_protect),
            baseline,
        };
        for ((pattern, access), number) in resources.into_iter().zip(0..) {
            let target = Target::Resource(number);
            if pattern.is_template() {
                rules.templates.push((pattern, (target, access)));
            } else {
                let uri = pattern.as_str();
                rules
                    .resources
                    .insert(plainest_spelling(uri).into(), (uri, (target, access)));
            }
        }
        rules
    }

    /// Requires the allow of a decision point for each operation that has an effect.
    pub fn with_decision_point(mut self) -> Self {
        self.has_decision_point = true;
        self
    }

    /// Returns whether the decision point has to allow an operation that these rules admit. It is
    /// not asked about messages without an effect of their own (as COAZ-MCP passes them through),
    /// and not about an item that does not exist: nothing runs.
    pub(super) fn asks(&self, operation: Operation<'_>, target: Option<Target>) -> bool {
        use Operation::{EndSession, Notify, Ping, Reply, Stream};
        let has_effect = match operation {
            Ping | Notify | Reply | Stream | EndSession => false,
            _ => target.is_some() || operation.item_name().is_none(),
        };
        self.has_decision_point && has_effect
    }

    /// Returns the server's scopes.
    pub fn table(&self) -> &ScopeTable {
        &self.table
    }

    /// Returns whether the server offers the target of an operation now.
    pub fn offers(&self, operation: Operation<'_>) -> bool {
        self.target(operation).is_some()
    }

    /// Returns the target of an operation, if the server offers it now.
    pub fn target(&self, operation: Operation<'_>) -> Option<Target> {
        match self.access_of(operation) {
            Rule::Target(target, _) => Some(target),
            Rule::Untargeted(_) | Rule::Every(_) | Rule::Missing => None,
        }
    }

    /// Returns how many times an item was switched on or off.
    pub fn switched(&self) -> u64 {
        self.enabled_items.changes()
    }

    /// Returns the access that an operation requires.
    pub(super) fn access_of(&self, operation: Operation<'_>) -> Rule<'_> {
        let has_resources = !self.resources.is_empty() || !self.templates.is_empty();
        match operation {
            Operation::Initialize
            | Operation::Discover
            | Operation::Ping
            | Operation::SetLevel
            | Operation::ListTools
            | Operation::Notify
            | Operation::Reply
            | Operation::Stream
            | Operation::EndSession => Rule::Untargeted(&self.handshake),
            Operation::ListPrompts if !self.prompts.is_empty() => Rule::Untargeted(&self.handshake),
            Operation::ListResources | Operation::ListResourceTemplates if has_resources => {
                Rule::Untargeted(&self.handshake)
            }
            Operation::CallTool(name) => self.access_of_item(self.tools.get(name)),
            Operation::GetPrompt(name) | Operation::CompletePrompt(name)
                if !self.prompts.is_empty() =>
            {
                self.access_of_item(self.prompts.get(name))
            }
            Operation::ReadResource(uri) if has_resources => self.access_of_uri(uri),
            Operation::Subscribe(uri) | Operation::Unsubscribe(uri)
                if has_resources && self.changes =>
            {
                self.access_of_uri(uri)
            }
            Operation::CompleteResource(template) if has_resources => {
                let mut templates = self.templates.iter();
                let found = templates.find(|(pattern, _)| pattern.as_str() == template);
                self.access_of_item(found.map(|(_, offered)| offered))
            }
            Operation::Listen(uris) if self.changes => {
                let accesses = uris.iter().map(|uri| match self.access_of_uri(uri) {
                    Rule::Target(_, access) => access,
                    _ => &self.access_to_learn_existence,
                });
                Rule::Every(accesses.chain([&self.handshake]).collect())
            }
            // An operation that the server does not have, or that has no rule.
            _ => Rule::Missing,
        }
    }

    /// Returns the access required before the server reports that an item does not exist.
    /// It is [`ResolvedAccess::Public`] if all items are public and nothing needs a token.
    pub fn access_to_learn_existence(&self) -> &ResolvedAccess {
        &self.access_to_learn_existence
    }

    /// Returns the access of an item that is switched on. Only a caller with
    /// [`access_to_learn_existence`](Self::access_to_learn_existence) learns whether an item
    /// exists.
    fn access_of_item<'r>(&'r self, found: Option<&'r (Target, ResolvedAccess)>) -> Rule<'r> {
        match found {
            // A denied item is treated as missing, but still shadows later, broader
            // templates.
            Some((_, access)) if access.is_denied() => {
                Rule::Untargeted(&self.access_to_learn_existence)
            }
            Some((target, access)) if self.enabled_items.is_on(*target) => {
                Rule::Target(*target, access)
            }
            _ => Rule::Untargeted(&self.access_to_learn_existence),
        }
    }

    /// Returns the rule of a URI: that of the resource with exactly this URI, or else that
    /// of the first matching template.
    ///
    /// No spelling may bypass a rule. If `files://secret/{name}` requires more than
    /// `files://{+path}`, the broad template must not match the narrow one's resources
    /// under `files://%73ecret/x` or `files://secret//x`. So a URI whose plain spelling
    /// belongs to another resource matches nothing.
    fn access_of_uri(&self, uri: &str) -> Rule<'_> {
        let plain = plainest_spelling(uri);
        if let Some((written, offered)) = self.resources.get(&*plain) {
            return self.access_of_item((*written == uri).then_some(offered));
        }
        let found = self.template(uri);
        let plainly = self.template(&plain).or(found);
        let is_itself =
            |found: &&(Target, ResolvedAccess)| plainly.is_some_and(|one| one.0 == found.0);
        self.access_of_item(found.filter(is_itself))
    }

    /// Returns the first template that matches a URI, whether it is on or off.
    fn template(&self, uri: &str) -> Option<&(Target, ResolvedAccess)> {
        let mut templates = self.templates.iter();
        let found = templates.find(|(pattern, _)| pattern.matches(uri).is_some());
        found.map(|(_, offered)| offered)
    }
}

fn numbered(offered: Vec<(Box<str>, ResolvedAccess)>, target: fn(u32) -> Target) -> Named {
    offered
        .into_iter()
        .zip(0..)
        .map(|((name, access), number)| (name, (target(number), access)))
        .collect()
}
