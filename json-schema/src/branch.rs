//! Finds the branch of a failed choice that the caller means. An error of another branch would
//! send the caller to that branch.

use serde_json::Value;

use super::{
    assertion::Assertion,
    equality,
    node::{Applicator, Members, Node, NodeId},
    types::Types,
    validate::Check,
};

/// How many references a branch may follow.
const REFERENCES: usize = 16;

/// What a value says about the branches of a choice.
pub(super) enum Meant<'n> {
    /// The caller means this branch.
    Branch(NodeId),
    /// No branch allows the value's type.
    Type(Types),
    /// Every branch is a constant, and the value equals no constant. These are the constants.
    Constants(Vec<Value>),
    /// The member that names the branch is missing.
    NoTag(&'n str),
    /// The member names no branch. These are the allowed values.
    UnknownTag(&'n str, Vec<Value>),
    /// Each branch is named by one member, and the value has no such member or more than one.
    Member(Vec<&'n str>),
    /// The value does not say which of these branches it means.
    Unknown(Vec<NodeId>),
}

/// A branch, and its schema behind references.
type Branch<'n> = (NodeId, &'n Node);

/// Returns what a value says about the branches of a choice.
pub(super) fn meant<'n>(check: &Check<'n>, ids: &[NodeId], value: &Value) -> Meant<'n> {
    let branches = ids
        .iter()
        .filter_map(|id| Some((*id, resolve(check, *id)?)));
    let branches: Vec<Branch<'n>> = branches.collect();
    let has_type = |(_, node): &Branch<'_>| node.types().is_none_or(|types| types.has(value));
    let fitting: Vec<Branch<'n>> = branches.iter().copied().filter(has_type).collect();
    if let [(only, _)] = fitting.as_slice() {
        return Meant::Branch(*only);
    }
    let types = branches.iter().filter_map(|(_, node)| node.types());
    if let (true, Some(types)) = (fitting.is_empty(), types.reduce(Types::union)) {
        return Meant::Type(types);
    }
    let constants = fitting.iter().map(|(_, node)| node.constants());
    if let Some(constants) = constants.collect::<Option<Vec<_>>>() {
        return Meant::Constants(constants.concat());
    }
    by_tag(check, &fitting, value)
        .or_else(|| by_member(&fitting, value))
        .unwrap_or_else(|| Meant::Unknown(fitting.iter().map(|(id, _)| *id).collect()))
}

/// Finds the branch by a required member that is another constant in each branch, as
/// `#[serde(tag = "kind")]` writes it.
fn by_tag<'n>(check: &Check<'n>, branches: &[Branch<'n>], value: &Value) -> Option<Meant<'n>> {
    let allowed = |(_, node): &Branch<'n>, tag: &str| {
        let constants = resolve(check, node.members()?.known(tag)?)?.constants()?;
        node.requires(tag).then_some(constants)
    };
    let all = |tag: &str| branches.iter().map(|branch| allowed(branch, tag)).collect();
    let (tag, all) = branches.first()?.1.required().find_map(|tag| {
        let all: Option<Vec<&[Value]>> = all(tag);
        let all = all?.concat();
        let is_new = |(at, one): (usize, &Value)| !has(all.get(..at).unwrap_or_default(), one);
        all.iter()
            .enumerate()
            .all(is_new)
            .then(|| (tag, all.clone()))
    })?;
    let Some(named) = value.as_object()?.get(tag) else {
        return Some(Meant::NoTag(tag));
    };
    let is_meant = |branch: &&Branch<'n>| allowed(branch, tag).is_some_and(|own| has(own, named));
    Some(match branches.iter().find(is_meant) {
        Some((id, _)) => Meant::Branch(*id),
        None => Meant::UnknownTag(tag, all),
    })
}

/// Finds the branch by its only required member, as serde writes an enum without a tag key:
/// `{"start": {…}}`.
fn by_member<'n>(branches: &[Branch<'n>], value: &Value) -> Option<Meant<'n>> {
    let members = value.as_object()?;
    let mut names = Vec::new();
    let mut present = Vec::new();
    for (id, node) in branches {
        let mut required = node.required();
        let (name, None) = (required.next()?, required.next()) else {
            return None;
        };
        if members.contains_key(name) {
            present.push(*id);
        }
        if names.contains(&name) {
            return None;
        }
        names.push(name);
    }
    Some(match present.as_slice() {
        [only] => Meant::Branch(*only),
        _ => Meant::Member(names),
    })
}

fn has(values: &[Value], value: &Value) -> bool {
    values.iter().any(|one| equality::is_equal(one, value))
}

/// Returns the node of a schema, or the one that it only refers to.
fn resolve<'n>(check: &Check<'n>, id: NodeId) -> Option<&'n Node> {
    let mut node = check.node(id)?;
    for _ in 0..REFERENCES {
        match node.applicators.as_slice() {
            [Applicator::Reference(id)] if node.assertions.is_empty() => node = check.node(*id)?,
            _ => break,
        }
    }
    Some(node)
}

impl Node {
    /// Returns the names of the members that a value must have.
    fn required(&self) -> impl Iterator<Item = &str> {
        let lists = self.assertions.iter().map(|assertion| match assertion {
            Assertion::Required(names) => names.as_slice(),
            _ => &[],
        });
        lists.flatten().map(String::as_str)
    }

    /// Returns whether a value must have this member.
    pub(super) fn requires(&self, name: &str) -> bool {
        self.required().any(|required| required == name)
    }

    fn types(&self) -> Option<Types> {
        let types = self.assertions.first();
        types.and_then(|assertion| match assertion {
            Assertion::Type(types) => Some(*types),
            _ => None,
        })
    }

    /// Returns the constants that the schema allows, if it is a list of constants.
    fn constants(&self) -> Option<&[Value]> {
        self.assertions.iter().find_map(|rule| match rule {
            Assertion::Const(one) => Some(std::slice::from_ref(one)),
            Assertion::Enum(many) => Some(many.as_slice()),
            _ => None,
        })
    }

    fn members(&self) -> Option<&Members> {
        self.applicators.iter().find_map(|rule| match rule {
            Applicator::Members(members) => Some(members),
            _ => None,
        })
    }
}
