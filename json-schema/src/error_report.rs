//! Explains which rules a value breaks. Only refused values reach this code.

use serde_json::Value;

use super::{
    assertion::Assertion,
    branch::{self, Meant},
    node::{Applicator, Members, Node, NodeId},
    validate::Check,
    validation_error::{Step, ValidationError, ValidationErrorKind, short},
};

/// How many unknown members one error names.
const NAMED: usize = 5;
/// How many errors of a branch are examined for the deepest one.
const LOOKED_AT: usize = 16;

/// Returns the errors of a value, up to `most`.
pub(super) fn explain(
    nodes: &[Node],
    root: NodeId,
    value: &Value,
    most: usize,
) -> Vec<ValidationError> {
    let mut explanation = Explanation {
        check: &Check::new(nodes),
        path: Vec::new(),
        errors: Vec::new(),
        most,
    };
    explanation.node(root, value);
    explanation.errors
}

/// The errors of a value found so far.
struct Explanation<'c, 'n, 'v> {
    check: &'c Check<'n>,
    path: Vec<Step<'v>>,
    errors: Vec<ValidationError>,
    most: usize,
}

impl<'n, 'v> Explanation<'_, 'n, 'v> {
    fn report(&mut self, kind: ValidationErrorKind) {
        // The result of an exhausted check may be wrong.
        if !self.is_full() {
            self.errors.push(ValidationError::new(&self.path, kind));
        }
    }

    fn rule(&mut self, keyword: &'static str, text: impl Into<String>) {
        self.report(ValidationErrorKind::Rule {
            keyword,
            text: text.into(),
        });
    }

    fn is_full(&self) -> bool {
        self.errors.len() >= self.most || self.check.is_exhausted()
    }

    /// Collects the errors of a value one step below.
    fn inside(&mut self, step: Step<'v>, id: NodeId, value: &'v Value) {
        self.path.push(step);
        self.node(id, value);
        self.path.pop();
    }

    fn node(&mut self, id: NodeId, value: &'v Value) {
        if self.is_full() {
            return;
        }
        if let Some(node) = self.check.enter(id) {
            self.rules(node, value);
        }
        self.check.leave();
    }

    fn rules(&mut self, node: &'n Node, value: &'v Value) {
        if !self.assertions(node, value) {
            return;
        }
        for applicator in &node.applicators {
            if self.is_full() {
                return;
            }
            self.applicator(node, applicator, value);
        }
    }

    /// Collects the errors of assertions. Returns whether to continue with the other rules.
    fn assertions(&mut self, node: &Node, value: &Value) -> bool {
        for assertion in &node.assertions {
            if !self.check.spend(assertion.cost(value)) || assertion.holds(value) {
                continue;
            }
            match assertion {
                Assertion::Type(types) => {
                    self.report(ValidationErrorKind::Type(types.to_string()));
                    // All other errors follow from this one.
                    return false;
                }
                Assertion::Required(_) | Assertion::DependentRequired(_) => {
                    for name in assertion.missing(value) {
                        self.report(ValidationErrorKind::Missing(name.to_owned()));
                    }
                }
                other => self.rule(other.keyword(), other.broken()),
            }
        }
        true
    }

    /// Collects the errors of one rule that applies schemas. It only dispatches, so that a
    /// level of the value takes little stack.
    fn applicator(&mut self, node: &'n Node, rule: &'n Applicator, value: &'v Value) {
        match rule {
            Applicator::Members(rules) => self.members(node, rules, value),
            Applicator::Names(id) => self.names(*id, value),
            Applicator::Items { prefix, rest } => self.items(prefix, *rest, value),
            Applicator::AllOf(ids) => self.all(ids, value),
            Applicator::Reference(id) => self.node(*id, value),
            Applicator::Dependent(rules) => self.dependent(rules, value),
            Applicator::Unevaluated(id) => self.unevaluated(*id, node, value),
            Applicator::If {
                test,
                then,
                otherwise,
            } => self.branch(*test, *then, *otherwise, value),
            Applicator::AnyOf(_)
            | Applicator::OneOf(_)
            | Applicator::Contains { .. }
            | Applicator::Not(_) => {
                // No inner schema alone decides whether these are broken.
                if !self.check.applies(node, rule, value) {
                    self.combined(rule, value);
                }
            }
        }
    }

    /// Reports a rule that is broken by several schemas together.
    fn combined(&mut self, rule: &Applicator, value: &'v Value) {
        const NONE: &str = "it matches none of the allowed schemas";
        match rule {
            Applicator::AnyOf(ids) => self.choice("anyOf", NONE, ids, value),
            Applicator::OneOf(ids) if !ids.iter().any(|id| self.check.is_valid(*id, value)) => {
                self.choice("oneOf", NONE, ids, value);
            }
            Applicator::OneOf(_) => self.rule(
                "oneOf",
                "it matches more than one of the schemas, but must match one",
            ),
            Applicator::Contains { least, most, .. } => {
                let most = most.map_or(String::new(), |most| format!(" and at most {most}"));
                self.rule(
                    "contains",
                    format!(
                        "its number of items that match the schema must be at least {least}{most}"
                    ),
                );
            }
            _ => self.rule("not", "it matches a schema that is not allowed"),
        }
    }

    fn all(&mut self, ids: &[NodeId], value: &'v Value) {
        for id in ids {
            self.node(*id, value);
        }
    }

    fn branch(
        &mut self,
        test: NodeId,
        then: Option<NodeId>,
        otherwise: Option<NodeId>,
        value: &'v Value,
    ) {
        let is_then = self.check.is_valid(test, value);
        if let Some(id) = if is_then { then } else { otherwise } {
            self.node(id, value);
        }
    }

    fn dependent(&mut self, rules: &[(String, NodeId)], value: &'v Value) {
        for (name, id) in rules {
            if value.get(name).is_some() {
                self.node(*id, value);
            }
        }
    }

    fn unevaluated(&mut self, id: NodeId, node: &'n Node, value: &'v Value) {
        if let Some(members) = value.as_object() {
            let rest = self.check.unevaluated(node, value, members).collect();
            self.rest(id, rest);
        }
    }

    fn items(&mut self, prefix: &[NodeId], rest: Option<NodeId>, value: &'v Value) {
        for (at, item) in value.as_array().into_iter().flatten().enumerate() {
            if self.is_full() {
                return;
            }
            if let Some(id) = prefix.get(at).copied().or(rest) {
                self.inside(Step::Item(at), id, item);
            }
        }
    }

    fn members(&mut self, node: &Node, rules: &Members, value: &'v Value) {
        let mut rest = Vec::new();
        for (name, value) in value.as_object().into_iter().flatten() {
            if self.is_full() || !self.check.spend_on(rules, name) {
                return;
            }
            let mut is_named = false;
            let known = self.errors.len();
            for id in rules.named(name) {
                is_named = true;
                self.inside(Step::Member(name), id, value);
            }
            if value.is_null() && !node.requires(name) {
                self.errors.iter_mut().skip(known).for_each(leave_out);
            }
            if !is_named {
                rest.push((name, value));
            }
        }
        if let Some(id) = rules.rest {
            self.rest(id, rest);
        }
    }

    /// Collects the errors of members that no other rule names.
    fn rest(&mut self, id: NodeId, members: Vec<(&'v String, &'v Value)>) {
        if !self.check.node(id).is_some_and(Node::is_never) {
            for (name, value) in members {
                self.inside(Step::Member(name), id, value);
            }
            return;
        }
        let names: Vec<String> = members
            .into_iter()
            .take(NAMED)
            .map(|(name, _)| short(name))
            .collect();
        if !names.is_empty() {
            self.report(ValidationErrorKind::Unknown(names));
        }
    }

    fn names(&mut self, id: NodeId, value: &'v Value) {
        for name in value
            .as_object()
            .into_iter()
            .flat_map(|members| members.keys())
        {
            if self.is_full() {
                return;
            }
            if self.check.is_name(id, name) {
                continue;
            }
            let text = Value::from(name.as_str());
            let why = match self
                .errors_of(&[id], &text)
                .into_iter()
                .next()
                .map(|error| error.kind)
            {
                Some(ValidationErrorKind::Rule { text, .. }) => format!(": {text}"),
                _ => String::new(),
            };
            self.rule(
                "propertyNames",
                format!(
                    "its member `{}` has a name that is not allowed{why}",
                    short(name)
                ),
            );
        }
    }

    /// Reports a failed choice by the branch that the caller means, or else by the error of the
    /// branch that got furthest.
    fn choice(&mut self, keyword: &'static str, text: &str, branches: &[NodeId], value: &'v Value) {
        match branch::meant(self.check, branches, value) {
            Meant::Branch(id) => self.node(id, value),
            Meant::Type(types) => self.report(ValidationErrorKind::Type(types.to_string())),
            Meant::Constants(allowed) => self.rule("enum", Assertion::Enum(allowed).broken()),
            Meant::NoTag(tag) => self.report(ValidationErrorKind::Missing(tag.to_owned())),
            Meant::UnknownTag(tag, allowed) => {
                let members = value.as_object();
                let name = members.and_then(|members| members.get_key_value(tag));
                let depth = self.path.len();
                self.path.extend(name.map(|(name, _)| Step::Member(name)));
                self.rule("enum", Assertion::Enum(allowed).broken());
                self.path.truncate(depth);
            }
            Meant::Member(names) => self.rule(
                keyword,
                format!(
                    "it must have exactly one of the members {}",
                    names.join(", ")
                ),
            ),
            Meant::Unknown(ids) => {
                let own = self.path.len();
                let errors = self.errors_of(&ids, value);
                let furthest = errors.into_iter().max_by_key(|error| error.depth);
                match furthest.filter(|error| error.depth > own) {
                    Some(error) if !self.is_full() => self.errors.push(error),
                    _ => self.rule(keyword, text),
                }
            }
        }
    }

    /// Returns the errors of a value by some schemas, without reporting them.
    fn errors_of<'w>(&self, ids: &[NodeId], value: &'w Value) -> Vec<ValidationError>
    where
        'v: 'w,
    {
        let mut errors = Vec::new();
        for id in ids {
            let mut explanation = Explanation {
                check: self.check,
                path: self.path.clone(),
                errors: Vec::new(),
                most: LOOKED_AT,
            };
            explanation.node(*id, value);
            errors.append(&mut explanation.errors);
        }
        errors
    }
}

/// Adds the remedy to the error of an optional member that is `null`.
fn leave_out(error: &mut ValidationError) {
    if let ValidationErrorKind::Type(text) | ValidationErrorKind::Rule { text, .. } =
        &mut error.kind
    {
        text.push_str("; leave it out instead of sending null");
    }
}
