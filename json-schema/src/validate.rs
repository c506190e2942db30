//! Validates a value. This runs for every call: it allocates nothing for ordinary schemas,
//! and stops at the first broken rule.

use std::cell::Cell;

use serde_json::{Map, Value};

use super::node::{Applicator, Members, Node, NodeId};

/// The step limit of a check. Nested choices in a recursive schema double the steps with
/// each level; no tool needs a call with a million values.
const STEPS: usize = 1_000_000;
/// How many schemas may be nested, which bounds the stack. A body nests at most 128 levels,
/// so this is six schemas per level.
const DEPTH: usize = 768;

/// One check of one value, with its step counter.
pub(super) struct Check<'s> {
    nodes: &'s [Node],
    steps: Cell<usize>,
    depth: Cell<usize>,
}

impl<'s> Check<'s> {
    pub(super) fn new(nodes: &'s [Node]) -> Self {
        Self {
            nodes,
            steps: Cell::new(STEPS),
            depth: Cell::new(0),
        }
    }

    /// Returns whether the check ran out of steps. Its result is then meaningless, because
    /// a `not` may have inverted it.
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps.get() == 0
    }

    pub(super) fn node(&self, id: NodeId) -> Option<&'s Node> {
        self.nodes.get(id)
    }

    /// Uses up steps. Returns whether enough were left.
    pub(super) fn spend(&self, steps: usize) -> bool {
        self.steps.set(self.steps.get().saturating_sub(steps));
        !self.is_exhausted()
    }

    /// Enters a schema, if the depth and the steps allow it.
    pub(super) fn enter(&self, id: NodeId) -> Option<&'s Node> {
        self.depth.set(self.depth.get() + 1);
        if self.depth.get() > DEPTH {
            self.steps.set(0);
        }
        self.node(id).filter(|_| self.spend(1))
    }

    /// Leaves the current schema.
    pub(super) fn leave(&self) {
        self.depth.set(self.depth.get().saturating_sub(1));
    }

    /// Returns whether a value is valid for a schema. Uses loops instead of iterator
    /// adapters, here and below, so that a nested schema takes little stack.
    pub(super) fn is_valid(&self, id: NodeId, value: &Value) -> bool {
        let is_valid = match self.enter(id) {
            Some(node) => self.validates(node, value),
            None => false,
        };
        self.leave();
        is_valid
    }

    fn validates(&self, node: &'s Node, value: &Value) -> bool {
        for assertion in &node.assertions {
            if !self.spend(assertion.cost(value)) || !assertion.holds(value) {
                return false;
            }
        }
        for applicator in &node.applicators {
            if !self.applies(node, applicator, value) {
                return false;
            }
        }
        true
    }

    /// Returns whether a value is valid for one rule of a node.
    pub(super) fn applies(&self, node: &'s Node, rule: &'s Applicator, value: &Value) -> bool {
        match (rule, value) {
            (Applicator::Members(rules), Value::Object(members)) => self.members(rules, members),
            (Applicator::Names(id), Value::Object(members)) => {
                members.keys().all(|name| self.is_name(*id, name))
            }
            (Applicator::Items { prefix, rest }, Value::Array(items)) => {
                self.items(prefix, *rest, items)
            }
            (Applicator::Contains { item, least, most }, Value::Array(items)) => {
                self.contains(*item, *least, *most, items)
            }
            (Applicator::Unevaluated(id), Value::Object(members)) => {
                self.unevaluated_valid(*id, node, value, members)
            }
            (Applicator::Dependent(rules), Value::Object(members)) => {
                for (name, id) in rules {
                    if members.contains_key(name) && !self.is_valid(*id, value) {
                        return false;
                    }
                }
                true
            }
            (Applicator::AllOf(ids), _) => self.fits_all(ids, value),
            (Applicator::AnyOf(ids), _) => self.fits_any(ids, value),
            (Applicator::OneOf(ids), _) => self.fits_one(ids, value),
            (Applicator::Not(id), _) => !self.is_valid(*id, value),
            (
                Applicator::If {
                    test,
                    then,
                    otherwise,
                },
                _,
            ) => {
                let branch = if self.is_valid(*test, value) {
                    then
                } else {
                    otherwise
                };
                match branch {
                    Some(id) => self.is_valid(*id, value),
                    None => true,
                }
            }
            (Applicator::Reference(id), _) => self.is_valid(*id, value),
            // A rule about another type than the value's.
            _ => true,
        }
    }

    fn fits_all(&self, ids: &[NodeId], value: &Value) -> bool {
        for id in ids {
            if !self.is_valid(*id, value) {
                return false;
            }
        }
        true
    }

    fn fits_any(&self, ids: &[NodeId], value: &Value) -> bool {
        for id in ids {
            if self.is_valid(*id, value) {
                return true;
            }
        }
        false
    }

    fn fits_one(&self, ids: &[NodeId], value: &Value) -> bool {
        let mut found = 0;
        for id in ids {
            found += usize::from(self.is_valid(*id, value));
            if found > 1 {
                return false;
            }
        }
        found == 1
    }

    fn members(&self, rules: &Members, members: &Map<String, Value>) -> bool {
        for (name, value) in members {
            if !self.spend_on(rules, name) {
                return false;
            }
            let mut is_named = false;
            for id in rules.named(name) {
                is_named = true;
                if !self.is_valid(id, value) {
                    return false;
                }
            }
            if let Some(rest) = rules.rest
                && !is_named
                && !self.is_valid(rest, value)
            {
                return false;
            }
        }
        true
    }

    /// Uses up the cost of looking up a name.
    pub(super) fn spend_on(&self, rules: &Members, name: &str) -> bool {
        self.spend(1 + rules.patterns.len() * (1 + name.len() / 16))
    }

    pub(super) fn is_name(&self, id: NodeId, name: &str) -> bool {
        self.spend(1 + name.len() / 256) && self.is_valid(id, &Value::from(name))
    }

    fn items(&self, prefix: &[NodeId], rest: Option<NodeId>, items: &[Value]) -> bool {
        for (at, item) in items.iter().enumerate() {
            let Some(id) = prefix.get(at).copied().or(rest) else {
                return true;
            };
            if !self.is_valid(id, item) {
                return false;
            }
        }
        true
    }

    fn unevaluated_valid(
        &self,
        id: NodeId,
        node: &'s Node,
        value: &Value,
        members: &Map<String, Value>,
    ) -> bool {
        for (_, member) in self.unevaluated(node, value, members) {
            if !self.is_valid(id, member) {
                return false;
            }
        }
        true
    }

    fn contains(&self, id: NodeId, least: u64, most: Option<u64>, items: &[Value]) -> bool {
        let (mut found, enough) = (0, most.map_or(least, |most| most.saturating_add(1)));
        for item in items {
            if found >= enough {
                break;
            }
            found += u64::from(self.is_valid(id, item));
        }
        found >= least && most.is_none_or(|most| found <= most)
    }

    /// Returns the members of a value that no other rule of the node evaluates.
    pub(super) fn unevaluated<'v>(
        &self,
        node: &'s Node,
        value: &Value,
        members: &'v Map<String, Value>,
    ) -> impl Iterator<Item = (&'v String, &'v Value)> {
        let mut rules = Vec::new();
        let is_all = self.evaluating(node, value, &mut rules, true);
        members.iter().filter(move |(name, _)| {
            let is_named =
                |rules: &&Members| rules.rest.is_some() || rules.named(name).next().is_some();
            !is_all && !rules.iter().any(is_named)
        })
    }

    /// Collects the rules that evaluate members, from every schema that applies to the
    /// value and accepts it (2020-12 core §11.3). Returns whether all members are
    /// evaluated.
    ///
    /// If no branch of a choice accepts the value, all branches count: the value is refused
    /// anyway, and a name that one branch knows must not be reported as unknown.
    fn evaluating(
        &self,
        node: &'s Node,
        value: &Value,
        rules: &mut Vec<&'s Members>,
        is_outermost: bool,
    ) -> bool {
        let mut is_all = false;
        for applicator in &node.applicators {
            let branches: Vec<NodeId> = match applicator {
                Applicator::Members(found) => {
                    rules.push(found);
                    continue;
                }
                Applicator::Unevaluated(_) => {
                    is_all |= !is_outermost;
                    continue;
                }
                Applicator::AllOf(ids) => ids.clone(),
                Applicator::AnyOf(ids) | Applicator::OneOf(ids) => {
                    let valid = ids.iter().copied().filter(|id| self.is_valid(*id, value));
                    let valid: Vec<NodeId> = valid.collect();
                    if valid.is_empty() { ids.clone() } else { valid }
                }
                Applicator::If {
                    test,
                    then,
                    otherwise,
                } => match self.is_valid(*test, value) {
                    true => then.map_or_else(|| vec![*test], |then| vec![*test, then]),
                    false => otherwise.iter().copied().collect(),
                },
                Applicator::Reference(id) => vec![*id],
                Applicator::Dependent(ids) => {
                    let is_there = |name: &str| value.get(name).is_some();
                    let ids = ids.iter().filter(|(name, _)| is_there(name));
                    ids.map(|(_, id)| *id).collect()
                }
                Applicator::Not(_)
                | Applicator::Names(_)
                | Applicator::Items { .. }
                | Applicator::Contains { .. } => continue,
            };
            for id in branches {
                if let Some(inner) = self.enter(id) {
                    is_all |= self.evaluating(inner, value, rules, false);
                }
                self.leave();
            }
        }
        is_all
    }
}
