//! Compiles a schema into the list of nodes that values are checked against.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{
    SchemaError,
    assertion::{Assertion, Limit},
    node::{Applicator, Members, Node, NodeId},
    pattern::Pattern,
    reference,
    schema_document::{Entry, Place, SchemaErrors, below},
    types::Types,
};

/// The supported dialect.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Assertion keywords of this or an earlier dialect that are not implemented. Ignoring them
/// would publish a rule that is not enforced.
const MISSING: &[(&str, &str)] = &[
    (
        "$dynamicRef",
        "write a `$ref` to a place in this schema, such as `#/$defs/Node`",
    ),
    (
        "$dynamicAnchor",
        "put the schema into `$defs` and write a `$ref` to its place",
    ),
    (
        "$recursiveRef",
        "write a `$ref` to a place in this schema, such as `#`",
    ),
    ("unevaluatedItems", "write `items` beside `prefixItems`"),
    ("additionalItems", "write `items` beside `prefixItems`"),
    (
        "dependencies",
        "write `dependentRequired` or `dependentSchemas`",
    ),
];

/// Compiles a document. Returns the nodes and the root.
pub(super) fn compile(document: &Value) -> Result<(Vec<Node>, NodeId), Vec<SchemaError>> {
    let mut compiler = Compiler {
        document,
        nodes: Vec::new(),
        places: HashMap::new(),
        errors: SchemaErrors::default(),
    };
    let root = compiler.schema(document, Place::new());
    let Compiler {
        nodes,
        places,
        mut errors,
        ..
    } = compiler;
    reference::refuse_circles(&nodes, &places, &mut errors);
    errors.into_result((nodes, root))
}

struct Compiler<'d> {
    document: &'d Value,
    nodes: Vec<Node>,
    /// Schemas that are compiled or in progress, because a schema may contain itself.
    places: HashMap<Place, NodeId>,
    errors: SchemaErrors,
}

impl<'d> Compiler<'d> {
    fn schema(&mut self, value: &'d Value, place: Place) -> NodeId {
        if let Some(id) = self.places.get(&place) {
            return *id;
        }
        let id = self.nodes.len();
        self.places.insert(place.clone(), id);
        // A placeholder that allows nothing, until the node is compiled.
        self.nodes.push(Node::never());
        let node = match value {
            Value::Bool(true) => Node::default(),
            Value::Bool(false) => Node::never(),
            Value::Object(schema) => self.node(schema, &place),
            _ => {
                let what = "a schema must be an object, `true` or `false`";
                self.errors.add(&place, what, "write a schema here");
                Node::never()
            }
        };
        if let Some(slot) = self.nodes.get_mut(id) {
            *slot = node;
        }
        id
    }

    fn node(&mut self, schema: &'d Map<String, Value>, place: &str) -> Node {
        let mut node = Node::default();
        for (keyword, value) in schema {
            let mut entry = Entry {
                keyword,
                value,
                place,
                errors: &mut self.errors,
            };
            check_implemented(&mut entry);
            match assertion(&mut entry) {
                Some(assertion @ Assertion::Type(_)) => node.assertions.insert(0, assertion),
                Some(assertion) => node.assertions.push(assertion),
                None => {}
            }
            node.applicators
                .extend(self.applicator(keyword, value, place));
        }
        node.applicators.extend(self.members(schema, place));
        node.applicators.extend(self.items(schema, place));
        node.applicators.extend(self.contains(schema, place));
        node.applicators.extend(self.choice(schema, place));
        let rest = self.at(schema, place, "unevaluatedProperties");
        node.applicators.extend(rest.map(Applicator::Unevaluated));
        node
    }

    /// Compiles a rule with a single keyword.
    fn applicator(&mut self, keyword: &str, value: &'d Value, place: &str) -> Option<Applicator> {
        let here = below(place, keyword);
        Some(match keyword {
            "allOf" => Applicator::AllOf(self.list(keyword, value, place)?),
            "anyOf" => Applicator::AnyOf(self.list(keyword, value, place)?),
            "oneOf" => Applicator::OneOf(self.list(keyword, value, place)?),
            "not" => Applicator::Not(self.schema(value, here)),
            "propertyNames" => Applicator::Names(self.schema(value, here)),
            "dependentSchemas" => Applicator::Dependent(self.named(keyword, value, place)?),
            "$ref" => Applicator::Reference(self.reference(value, place)?),
            // These apply nothing, but errors in them are still reported.
            "$defs" | "definitions" => {
                self.named(keyword, value, place)?;
                return None;
            }
            _ => return None,
        })
    }

    fn members(&mut self, schema: &'d Map<String, Value>, place: &str) -> Option<Applicator> {
        let mut named = |keyword| {
            let value = schema.get(keyword)?;
            self.named(keyword, value, place)
        };
        let known = named("properties");
        let matched = named("patternProperties");
        let rest = self.at(schema, place, "additionalProperties");
        if known.is_none() && matched.is_none() && rest.is_none() {
            return None;
        }
        let mut known = known.unwrap_or_default();
        known.sort_unstable();
        let mut patterns = Vec::new();
        for (text, id) in matched.into_iter().flatten() {
            match Pattern::parse(&text) {
                Ok(pattern) => patterns.push((pattern, id)),
                Err((what, remedy)) => self.errors.add(place, what, remedy),
            }
        }
        Some(Applicator::Members(Members {
            known,
            patterns,
            rest,
        }))
    }

    fn items(&mut self, schema: &'d Map<String, Value>, place: &str) -> Option<Applicator> {
        let prefix = schema
            .get("prefixItems")
            .and_then(|value| self.list("prefixItems", value, place));
        let rest = self.at(schema, place, "items");
        (prefix.is_some() || rest.is_some()).then(|| Applicator::Items {
            prefix: prefix.unwrap_or_default(),
            rest,
        })
    }

    fn contains(&mut self, schema: &'d Map<String, Value>, place: &str) -> Option<Applicator> {
        let mut count = |keyword| {
            let value = schema.get(keyword)?;
            let errors = &mut self.errors;
            let mut entry = Entry {
                keyword,
                value,
                place,
                errors,
            };
            entry.count()
        };
        let (least, most) = (count("minContains"), count("maxContains"));
        Some(Applicator::Contains {
            item: self.at(schema, place, "contains")?,
            least: least.unwrap_or(1),
            most,
        })
    }

    fn choice(&mut self, schema: &'d Map<String, Value>, place: &str) -> Option<Applicator> {
        let then = self.at(schema, place, "then");
        let otherwise = self.at(schema, place, "else");
        Some(Applicator::If {
            test: self.at(schema, place, "if")?,
            then,
            otherwise,
        })
    }

    /// Compiles the schema at a keyword, if present.
    fn at(&mut self, schema: &'d Map<String, Value>, place: &str, keyword: &str) -> Option<NodeId> {
        let value = schema.get(keyword)?;
        Some(self.schema(value, below(place, keyword)))
    }

    /// Compiles a list of at least one schema.
    fn list(&mut self, keyword: &str, value: &'d Value, place: &str) -> Option<Vec<NodeId>> {
        let Some(items) = value.as_array().filter(|items| !items.is_empty()) else {
            let what = format!("the keyword `{keyword}` must be a list of at least one schema");
            self.errors.add(place, what, "write the schemas as a list");
            return None;
        };
        let here = below(place, keyword);
        let schemas = items.iter().enumerate();
        Some(
            schemas
                .map(|(at, item)| self.schema(item, format!("{here}/{at}")))
                .collect(),
        )
    }

    /// Compiles an object of schemas.
    fn named(
        &mut self,
        keyword: &str,
        value: &'d Value,
        place: &str,
    ) -> Option<Vec<(String, NodeId)>> {
        let Some(members) = value.as_object() else {
            let what = format!("the keyword `{keyword}` must be an object of schemas");
            self.errors
                .add(place, what, "write each schema under its name");
            return None;
        };
        let here = below(place, keyword);
        let schemas = members.iter();
        Some(
            schemas
                .map(|(name, schema)| (name.clone(), self.schema(schema, below(&here, name))))
                .collect(),
        )
    }

    fn reference(&mut self, value: &'d Value, place: &str) -> Option<NodeId> {
        match reference::target(value, self.document) {
            Ok((target, schema)) => Some(self.schema(schema, target)),
            Err((what, remedy)) => {
                self.errors.add(place, what, remedy);
                None
            }
        }
    }
}

/// Reports keywords that are not implemented.
fn check_implemented(entry: &mut Entry<'_, '_>) {
    if let Some((keyword, remedy)) = MISSING.iter().find(|(known, _)| *known == entry.keyword) {
        entry.error(
            format!("the keyword `{keyword}` is not implemented"),
            remedy,
        );
    }
    if entry.keyword == "$id" && !entry.place.is_empty() {
        entry.error(
            "a nested `$id` starts another document, which is not implemented",
            "remove it: references point to places in the whole schema",
        );
    }
    if entry.keyword == "$schema"
        && entry
            .value
            .as_str()
            .map(|dialect| dialect.trim_end_matches('#'))
            != Some(DIALECT)
    {
        entry.error(
            "the keyword `$schema` names a dialect that is not implemented",
            "write the schema in JSON Schema 2020-12, and `https://json-schema.org/draft/2020-12/schema` or nothing at `$schema`",
        );
    }
}

/// Compiles a keyword that asserts something about the value itself. An unknown keyword is
/// an annotation (2020-12 core §6.5).
fn assertion(entry: &mut Entry<'_, '_>) -> Option<Assertion> {
    let limit = match entry.keyword {
        "minimum" => Some(Limit::Minimum),
        "maximum" => Some(Limit::Maximum),
        "exclusiveMinimum" => Some(Limit::ExclusiveMinimum),
        "exclusiveMaximum" => Some(Limit::ExclusiveMaximum),
        _ => None,
    };
    if let Some(limit) = limit {
        return entry.number().map(|bound| Assertion::Limit(limit, bound));
    }
    match entry.keyword {
        "type" => entry
            .read(Types::parse, "the name of a type or a list of types")
            .map(Assertion::Type),
        "enum" => entry.list().cloned().map(Assertion::Enum),
        "const" => Some(Assertion::Const(entry.value.clone())),
        "multipleOf" => entry
            .read(
                |value| {
                    value
                        .as_number()
                        .filter(|_| value.as_f64() > Some(0.0))
                        .cloned()
                },
                "a number above 0",
            )
            .map(Assertion::MultipleOf),
        "minLength" => entry.count().map(Assertion::MinLength),
        "maxLength" => entry.count().map(Assertion::MaxLength),
        "minItems" => entry.count().map(Assertion::MinItems),
        "maxItems" => entry.count().map(Assertion::MaxItems),
        "minProperties" => entry.count().map(Assertion::MinProperties),
        "maxProperties" => entry.count().map(Assertion::MaxProperties),
        "uniqueItems" => entry.flag()?.then_some(Assertion::UniqueItems),
        "required" => entry.names().map(Assertion::Required),
        "dependentRequired" => entry.names_by_name().map(Assertion::DependentRequired),
        "pattern" => match Pattern::parse(entry.text()?) {
            Ok(pattern) => Some(Assertion::Pattern(pattern)),
            Err((what, remedy)) => {
                entry.error(what, remedy);
                None
            }
        },
        // An annotation (2020-12 validation §7.2.1), but its value must be a text.
        "format" => {
            entry.text()?;
            None
        }
        _ => None,
    }
}
