//! Which operation asks what of its caller. Built once, at start-up.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use foldhash::fast::RandomState;

use crate::{
    access::Access,
    operation::Operation,
    scope::{ScopeSet, ScopeTable},
    uri_pattern::{UriPattern, plain},
};

use super::{Switches, Target};

/// What has a name, by it. The names in it are the author's, so nobody can choose them to
/// collide, and the hash need not withstand that. With one that does, a decision costs
/// half as much again.
type Named = HashMap<Box<str>, (Target, Access), RandomState>;

/// What a server offers, each with what it asks for, in the order of its numbers.
#[derive(Debug, Default)]
pub(crate) struct Offers {
    pub(crate) tools: Vec<(Box<str>, Access)>,
    pub(crate) prompts: Vec<(Box<str>, Access)>,
    pub(crate) resources: Vec<(UriPattern, Access)>,
    /// Whether clients can listen for changes.
    pub(crate) changes: bool,
    /// Which of all these can be used now.
    pub(crate) switches: Arc<Switches>,
}

/// The rules of one server.
#[derive(Debug)]
pub(crate) struct Rules {
    /// Which of a process's rules these are. Bits and numbers mean nothing under others.
    pub(super) id: u64,
    table: ScopeTable,
    tools: Named,
    prompts: Named,
    /// Resources whose URI has no variables, by its plain spelling, with its own.
    resources: HashMap<Box<str>, (&'static str, (Target, Access)), RandomState>,
    templates: Vec<(UriPattern, (Target, Access))>,
    changes: bool,
    switches: Arc<Switches>,
    handshake: Access,
    /// What is asked of a caller before they are told that there is no such thing.
    unlisted: Access,
    baseline: ScopeSet,
}

/// What one operation asks for.
pub(super) enum Rule<'r> {
    /// What a target asks for.
    Of(Target, &'r Access),
    /// What is asked for where there is no target.
    General(&'r Access),
    /// Several targets at once, all of which must admit.
    All(Vec<&'r Access>),
    /// There is no rule.
    None,
}

impl Rules {
    /// The rules of what a server offers.
    ///
    /// `baseline` are the scopes to ask for when a client arrives without a token;
    /// `open` lets callers without a token shake hands and list.
    pub(crate) fn new(table: ScopeTable, offers: Offers, baseline: ScopeSet, open: bool) -> Self {
        let Offers {
            tools,
            prompts,
            resources,
            changes,
            switches,
        } = offers;
        let accesses = || {
            let named = tools.iter().chain(&prompts).map(|(_, access)| access);
            named.chain(resources.iter().map(|(_, access)| access))
        };
        let nothing_to_protect =
            accesses().next().is_some() && accesses().all(|access| *access == Access::Public);
        let public_if = |condition| match condition {
            true => Access::Public,
            false => Access::Authenticated,
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
            switches,
            handshake: public_if(open),
            unlisted: public_if(nothing_to_protect),
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
                    .insert(plain(uri).into(), (uri, (target, access)));
            }
        }
        rules
    }

    /// The server's scopes.
    pub(crate) fn table(&self) -> &ScopeTable {
        &self.table
    }

    /// The scopes to name when a token is missing or bad: what the operation asks for,
    /// else the baseline.
    pub(crate) fn wanted(&self, operation: Option<Operation<'_>>) -> ScopeSet {
        let wanted = match operation.map(|operation| self.rule(operation)) {
            Some(Rule::Of(_, access)) => access.wanted(ScopeSet::EMPTY),
            Some(Rule::All(accesses)) => accesses
                .iter()
                .fold(ScopeSet::EMPTY, |set, access| set.union(access.wanted(set))),
            Some(Rule::General(_) | Rule::None) | None => ScopeSet::EMPTY,
        };
        match wanted.is_empty() {
            true => self.baseline,
            false => wanted,
        }
    }

    /// Whether an operation is about something that the server offers now.
    pub(crate) fn offers(&self, operation: Operation<'_>) -> bool {
        self.target(operation).is_some()
    }

    /// What of the server's own an operation is about, if it is offered now.
    pub(crate) fn target(&self, operation: Operation<'_>) -> Option<Target> {
        match self.rule(operation) {
            Rule::Of(target, _) => Some(target),
            Rule::General(_) | Rule::All(_) | Rule::None => None,
        }
    }

    /// How often something was switched on or off.
    pub(crate) fn switched(&self) -> u64 {
        self.switches.changes()
    }

    /// The scopes that an operation needs of a caller who has these.
    pub(crate) fn needed(&self, operation: Operation<'_>, granted: ScopeSet) -> ScopeSet {
        match self.rule(operation) {
            Rule::Of(_, access) => access.wanted(granted),
            _ => ScopeSet::EMPTY,
        }
    }

    /// What an operation asks for.
    pub(super) fn rule(&self, operation: Operation<'_>) -> Rule<'_> {
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
            | Operation::EndSession => Rule::General(&self.handshake),
            Operation::ListPrompts if !self.prompts.is_empty() => Rule::General(&self.handshake),
            Operation::ListResources | Operation::ListResourceTemplates if has_resources => {
                Rule::General(&self.handshake)
            }
            Operation::CallTool(name) => self.of(self.tools.get(name)),
            Operation::GetPrompt(name) | Operation::CompletePrompt(name)
                if !self.prompts.is_empty() =>
            {
                self.of(self.prompts.get(name))
            }
            Operation::ReadResource(uri) if has_resources => self.of_uri(uri),
            Operation::Subscribe(uri) | Operation::Unsubscribe(uri)
                if has_resources && self.changes =>
            {
                self.of_uri(uri)
            }
            Operation::CompleteResource(template) if has_resources => {
                let mut templates = self.templates.iter();
                let found = templates.find(|(pattern, _)| pattern.as_str() == template);
                self.of(found.map(|(_, offered)| offered))
            }
            Operation::Listen(uris) if self.changes => {
                let accesses = uris.iter().map(|uri| match self.of_uri(uri) {
                    Rule::Of(_, access) => access,
                    _ => &self.unlisted,
                });
                Rule::All(accesses.chain([&self.handshake]).collect())
            }
            Operation::ListPrompts
            | Operation::GetPrompt(_)
            | Operation::CompletePrompt(_)
            | Operation::ListResources
            | Operation::ListResourceTemplates
            | Operation::ReadResource(_)
            | Operation::Subscribe(_)
            | Operation::Unsubscribe(_)
            | Operation::CompleteResource(_)
            | Operation::Listen(_)
            | Operation::Unruled(_) => Rule::None,
        }
    }

    /// What is asked of a caller before they are told that there is no such thing. It is
    /// [`Access::Public`] where all items are public, and nothing needs a token.
    pub(crate) fn unlisted(&self) -> &Access {
        &self.unlisted
    }

    /// What a thing asks for, while it is switched on. Whether it is there at all is told
    /// to those only who may know what there is.
    fn of<'r>(&'r self, found: Option<&'r (Target, Access)>) -> Rule<'r> {
        match found {
            // What nobody gets is as if it were not there, and hides what wider patterns
            // after it would give.
            Some((_, Access::Scopes(sets))) if sets.is_empty() => Rule::General(&self.unlisted),
            Some((target, access)) if self.switches.is_on(*target) => Rule::Of(*target, access),
            _ => Rule::General(&self.unlisted),
        }
    }

    /// The resource of a URI: the one that is written out, else the first template.
    ///
    /// No spelling may get around a rule: where `files://secret/{name}` is guarded better
    /// than `files://{+path}`, the wide one would read the narrow one's by
    /// `files://%73ecret/x` or `files://secret//x`. What would be another resource's in its
    /// plain spelling names nothing.
    fn of_uri(&self, uri: &str) -> Rule<'_> {
        let plain = plain(uri);
        if let Some((written, offered)) = self.resources.get(&*plain) {
            return self.of((*written == uri).then_some(offered));
        }
        let found = self.template(uri);
        let plainly = self.template(&plain).or(found);
        let is_itself = |found: &&(Target, Access)| plainly.is_some_and(|one| one.0 == found.0);
        self.of(found.filter(is_itself))
    }

    /// The first template of a URI, whether it is on or off.
    fn template(&self, uri: &str) -> Option<&(Target, Access)> {
        let mut templates = self.templates.iter();
        let found = templates.find(|(pattern, _)| pattern.matches(uri).is_some());
        found.map(|(_, offered)| offered)
    }
}

fn numbered(offered: Vec<(Box<str>, Access)>, target: fn(u32) -> Target) -> Named {
    offered
        .into_iter()
        .zip(0..)
        .map(|((name, access), number)| (name, (target(number), access)))
        .collect()
}
