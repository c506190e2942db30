//! A schema after compilation: what it asserts of a value, and which schemas it applies.

use super::{assertion::Assertion, pattern::Pattern};

/// Where a schema stands in the list of all of them.
pub(super) type NodeId = usize;

/// One schema. An empty one allows everything.
#[derive(Default)]
pub(super) struct Node {
    /// What is decided by looking at the value alone, `type` before the rest.
    pub(super) assertions: Vec<Assertion>,
    /// What is decided by other schemas, [`Applicator::Unevaluated`] after the rest.
    pub(super) applicators: Vec<Applicator>,
}

/// A rule that applies other schemas.
pub(super) enum Applicator {
    Members(Members),
    /// `propertyNames`.
    Names(NodeId),
    /// `prefixItems` and `items`.
    Items {
        prefix: Vec<NodeId>,
        rest: Option<NodeId>,
    },
    /// `contains`, with how often.
    Contains {
        item: NodeId,
        least: u64,
        most: Option<u64>,
    },
    AllOf(Vec<NodeId>),
    AnyOf(Vec<NodeId>),
    OneOf(Vec<NodeId>),
    Not(NodeId),
    If {
        test: NodeId,
        then: Option<NodeId>,
        otherwise: Option<NodeId>,
    },
    Reference(NodeId),
    /// `dependentSchemas`.
    Dependent(Vec<(String, NodeId)>),
    /// `unevaluatedProperties`.
    Unevaluated(NodeId),
}

/// `properties`, `patternProperties` and `additionalProperties`, which are one rule: the
/// last is about what the others do not name.
#[derive(Default)]
pub(super) struct Members {
    /// Sorted by name.
    pub(super) known: Vec<(String, NodeId)>,
    pub(super) patterns: Vec<(Pattern, NodeId)>,
    pub(super) rest: Option<NodeId>,
}

impl Node {
    /// The node of `false`.
    pub(super) fn never() -> Self {
        Self {
            assertions: vec![Assertion::Never],
            applicators: Vec::new(),
        }
    }

    /// Whether nothing is allowed.
    pub(super) fn is_never(&self) -> bool {
        matches!(self.assertions.as_slice(), [Assertion::Never])
    }

    /// The schemas that are applied to the very value that this one is applied to.
    pub(super) fn at_same_place(&self) -> Vec<NodeId> {
        let mut found = Vec::new();
        for applicator in &self.applicators {
            match applicator {
                Applicator::AllOf(ids) | Applicator::AnyOf(ids) | Applicator::OneOf(ids) => {
                    found.extend(ids);
                }
                Applicator::Not(id) | Applicator::Reference(id) => found.push(*id),
                Applicator::If {
                    test,
                    then,
                    otherwise,
                } => found.extend([Some(*test), *then, *otherwise].into_iter().flatten()),
                Applicator::Dependent(ids) => found.extend(ids.iter().map(|(_, id)| *id)),
                // A name is a text, which has nothing inside: going there ends.
                Applicator::Names(_)
                | Applicator::Members(_)
                | Applicator::Items { .. }
                | Applicator::Contains { .. }
                | Applicator::Unevaluated(_) => {}
            }
        }
        found
    }
}

impl Members {
    /// The schemas for a member of this name, those of patterns included.
    pub(super) fn named<'m>(&'m self, name: &'m str) -> impl Iterator<Item = NodeId> + 'm {
        let known = self
            .known
            .binary_search_by(|(known, _)| known.as_str().cmp(name));
        let known = known
            .ok()
            .and_then(|at| self.known.get(at))
            .map(|(_, id)| *id);
        let patterns = self.patterns.iter();
        let patterns = patterns
            .filter(|(pattern, _)| pattern.is_in(name))
            .map(|(_, id)| *id);
        known.into_iter().chain(patterns)
    }
}
