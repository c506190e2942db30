//! [`SchemaBuilder`]: builds JSON Schemas of arguments and results (draft 2020-12, MCP's default
//! dialect).
//!
//! One generator serves a whole tool. A type that needs a definition (a recursive one) gets
//! one, and all other types are written where they are used.

use std::collections::BTreeSet;
use toolgate_json_schema::{properties, publish, without_null};

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde::Serialize;
use serde_json::{Map, Number, Value};

use super::{ToolKind, argument::ArgumentReader, argument_names, param_header, warnings};
use crate::{
    error::SetupErrors,
    item::{Names, Returns},
};

/// Collects what an expansion states about the parameters and the result.
pub struct SchemaBuilder {
    generator: SchemaGenerator,
    arguments: Vec<Described>,
    whole: Option<(Schema, Names)>,
    output: Option<Schema>,
    faults: Vec<(String, &'static str)>,
}

struct Described {
    name: &'static str,
    schema: Map<String, Value>,
    required: bool,
    default: Option<Value>,
}

/// The limit of a number.
#[derive(Debug, Clone, Copy)]
pub enum Limit {
    /// A whole number.
    Integer(i128),
    /// A number with a fraction.
    Float(f64),
}

/// The schemas of a tool.
pub(super) struct Schemas {
    pub(super) input: Map<String, Value>,
    pub(super) output: Option<Map<String, Value>>,
    pub(super) defaults: Vec<(&'static str, Value)>,
    pub(super) undescribed: Vec<String>,
    pub(super) names: Vec<String>,
    pub(super) warnings: Vec<String>,
}

impl SchemaBuilder {
    pub(super) fn new() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.meta_schema = None;
            // Not every client resolves references, and most schemas need none.
            settings.inline_subschemas = true;
        });
        Self {
            generator: settings.into_generator(),
            arguments: Vec::new(),
            whole: None,
            output: None,
            faults: Vec::new(),
        }
    }

    /// Adds an argument. The rules that follow apply to it.
    pub fn argument<T>(
        &mut self,
        slot: ArgumentReader<T>,
        name: &'static str,
        description: &'static str,
    ) -> &mut Self {
        let schema = (slot.schema)(&mut self.generator);
        let owner = format!("the type of the argument `{name}`");
        if let Some(schema) = schema.as_object() {
            self.faults
                .extend(argument_names::unpublished(&owner, schema, (slot.fields)()));
        }
        self.push(name, description, schema, !slot.is_optional())
    }

    fn push(
        &mut self,
        name: &'static str,
        description: &'static str,
        mut schema: Schema,
        required: bool,
    ) -> &mut Self {
        let mut schema = std::mem::take(schema.ensure_object());
        let description = description.trim();
        if !description.is_empty() {
            schema.insert("description".into(), description.into());
        }
        self.arguments.push(Described {
            name,
            schema,
            required,
            default: None,
        });
        self
    }

    /// Sets the struct of all arguments.
    pub fn arguments<T>(&mut self, slot: ArgumentReader<T>) {
        self.whole = Some(((slot.schema)(&mut self.generator), (slot.fields)()));
    }

    /// Sets the result.
    pub fn result<T>(&mut self, returns: Returns<ToolKind, T>) {
        self.output = returns.facts();
    }

    /// `minimum = …`.
    pub fn minimum(&mut self, limit: Limit) -> &mut Self {
        self.limit("minimum", limit, |old, new| new > old)
    }

    /// `maximum = …`.
    pub fn maximum(&mut self, limit: Limit) -> &mut Self {
        self.limit("maximum", limit, |old, new| new < old)
    }

    /// `min_length = …`, in characters.
    pub fn min_length(&mut self, characters: u64) -> &mut Self {
        self.rule("minLength", characters.into(), &["string"])
    }

    /// `max_length = …`, in characters.
    pub fn max_length(&mut self, characters: u64) -> &mut Self {
        self.rule("maxLength", characters.into(), &["string"])
    }

    /// `pattern = "…"`.
    pub fn pattern(&mut self, pattern: &'static str) -> &mut Self {
        self.rule("pattern", pattern.into(), &["string"])
    }

    /// `min_items = …`.
    pub fn min_items(&mut self, items: u64) -> &mut Self {
        self.rule("minItems", items.into(), &["array"])
    }

    /// `max_items = …`.
    pub fn max_items(&mut self, items: u64) -> &mut Self {
        self.rule("maxItems", items.into(), &["array"])
    }

    /// `header = "…"`: published as `x-mcp-header`.
    pub fn header(&mut self, name: &'static str) -> &mut Self {
        if let Some(current) = self.arguments.last_mut() {
            // A header is present or not. It cannot be null, and clients expect a single type.
            without_null(&mut current.schema);
            current
                .schema
                .insert(param_header::KEYWORD.into(), name.into());
        }
        self
    }

    /// `default = …`.
    pub fn default<T: Serialize>(&mut self, value: T) -> &mut Self {
        self.set_default(serde_json::to_value(value))
    }

    /// `default` alone.
    pub fn default_of<T: Serialize + Default>(&mut self) -> &mut Self {
        self.set_default(serde_json::to_value(T::default()))
    }

    fn set_default(&mut self, value: Result<Value, serde_json::Error>) -> &mut Self {
        let Some(current) = self.arguments.last_mut() else {
            return self;
        };
        match value {
            Ok(value) => {
                current.schema.insert("default".into(), value.clone());
                current.default = Some(value);
                current.required = false;
            }
            Err(fault) => self.faults.push((
                format!(
                    "the default of the argument `{}` cannot be written as JSON: {fault}",
                    current.name
                ),
                "give a default that serde can write as JSON",
            )),
        }
        self
    }

    /// Sets a limit, unless the limit of the type is stricter.
    fn limit(
        &mut self,
        keyword: &'static str,
        limit: Limit,
        stricter: fn(f64, f64) -> bool,
    ) -> &mut Self {
        let number = match limit {
            // A JSON number beyond 64 bits is a float.
            Limit::Integer(whole) => {
                Number::from_i128(whole).or_else(|| Number::from_f64(whole as f64))
            }
            Limit::Float(float) => Number::from_f64(float),
        };
        let (Some(number), Some(current)) = (number, self.arguments.last()) else {
            return self;
        };
        let opposite = match keyword {
            "minimum" => "maximum",
            _ => "minimum",
        };
        let limit_of = |keyword| current.schema.get(keyword).and_then(Value::as_f64);
        let (old, new, end) = (limit_of(keyword), number.as_f64(), limit_of(opposite));
        if let (Some(end), Some(new)) = (end, new)
            && stricter(end, new)
        {
            // The attribute reports this, unless the type is an alias.
            self.faults.push((
                format!("the `{keyword}` {new} of the argument `{}` is beyond the `{opposite}` {end} of its type, so every call would fail", current.name),
                "choose a limit in the range of the type",
            ));
            return self;
        }
        match (old, new) {
            (Some(old), Some(new)) if !stricter(old, new) => self,
            _ => self.rule(keyword, Value::Number(number), &["number", "integer"]),
        }
    }

    /// Adds a rule that applies only to values of these types.
    fn rule(&mut self, keyword: &'static str, value: Value, types: &[&str]) -> &mut Self {
        let Some(current) = self.arguments.last_mut() else {
            return self;
        };
        let stated: Vec<&str> = match current.schema.get("type") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            // Without a type the rule applies to the values that it can apply to.
            _ => types.to_vec(),
        };
        if !stated.iter().any(|one| types.contains(one)) {
            self.faults.push((
                format!(
                    "the argument `{}` has the rule `{keyword}`, and is of type {}",
                    current.name,
                    stated.join(" or ")
                ),
                "remove the rule, or give the argument another type",
            ));
        }
        current.schema.insert(keyword.into(), value);
        self
    }

    /// Returns the complete schemas. Errors are added to `faults`.
    pub(super) fn finish(mut self, tool: &'static str, faults: &mut SetupErrors) -> Schemas {
        for (what, remedy) in self.faults {
            faults.add(format!("the tool `{tool}`: {what}"), remedy);
        }
        let mut defaults = Vec::new();
        let (mut input, fields) = match self.whole {
            Some((mut whole, fields)) => (std::mem::take(whole.ensure_object()), fields),
            None => (object_of(self.arguments, &mut defaults), &[][..]),
        };
        if !as_object(&mut input) {
            faults.add(
                format!("the arguments of the tool `{tool}` are not a JSON object"),
                "give `Args` a struct with named fields",
            );
        }
        close(&mut input);
        let definitions = self.generator.take_definitions(true);
        if !definitions.is_empty() {
            input.insert("$defs".into(), Value::Object(definitions));
        }
        publish(&mut input);
        for (what, remedy) in param_header::faults(&input)
            .into_iter()
            .chain(argument_names::errors(&input))
            .chain(argument_names::unpublished(
                "the struct in `Args`",
                &input,
                fields,
            ))
        {
            faults.add(format!("the tool `{tool}`: {what}"), remedy);
        }

        let mut undescribed = BTreeSet::new();
        let mut names = BTreeSet::new();
        for (name, schema) in properties(&input) {
            names.insert(name.clone());
            if schema.get("description").is_none() {
                undescribed.insert(name.clone());
            }
        }
        let warnings = warnings::of(tool, &input);
        let output = self.output.map(|mut schema| {
            let mut schema = std::mem::take(schema.ensure_object());
            as_object(&mut schema);
            schema.remove("$schema");
            publish(&mut schema);
            schema
        });
        Schemas {
            input,
            output,
            defaults,
            undescribed: undescribed.into_iter().collect(),
            names: names.into_iter().collect(),
            warnings,
        }
    }
}

/// Returns the schema of an object with these members.
fn object_of(
    arguments: Vec<Described>,
    defaults: &mut Vec<(&'static str, Value)>,
) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for argument in arguments {
        if argument.required {
            required.push(Value::from(argument.name));
        }
        if let Some(value) = argument.default {
            defaults.push((argument.name, value));
        }
        properties.insert(argument.name.into(), Value::Object(argument.schema));
    }
    let mut schema = Map::new();
    schema.insert("type".into(), "object".into());
    schema.insert("properties".into(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".into(), Value::Array(required));
    }
    schema
}

/// Adds `"type": "object"` if every value that the schema allows is an object. Returns whether
/// that is so.
fn as_object(schema: &mut Map<String, Value>) -> bool {
    fn only_objects(schema: &Map<String, Value>) -> bool {
        match schema.get("type") {
            Some(Value::String(one)) => one == "object",
            Some(_) => false,
            None => ["oneOf", "anyOf"].iter().any(|keyword| {
                schema
                    .get(*keyword)
                    .and_then(Value::as_array)
                    .is_some_and(|branches| {
                        !branches.is_empty()
                            && branches
                                .iter()
                                .all(|branch| branch.as_object().is_some_and(only_objects))
                    })
            }),
        }
    }
    let objects = only_objects(schema);
    if objects {
        schema.insert("type".into(), "object".into());
    }
    objects
}

/// Refuses members that the schema does not name, unless it has its own rule for them.
fn close(schema: &mut Map<String, Value>) {
    if schema.contains_key("additionalProperties") || schema.contains_key("unevaluatedProperties") {
        return;
    }
    // `additionalProperties` ignores the members that a branch names;
    // `unevaluatedProperties` considers them.
    let branches = ["oneOf", "anyOf", "allOf", "$ref", "if"];
    let keyword = match branches.iter().any(|branch| schema.contains_key(*branch)) {
        true => "unevaluatedProperties",
        false => "additionalProperties",
    };
    schema.insert(keyword.into(), Value::Bool(false));
}
