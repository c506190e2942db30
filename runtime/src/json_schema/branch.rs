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
    /// Every branch is a constant, and the value is none of these.
    Constants(Vec<Value>),
    /// The member that names the branch is missing.
    NoTag(&'n str),
    /// The member names no branch. These are the allowed values.
    UnknownTag(&'n str, Vec<Value>),
    /// Each branch has one member as its name, and the value has none of them, or several.
    Member(Vec<&'n str>),
    /// The value does not say which of these branches it means.
    Unknown(Vec<NodeId>),
}

/// A branch that allows the value's type, behind its references.
struct Branch<'n> {
    id: NodeId,
    node: &'n Node,
}

/// Returns what a value says about the branches of a choice.
pub(super) fn meant<'n>(check: &Check<'n>, ids: &[NodeId], value: &Value) -> Meant<'n> {
    let branches = ids.iter().filter_map(|id| {
        let node = resolve(check, *id)?;
        Some(Branch { id: *id, node })
    });
    let branches: Vec<Branch<'n>> = branches.collect();
    let has_type = |branch: &&Branch<'_>| branch.node.types().is_none_or(|types| types.has(value));
    let fitting: Vec<&Branch<'n>> = branches.iter().filter(has_type).collect();
    if let [only] = fitting.as_slice() {
        return Meant::Branch(only.id);
    }
    if fitting.is_empty() {
        let types = branches.iter().filter_map(|branch| branch.node.types());
        if let Some(types) = types.reduce(Types::union) {
            return Meant::Type(types);
        }
    }
    let constants: Option<Vec<_>> = fitting.iter().map(|one| one.node.constants()).collect();
    if let Some(constants) = constants {
        return Meant::Constants(constants.concat());
    }
    by_tag(check, &fitting, value)
        .or_else(|| by_member(&fitting, value))
        .unwrap_or_else(|| Meant::Unknown(fitting.iter().map(|branch| branch.id).collect()))
}

/// Finds the branch by a required member that is another constant in each branch, as
/// `#[serde(tag = "kind")]` writes it.
fn by_tag<'n>(check: &Check<'n>, branches: &[&Branch<'n>], value: &Value) -> Option<Meant<'n>> {
    let allowed = |branch: &Branch<'n>, tag: &str| {
        let member = branch.node.members()?.known(tag)?;
        let constants = resolve(check, member)?.constants()?;
        branch.node.requires(tag).then_some(constants)
    };
    let (first, others) = branches.split_first()?;
    let tag = first.node.required().find(|tag| {
        let mut seen = allowed(first, tag).unwrap_or_default();
        !seen.is_empty()
            && others.iter().all(|branch| {
                let own = allowed(branch, tag).unwrap_or_default();
                let is_new = !own.is_empty() && own.iter().all(|one| !has(&seen, one));
                seen.extend(own);
                is_new
            })
    })?;
    let Some(named) = value.as_object()?.get(tag) else {
        return Some(Meant::NoTag(tag));
    };
    let mut all = Vec::new();
    for branch in branches {
        let own = allowed(branch, tag)?;
        if has(&own, named) {
            return Some(Meant::Branch(branch.id));
        }
        all.extend(own);
    }
    Some(Meant::UnknownTag(tag, all))
}

/// Finds the branch by its only required member, as serde writes an enum without a tag key:
/// `{"start": {…}}`.
fn by_member<'n>(branches: &[&Branch<'n>], value: &Value) -> Option<Meant<'n>> {
    let mut names = Vec::new();
    for branch in branches {
        let mut required = branch.node.required();
        let (name, None) = (required.next()?, required.next()) else {
            return None;
        };
        branch.node.members()?.known(name)?;
        if names.contains(&name) {
            return None;
        }
        names.push(name);
    }
    let members = value.as_object()?;
    let mut present = names
        .iter()
        .zip(branches)
        .filter(|(name, _)| members.contains_key(**name));
    Some(match (present.next(), present.next()) {
        (Some((_, branch)), None) => Meant::Branch(branch.id),
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
    pub(super) fn required(&self) -> impl Iterator<Item = &str> {
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
        self.assertions
            .iter()
            .find_map(|assertion| match assertion {
                Assertion::Type(types) => Some(*types),
                _ => None,
            })
    }

    /// Returns the constants that the schema allows, if it is a list of constants.
    fn constants(&self) -> Option<Vec<Value>> {
        self.assertions
            .iter()
            .find_map(|assertion| match assertion {
                Assertion::Const(one) => Some(vec![one.clone()]),
                Assertion::Enum(many) => Some(many.clone()),
                _ => None,
            })
    }

    fn members(&self) -> Option<&Members> {
        self.applicators
            .iter()
            .find_map(|applicator| match applicator {
                Applicator::Members(members) => Some(members),
                _ => None,
            })
    }
}
