//! A compiled schema: its assertions, and the schemas that it applies.

use super::{assertion::Assertion, pattern::Pattern};

/// The index of a schema in the list of nodes.
pub(super) type NodeId = usize;

/// One schema. An empty one allows everything.
#[derive(Default)]
pub(super) struct Node {
    /// Rules about the value itself, `type` first.
    pub(super) assertions: Vec<Assertion>,
    /// Rules that apply other schemas, [`Applicator::Unevaluated`] last.
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
    /// `contains`, with `minContains` and `maxContains`.
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

/// `properties`, `patternProperties` and `additionalProperties` as one rule: the last
/// applies to members that the others do not name.
#[derive(Default)]
pub(super) struct Members {
    /// Sorted by name.
    pub(super) known: Vec<(String, NodeId)>,
    pub(super) patterns: Vec<(Pattern, NodeId)>,
    pub(super) rest: Option<NodeId>,
}

impl Node {
    /// Builds the node of the schema `false`.
    pub(super) fn never() -> Self {
        Self {
            assertions: vec![Assertion::Never],
            applicators: Vec::new(),
        }
    }

    /// Returns whether the schema allows nothing.
    pub(super) fn is_never(&self) -> bool {
        matches!(self.assertions.as_slice(), [Assertion::Never])
    }

    /// Returns the schemas that apply to the same value as this one.
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
                // A name is a string without inner values, so recursion ends there.
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
    /// Returns the schema that `properties` has for this name.
    pub(super) fn known(&self, name: &str) -> Option<NodeId> {
        let place = self
            .known
            .binary_search_by(|(known, _)| known.as_str().cmp(name));
        let (_, id) = self.known.get(place.ok()?)?;
        Some(*id)
    }

    /// Returns the schemas for a member of this name, including those of patterns.
    pub(super) fn named<'m>(&'m self, name: &'m str) -> impl Iterator<Item = NodeId> + 'm {
        let known = self.known(name);
        let patterns = self.patterns.iter();
        let patterns = patterns
            .filter(|(pattern, _)| pattern.is_in(name))
            .map(|(_, id)| *id);
        known.into_iter().chain(patterns)
    }
}
